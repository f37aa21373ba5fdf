/**
 * Guards the way of results to the client: rows/s of DataRow writers alone, per type and for a row of five
 * columns, and of a server process that sends 1 M rows × 5 columns to a socket that only reads.
 *
 *     npm run build && node dist/test/bench/wire-results.bench.js
 *
 * 2-core machine, others at work on it, Node 20.20, 2026-11, M rows/s of CPU time, text / binary, and in
 * brackets with a call per value, as it was before: int8 15 / 30 (7.6 / 7.7), float8 20 / 34 (3.5 / 16.5),
 * numeric 17 / 14 (4.5 / 1.6), text 41 / 25 (13 / 9), timestamptz 9 / 34 (2.1 / 7.1), five columns 3.5 / 9.3
 * (0.84 / 2.4); server process 2.1 / 3.4 (0.91 / 2.0).
 */

import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { serialize } from 'pg-protocol'
import type { Column } from '../../executor/batch/column.ts'
import { columnFromValues } from '../../executor/batch/column-builder.ts'
import { BATCH_ROWS, type DeltaBatch, deltaBatch } from '../../executor/batch/delta-batch.ts'
import { Numeric } from '../../executor/batch/numeric.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import {
  boolType,
  type DataType,
  dateType,
  float8Type,
  int4Type,
  int8Type,
  textType,
  timestamptzType,
} from '../../planner/types.ts'
import { OutputBuffer } from '../../server/pgwire/output-buffer.ts'
import { rowsWriter } from '../../server/pgwire/row-writer.ts'
import { endlessSlice } from '../support/endless-slice.ts'
import { MessageCounter } from '../support/message-counter.ts'
import { ServerProcess } from '../support/server-process.ts'
import { startup } from '../support/wire-client.ts'
import { context, randomNumbers } from './engine-bench.ts'

const ROWS = 1_000_000
const ROUNDS = 5

function median(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[times.length >> 1]!
}

const random = randomNumbers(7)
const examples: readonly (readonly [string, DataType, () => SqlValue])[] = [
  ['bool', boolType, () => random() % 2 === 0],
  ['int4', int4Type, () => random() % 1_000_000],
  ['int8', int8Type, () => BigInt(random()) * 1000n],
  ['float8', float8Type, () => (random() % 1_000_000) / 1000],
  [
    'numeric',
    { kind: 'numeric', precision: 12, scale: 2 },
    () => new Numeric(BigInt(random() % 10_000_000), 2),
  ],
  ['text', textType, () => `sensor-${random() % 10_000}`],
  ['date', dateType, () => 20_000 + (random() % 1000)],
  ['timestamptz', timestamptzType, () => 1_760_000_000_000_000n + BigInt(random()) * 100_000n],
]
/** The columns of the row of five. */
const fiveColumns = ['int8', 'int4', 'float8', 'text', 'timestamptz']

function batchOf(names: readonly string[]): DeltaBatch {
  const columns = names.map((name): Column => {
    const [, type, value] = examples.find(([kind]) => kind === name)!
    return columnFromValues(type, Array.from({ length: BATCH_ROWS }, value))
  })
  return deltaBatch(columns, BATCH_ROWS)
}

/** Writes the batch until ROWS rows are written, to a socket that takes everything; CPU milliseconds. */
function timeWriter(batch: DeltaBatch, format: 0 | 1): number {
  const sink = { write: () => true, destroyed: false } as unknown as Socket
  const output = new OutputBuffer(sink, 1024 * 1024, endlessSlice)
  const formats = batch.columns.map(() => format)
  const times = Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage()
    for (let written = 0; written < ROWS; written += BATCH_ROWS) {
      const write = rowsWriter(batch, formats, output, context)
      for (let row = 0; row < BATCH_ROWS; ) {
        row = write(row, BATCH_ROWS)
        if (output.isFull) output.flush()
      }
    }
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  })
  return median(times)
}

function reportWriter(name: string, batch: DeltaBatch): void {
  const [text, binary] = ([0, 1] as const).map(format => {
    const ms = timeWriter(batch, format)
    return `${(ROWS / ms / 1000).toFixed(2).padStart(6)} M rows/s`
  })
  process.stdout.write(`writer ${name.padEnd(14)} text ${text}  binary ${binary}\n`)
}

/** Sends `bytes` and reads until ReadyForQuery; the number of rows. */
function exchange(socket: Socket, bytes: Buffer): Promise<number> {
  const counter = new MessageCounter()
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      counter.push(chunk)
      if (counter.count('E') > 0) reject(new Error(chunk.toString('latin1')))
      if (counter.count('Z') === 0) return
      socket.off('data', onData)
      resolve(counter.count('D'))
    }
    socket.on('data', onData)
    socket.write(bytes)
  })
}

async function reportServer(): Promise<void> {
  const server = await ServerProcess.start()
  const socket = connect(server.port, '127.0.0.1')
  try {
    await exchange(socket, startup({ user: 'bench', database: 'dev' }))
    await exchange(
      socket,
      serialize.query('CREATE TABLE t (id bigint, n int, x double precision, s text, at timestamptz)'),
    )
    await exchange(
      socket,
      serialize.query(
        `INSERT INTO t SELECT g * 1000, g, g / 1000.0, 'sensor-' || (g % 10000), ` +
          `timestamptz '2026-01-01' + g * interval '0.1 s' FROM generate_series(1, ${ROWS}) g`,
      ),
    )
    for (const format of [0, 1]) {
      const name = format === 0 ? 'text' : 'binary'
      const request = Buffer.concat([
        serialize.parse({ text: 'SELECT * FROM t' }),
        serialize.bind({ binary: format === 1 }),
        serialize.execute({}),
        serialize.sync(),
      ])
      const wall: number[] = []
      const cpu: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const start = performance.now()
        const cpuStart = server.cpuMs()
        const rows = await exchange(socket, request)
        if (rows !== ROWS) throw new Error(`${rows} rows`)
        wall.push(performance.now() - start)
        cpu.push(server.cpuMs() - cpuStart)
      }
      const rate = (times: readonly number[]) => `${(ROWS / median(times) / 1000).toFixed(2)} M rows/s`
      process.stdout.write(`server ${name.padEnd(8)} wall ${rate(wall)}  CPU ${rate(cpu)}\n`)
    }
  } finally {
    socket.destroy()
    await server.stop()
  }
}

for (const [name] of examples) reportWriter(name, batchOf([name]))
reportWriter('five columns', batchOf(fiveColumns))
await reportServer()
