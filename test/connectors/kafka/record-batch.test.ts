import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import fc from 'fast-check'
import type { AbortedTransaction } from '../../../connectors/kafka/aborted-transactions.ts'
import type { Codec } from '../../../connectors/kafka/compression.ts'
import { canCompress } from '../../../connectors/kafka/compression.ts'
import { batchExtent, RecordSet } from '../../../connectors/kafka/record-batch.ts'
import { RecordBatchEncoder } from '../../../connectors/kafka/record-batch-encoder.ts'
import { RecordBuffer } from '../../../connectors/kafka/record-buffer.ts'

interface Row {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

interface BatchSpec {
  readonly baseOffset: number
  readonly rows: readonly (readonly [key: string | null, value: string | null])[]
  readonly codec?: Codec
  readonly producerId?: bigint
  readonly control?: 'abort' | 'commit'
}

const TRANSACTIONAL = 0x10
const CONTROL = 0x20

function encode(spec: BatchSpec): Buffer {
  const encoder = new RecordBatchEncoder(0)
  const append = (key: Buffer | null, value: Buffer | null) =>
    encoder.append(
      key ?? Buffer.alloc(0),
      key === null ? -1 : 0,
      key?.length ?? -1,
      value ?? Buffer.alloc(0),
      value === null ? -1 : 0,
      value?.length ?? -1,
    )
  if (spec.control !== undefined) {
    append(Buffer.from([0, 0, 0, spec.control === 'abort' ? 0 : 1]), Buffer.from([0, 0, 0, 0, 0, 0]))
  }
  for (const [key, value] of spec.rows) {
    append(key === null ? null : Buffer.from(key), value === null ? null : Buffer.from(value))
  }
  return encoder.finish({
    codec: spec.codec ?? 'none',
    timestamp: 1_700_000_000_000,
    baseOffset: spec.baseOffset,
    attributes:
      (spec.producerId === undefined ? 0 : TRANSACTIONAL) | (spec.control === undefined ? 0 : CONTROL),
    producerId: spec.producerId,
  })
}

interface ReadOptions {
  readonly fromOffset?: number
  readonly aborted?: readonly AbortedTransaction[]
  readonly rowsMax?: number
  readonly until?: number
}

function readAll(bytes: Buffer, options: ReadOptions = {}): { rows: Row[]; next: number } {
  const set = new RecordSet(bytes, batchExtent(bytes).end, {
    fromOffset: options.fromOffset ?? 0,
    aborted: options.aborted ?? [],
    checkCrc: true,
  })
  const until = options.until ?? Number.MAX_SAFE_INTEGER
  const buffer = new RecordBuffer('t', 100)
  const rows: Row[] = []
  while (!set.exhausted && set.nextOffset < until) {
    set.read(buffer, options.rowsMax ?? 100, until)
    for (let row = 0; row < buffer.length; row++) {
      const text = (start: number, end: number) =>
        start < 0 ? null : Buffer.from(buffer.bytes.subarray(start, end)).toString()
      strictEqual(buffer.timestamps[row], 1_700_000_000_000n)
      rows.push({
        offset: Number(buffer.offsets[row]),
        key: text(buffer.keyStarts[row]!, buffer.keyEnds[row]!),
        value: text(buffer.valueStarts[row]!, buffer.valueEnds[row]!),
      })
    }
  }
  return { rows, next: set.nextOffset }
}

const optionalText = fc.option(fc.string({ maxLength: 200 }), { nil: null })
const readableCodecs: readonly Codec[] = (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).filter(
  canCompress,
)

describe('RecordSet', () => {
  it('reads back what the encoder wrote, in any portions, with every codec', () => {
    const batches = fc.array(
      fc.record({
        rows: fc.array(fc.tuple(optionalText, optionalText), { minLength: 1, maxLength: 20 }),
        codec: fc.constantFrom(...readableCodecs),
      }),
      { minLength: 1, maxLength: 5 },
    )
    fc.assert(
      fc.property(
        batches,
        fc.integer({ min: 1, max: 30 }),
        fc.nat(60),
        fc.nat(90),
        (specs, rowsMax, from, until) => {
          let baseOffset = 0
          const expected: Row[] = []
          const encoded = specs.map(spec => {
            const bytes = encode({ ...spec, baseOffset })
            for (const [index, [key, value]] of spec.rows.entries()) {
              expected.push({ offset: baseOffset + index, key, value })
            }
            baseOffset += spec.rows.length
            return bytes
          })
          const all = Buffer.concat(encoded)
          const { rows, next } = readAll(all, { rowsMax, fromOffset: from, until })
          deepStrictEqual(
            rows,
            expected.filter(row => row.offset >= from && row.offset < until),
          )
          if (from < until) strictEqual(next, Math.max(from, Math.min(until, baseOffset)))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('leaves out a batch that is cut anywhere and says where to go on', () => {
    const first = encode({
      baseOffset: 5,
      rows: [
        ['a', '1'],
        ['b', '2'],
      ],
    })
    const second = encode({ baseOffset: 7, rows: [['c', '3']] })
    const whole = Buffer.concat([first, second])
    for (let cut = 0; cut < whole.length; cut++) {
      const extent = batchExtent(whole.subarray(0, cut))
      strictEqual(extent.end, cut < first.length ? 0 : first.length)
      strictEqual(extent.nextOffset, cut < first.length ? undefined : 7)
      if (cut >= 12 && cut < first.length) strictEqual(extent.bytesNeeded, first.length)
    }
    strictEqual(batchExtent(whole).nextOffset, 8)
  })

  it('rejects every flipped byte that the checksum covers', () => {
    const bytes = encode({
      baseOffset: 0,
      rows: [
        ['key', 'value'],
        [null, 'x'],
      ],
    })
    for (let position = 17; position < bytes.length; position++) {
      const damaged = Buffer.from(bytes)
      damaged[position]! ^= 0x40
      throws(() => readAll(damaged), /corrupt Kafka data at offset 0/)
    }
  })

  it('reads snappy in the xerial framing of Java clients', () => {
    const raw = encode({
      baseOffset: 0,
      rows: [
        ['k', 'a value'],
        [null, 'another'],
      ],
      codec: 'snappy',
    })
    const block = raw.subarray(61)
    const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    const framed = Buffer.concat([raw.subarray(0, 61), header, length, block])
    framed.writeInt32BE(framed.length - 12, 8)
    const set = new RecordSet(framed, framed.length, { fromOffset: 0, aborted: [], checkCrc: false })
    const buffer = new RecordBuffer('t', 10)
    set.read(buffer, 10, Number.MAX_SAFE_INTEGER)
    strictEqual(buffer.length, 2)
    strictEqual(
      Buffer.from(buffer.bytes.subarray(buffer.valueStarts[1]!, buffer.valueEnds[1]!)).toString(),
      'another',
    )
  })

  it('hides exactly the records of aborted transactions, from any fetch offset', () => {
    fc.assert(
      fc.property(fc.array(logEvent, { minLength: 1, maxLength: 40 }), fc.nat(60), fc.nat(60), checkLog),
      {
        numRuns: 500,
      },
    )
  })
})

/**
 * One step of a random log: some producer writes, commits or aborts; producer 0 writes without a transaction.
 */
const logEvent = fc.record({
  producer: fc.integer({ min: 0, max: 3 }),
  action: fc.constantFrom('write' as const, 'write' as const, 'commit' as const, 'abort' as const),
  rows: fc.integer({ min: 1, max: 3 }),
})

interface ModelTransaction {
  readonly producer: number
  readonly first: number
  readonly batches: BatchSpec[]
}

/**
 * Builds a log and its truth, ends open transactions, and compares a fetch of [from, from + batches) with the
 * truth.
 */
function checkLog(
  events: readonly { producer: number; action: string; rows: number }[],
  skip: number,
  take: number,
): void {
  const log: BatchSpec[] = []
  const visible = new Set<number>()
  const aborted: (AbortedTransaction & { readonly last: number })[] = []
  const open = new Map<number, ModelTransaction>()
  let offset = 0
  const append = (spec: Omit<BatchSpec, 'baseOffset'>, length: number): BatchSpec => {
    const placed = { ...spec, baseOffset: offset }
    log.push(placed)
    offset += length
    return placed
  }
  const end = (transaction: ModelTransaction, control: 'abort' | 'commit') => {
    open.delete(transaction.producer)
    append({ rows: [], producerId: BigInt(transaction.producer), control }, 1)
    if (control === 'abort') {
      aborted.push({
        producerId: BigInt(transaction.producer),
        firstOffset: transaction.first,
        last: offset - 1,
      })
      return
    }
    for (const batch of transaction.batches) {
      for (const index of batch.rows.keys()) visible.add(batch.baseOffset + index)
    }
  }
  for (const event of events) {
    const transaction = open.get(event.producer)
    if (event.action !== 'write') {
      if (transaction !== undefined) end(transaction, event.action as 'abort' | 'commit')
      continue
    }
    const rows = Array.from({ length: event.rows }, (_, index) => ['\0\0\0\0', `${offset + index}`] as const)
    if (event.producer === 0) {
      const { baseOffset } = append({ rows }, rows.length)
      for (const index of rows.keys()) visible.add(baseOffset + index)
      continue
    }
    const batch = append({ rows, producerId: BigInt(event.producer) }, rows.length)
    if (transaction === undefined) {
      open.set(event.producer, { producer: event.producer, first: batch.baseOffset, batches: [batch] })
    } else {
      transaction.batches.push(batch)
    }
  }
  for (const transaction of [...open.values()]) end(transaction, 'abort')
  const from = Math.min(skip, Math.max(offset - 1, 0))
  const start = log.findIndex(batch => batch.baseOffset + Math.max(batch.rows.length, 1) > from)
  if (start < 0) return
  const fetched = log.slice(start, start + 1 + take)
  const last = fetched[fetched.length - 1]!
  const fetchEnd = last.baseOffset + Math.max(last.rows.length, 1)
  const overlapping = aborted.filter(entry => entry.last >= from && entry.firstOffset < fetchEnd).reverse()
  const { rows, next } = readAll(Buffer.concat(fetched.map(encode)), {
    fromOffset: from,
    aborted: overlapping,
  })
  deepStrictEqual(
    rows.map(row => row.offset),
    [...visible].filter(candidate => candidate >= from && candidate < fetchEnd).sort((a, b) => a - b),
  )
  strictEqual(next, fetchEnd)
}
