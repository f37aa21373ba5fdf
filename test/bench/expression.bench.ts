/**
 * Guards compiled expressions: filter and projection over int4, int8, float8, numeric and text columns, 1 M
 * rows in batches of 8192, without and with NULLs.
 *
 *     npm run build && node dist/test/bench/expression.bench.js
 *
 * 2-core machine, others at work on it, Node 20.20, 2026-11, M rows/s without / with NULLs: a + b 327 / 105,
 * x + y 243 / 105, f * g + 1.5 203 / 119, p + q 98 / 85, s = u 57 / 51, upper(s) 40 / 41, s || '-' || u 17 /
 * 17, WHERE a > 500 686 / 389, WHERE p > 100 296 / 229, WHERE s = 'channel-42' 49 / 52.
 */

import { performance } from 'node:perf_hooks'
import type { Column } from '../../executor/batch/column.ts'
import { columnFromValues } from '../../executor/batch/column-builder.ts'
import { BATCH_ROWS, type DeltaBatch, deltaBatch } from '../../executor/batch/delta-batch.ts'
import { gatherBatch } from '../../executor/batch/gather.ts'
import { Numeric } from '../../executor/batch/numeric.ts'
import { compilePredicate, compileProjection } from '../../executor/expression/compile.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { field, type Schema } from '../../planner/schema.ts'
import { loadParser } from '../../planner/sql/parse.ts'
import { float8Type, int4Type, int8Type, textType } from '../../planner/types.ts'
import { bindExpression, testContext } from '../support/sql-expressions.ts'

const ROWS = 1_000_000
const ROUNDS = 7

const schema: Schema = [
  field('a', int4Type),
  field('b', int4Type),
  field('x', int8Type),
  field('y', int8Type),
  field('f', float8Type),
  field('g', float8Type),
  field('p', { kind: 'numeric', precision: 12, scale: 2 }),
  field('q', { kind: 'numeric', precision: 12, scale: 2 }),
  field('s', textType),
  field('u', textType),
]

const projections = [
  'a + b',
  'a * 2 + b - 7',
  'a / 3',
  'x + y',
  'x * 3 - y',
  'x + a',
  'f * g + 1.5',
  'f / 2',
  'p + q',
  'p * q',
  'CASE WHEN a > 500 THEN x ELSE y END',
  'a > 500 AND f < 0.5',
  's = u',
  "s = 'channel-42'",
  'coalesce(s, u)',
  "CASE WHEN a > 500 THEN 'high' ELSE 'low' END",
  'length(s)',
  'upper(s)',
  "s || '-' || u",
  'a::text',
  'x::float8',
  'a::numeric(10,2)',
  'p::float8',
]

const predicates = [
  'a > 500',
  'x > 500 AND y < 300',
  'f < 0.25 OR g > 0.9',
  'p > 100',
  "s = 'channel-42'",
  'a IN (1, 5, 9, 77)',
]

function makeBatches(withNulls: boolean): DeltaBatch[] {
  const batches: DeltaBatch[] = []
  for (let start = 0; start < ROWS; start += BATCH_ROWS) {
    const length = Math.min(BATCH_ROWS, ROWS - start)
    const column = (index: number, value: (row: number) => SqlValue): Column => {
      const values = Array.from({ length }, (_, row) =>
        withNulls && (row + index) % 10 === 0 ? null : value(start + row),
      )
      return columnFromValues(schema[index]!.type, values)
    }
    batches.push(
      deltaBatch(
        [
          column(0, row => (row * 7919) % 1000),
          column(1, row => (row * 104729) % 1000),
          column(2, row => BigInt((row * 7919) % 1000)),
          column(3, row => BigInt((row * 104729) % 1000)),
          column(4, row => ((row * 7919) % 1000) / 1000),
          column(5, row => ((row * 104729) % 1000) / 1000),
          column(6, row => new Numeric(BigInt((row * 7919) % 100000), 2)),
          column(7, row => new Numeric(BigInt((row * 104729) % 100000), 2)),
          column(8, row => `channel-${(row * 7919) % 97}`),
          column(9, row => `channel-${(row * 104729) % 89}`),
        ],
        length,
      ),
    )
  }
  return batches
}

/** Million rows per second, the best of some rounds after a warm-up. */
function measure(run: () => void): string {
  run()
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    run()
    best = Math.min(best, performance.now() - start)
  }
  return (ROWS / best / 1000).toFixed(0).padStart(6)
}

function report(name: string, plain: () => void, nulls: () => void): void {
  process.stdout.write(`${name.padEnd(48)} ${measure(plain)} ${measure(nulls)}\n`)
}

async function main(): Promise<void> {
  await loadParser()
  const types = schema.map(({ type }) => type)
  const plain = makeBatches(false)
  const nulls = makeBatches(true)
  process.stdout.write(`${'M rows/s'.padEnd(48)} ${'plain'.padStart(6)} ${'NULLs'.padStart(6)}\n`)
  for (const text of projections) {
    const project = compileProjection([bindExpression(text, schema)], types, testContext)
    const run = (batches: readonly DeltaBatch[]) => () => {
      for (const batch of batches) project(batch)
    }
    report(text, run(plain), run(nulls))
  }
  const selection = new Int32Array(BATCH_ROWS)
  for (const text of predicates) {
    const select = compilePredicate(bindExpression(text, schema), types, testContext)
    const run = (batches: readonly DeltaBatch[]) => () => {
      for (const batch of batches) select(batch, selection)
    }
    report(`WHERE ${text}`, run(plain), run(nulls))
  }
  const filter = compilePredicate(bindExpression('x > 500', schema), types, testContext)
  const project = compileProjection(
    ['x + y', 'f * 2', 'a + 1', 's'].map(text => bindExpression(text, schema)),
    types,
    testContext,
  )
  const run = (batches: readonly DeltaBatch[]) => () => {
    for (const batch of batches) {
      const count = filter(batch, selection)
      project(gatherBatch(batch, selection, count))
    }
  }
  report('SELECT x + y, f * 2, a + 1, s WHERE x > 500', run(plain), run(nulls))
}

await main()
