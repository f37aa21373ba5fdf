/**
 * Guards the JSON decoder's cost per message: 200-byte bids, 4 and 9 of 9 fields wanted, against JSON.parse.
 *
 *     npm run build && node dist/test/bench/json-decode.bench.js
 *
 * ns per message, one core of a 2-core EPYC virtual machine, 2026-11 (Node 20.20 / 24.21):
 * 4 of 9 fields 320 / 256, 9 of 9 fields 380 / 320, JSON.parse and 4 reads 855 / 640.
 * Skipping all fields costs 200: keys and validation.
 */

import { createJsonDecoder } from '../../connectors/formats/json-decoder.ts'
import { RecordBuffer } from '../../connectors/kafka/record-buffer.ts'
import { type Field, field } from '../../planner/schema.ts'
import { float8Type, int8Type, numericType, textType, timestampType } from '../../planner/types.ts'

const MESSAGES = 200_000
const PORTION = 8192
const ROUNDS = 7

function messages(): string[] {
  const texts: string[] = []
  for (let index = 0; index < MESSAGES; index++) {
    const date = `2026-11-21 12:${10 + (index % 50)}:${10 + (index % 49)}.${100 + (index % 900)}`
    texts.push(
      `{"auction":${1000 + (index % 5000)},"bidder":${2000 + ((index * 7) % 9000)},` +
        `"price":${(index * 37) % 100000},"rate":${((index * 13) % 1000) / 100},` +
        `"channel":"channel-${index % 97}","url":"https://www.example.com/item/${index}",` +
        `"date_time":"${date}","seller":"seller ${index % 500}","extra":"abcdefghijklmnopqrst"}`,
    )
  }
  return texts
}

const all: readonly Field[] = [
  field('auction', int8Type),
  field('bidder', int8Type),
  field('price', int8Type),
  field('rate', float8Type),
  field('channel', textType),
  field('url', textType),
  field('date_time', timestampType),
  field('seller', textType),
  field('extra', textType),
]
const some = [0, 2, 4, 6].map(index => all[index]!)

function main(): void {
  const texts = messages()
  const bytes = Buffer.from(texts.join('\0') + '\0')
  const records = new RecordBuffer('bench', MESSAGES)
  records.bytes = bytes
  records.length = MESSAGES
  let position = 0
  for (const [index, text] of texts.entries()) {
    records.valueStarts[index] = position
    position += text.length
    records.valueEnds[index] = position
    position++
  }
  report('bytes per message', bytes.length / MESSAGES)
  for (const [name, fields] of [
    ['4 of 9 fields', some],
    ['9 of 9 fields', all],
    ['price as numeric', [field('price', numericType)]],
  ] as const) {
    const decoder = createJsonDecoder(fields, { timestampUnit: 'guess' })
    report(
      name,
      best(() => {
        for (let from = 0; from < MESSAGES; from += PORTION) {
          const decoded = decoder.decode(records, from, Math.min(MESSAGES, from + PORTION))
          if (decoded.bad.length > 0) throw new Error(decoded.bad[0]!.error)
        }
      }),
    )
  }
  let sum = 0
  report(
    'JSON.parse and 4 reads',
    best(() => {
      for (let index = 0; index < MESSAGES; index++) {
        const value = JSON.parse(
          bytes.toString('latin1', records.valueStarts[index]!, records.valueEnds[index]!),
        ) as Record<string, string>
        sum +=
          Number(value['auction']) +
          Number(value['price']) +
          value['channel']!.length +
          value['date_time']!.length
      }
    }),
  )
  if (sum === 0) throw new Error('nothing read')
}

/** Nanoseconds per message of the best round. */
function best(round: () => void): number {
  let fastest = Number.POSITIVE_INFINITY
  for (let index = 0; index < ROUNDS; index++) {
    const start = process.hrtime.bigint()
    round()
    fastest = Math.min(fastest, Number(process.hrtime.bigint() - start))
  }
  return fastest / MESSAGES
}

function report(name: string, value: number): void {
  process.stdout.write(`${name.padEnd(28)}${value.toFixed(1).padStart(10)}\n`)
}

main()
