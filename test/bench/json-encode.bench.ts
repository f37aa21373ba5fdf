/**
 * Guards the JSON encoder's cost per row: seven columns of a bid.
 *
 *     npm run build && node dist/test/bench/json-encode.bench.js
 *
 * ns per row of 188 bytes, one core of a 2-core EPYC virtual machine, 2026-11:
 * Node 20.20 424, Node 24.21 341.
 */

import { JsonEncoder } from '../../connectors/formats/json-encoder.ts'
import { ByteOutput } from '../../connectors/formats/json-write.ts'
import { columnFromValues } from '../../executor/batch/column-builder.ts'
import { deltaBatch } from '../../executor/batch/delta-batch.ts'
import { field } from '../../planner/schema.ts'
import { int8Type, textType, timestampType } from '../../planner/types.ts'

const ROWS = 8192
const ROUNDS = 200

function main(): void {
  const schema = [
    field('auction', int8Type),
    field('bidder', int8Type),
    field('price', int8Type),
    field('channel', textType),
    field('url', textType),
    field('date_time', timestampType),
    field('extra', textType),
  ]
  const rows = Array.from({ length: ROWS }, (_, row) => row)
  const columns = [
    columnFromValues(
      int8Type,
      rows.map(row => BigInt(1000 + row)),
    ),
    columnFromValues(
      int8Type,
      rows.map(row => BigInt(2000 + row * 7)),
    ),
    columnFromValues(
      int8Type,
      rows.map(row => BigInt(row * 37)),
    ),
    columnFromValues(
      textType,
      rows.map(row => `channel-${row % 97}`),
    ),
    columnFromValues(
      textType,
      rows.map(row => `https://www.example.com/item/${row}`),
    ),
    columnFromValues(
      timestampType,
      rows.map(row => 1763728496123456n + BigInt(row) * 1000n),
    ),
    columnFromValues(
      textType,
      rows.map(() => 'abcdefghijklmnopqrstuvwxyz'),
    ),
  ]
  const batch = deltaBatch(columns, ROWS)
  const encoder = new JsonEncoder(schema)
  const output = new ByteOutput(1 << 21)
  const starts = new Int32Array(ROWS)
  const ends = new Int32Array(ROWS)
  let fastest = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    output.position = 0
    const start = process.hrtime.bigint()
    encoder.encode(batch, output, starts, ends)
    fastest = Math.min(fastest, Number(process.hrtime.bigint() - start))
  }
  process.stdout.write(
    `bytes per row ${(output.position / ROWS).toFixed(0)}, ns per row ${(fastest / ROWS).toFixed(0)}\n`,
  )
}

main()
