/**
 * Collecting aggregates of long groups, which are finished in many steps: equal to a plain computation over
 * the rows, with groups of all sizes, rows that come several times and rows that go again.
 */

import { strict as assert } from 'node:assert'
import fc from 'fast-check'
import { columnFromValues } from '../../../../executor/batch/column-builder.ts'
import { readValue } from '../../../../executor/batch/column-reader.ts'
import { decodeArray } from '../../../../executor/batch/value-codec.ts'
import type { EvaluationContext, SqlValue } from '../../../../executor/expression/evaluation-context.ts'
import { aggregateSpec } from '../../../../executor/operators/aggregate-inputs.ts'
import { AggregateState } from '../../../../executor/state/aggregate-state.ts'
import type { AggregateCall } from '../../../../planner/expression.ts'
import type { DataType } from '../../../../planner/types.ts'
import { arrayOf, int4Type, jsonbType, jsonType, textType } from '../../../../planner/types.ts'
import { column } from '../../../support/plans.ts'
import { testContext } from '../../../support/sql-expressions.ts'
import { aggregate } from '../../operators/aggregate-call.ts'

const seed = Number(process.env['MILLRACE_TEST_SEED'] ?? Date.now() % 2 ** 31)
const descending: AggregateCall['orderBy'] = [
  { expression: column(0, int4Type), descending: true, nullsFirst: false },
]

interface Row {
  readonly group: number
  readonly value: number | null
}

/** What is collected of a group's rows, in order. */
interface Case {
  readonly name: string
  readonly type: DataType
  /** Of the argument, which comes from the row's value. */
  readonly argument: DataType
  readonly plain: (values: readonly (number | null)[]) => SqlValue
}

const cases: readonly Case[] = [
  {
    name: 'string_agg',
    type: textType,
    argument: textType,
    plain: values => {
      const present = values.filter(value => value !== null)
      return present.length === 0 ? null : present.join(', ')
    },
  },
  { name: 'array_agg', type: arrayOf(int4Type), argument: int4Type, plain: shown },
  {
    name: 'array_agg',
    type: arrayOf(textType),
    argument: textType,
    plain: values => shown(values.map(text)),
  },
  { name: 'json_agg', type: jsonType, argument: int4Type, plain: values => listed(values) },
  { name: 'jsonb_agg', type: jsonbType, argument: int4Type, plain: values => listed(values) },
]

function text(value: number | null): string | null {
  return value === null ? null : String(value)
}

function shown(values: readonly SqlValue[]): SqlValue {
  return values.length === 0 ? null : JSON.stringify(values)
}

function listed(values: readonly SqlValue[]): SqlValue {
  return values.length === 0 ? null : `[${values.map(value => value ?? 'null').join(', ')}]`
}

class Collecting {
  readonly state: AggregateState
  readonly #test: Case
  readonly #isOrdered: boolean

  constructor(test: Case, isOrdered: boolean, appendOnly: boolean, context: EvaluationContext = testContext) {
    const types = test.name === 'string_agg' ? [textType, textType] : [test.argument]
    const call = aggregate(
      test.name,
      types.map((type, index) => column(index, type)),
      test.type,
      isOrdered ? { orderBy: descending } : {},
    )
    this.state = new AggregateState([aggregateSpec(call, appendOnly, context)])
    this.state.reserve(GROUPS)
    this.#test = test
    this.#isOrdered = isOrdered
  }

  add(rows: readonly Row[], weight: number): void {
    const { argument, name } = this.#test
    const values = rows.map(({ value }) => (argument === textType ? text(value) : value))
    const args = [columnFromValues(argument, values)]
    if (name === 'string_agg') args.push(columnFromValues(textType, Array(rows.length).fill(', ')))
    if (this.#isOrdered) {
      args.push(
        columnFromValues(
          int4Type,
          rows.map(row => row.value),
        ),
      )
    }
    const groups = Int32Array.from(rows, row => row.group)
    const weights = weight === 1 ? undefined : new Int32Array(rows.length).fill(weight)
    this.state.update([{ args, filter: undefined }], groups, weights, rows.length)
  }

  /** By group, and how many steps that took. */
  finish(): { readonly values: readonly SqlValue[]; readonly steps: number } {
    const finishing = this.state.finishing(
      Int32Array.from({ length: GROUPS }, (_, group) => group),
      GROUPS,
    )
    let steps = 0
    for (;;) {
      const step = finishing.next()
      steps++
      if (step.done !== true) continue
      return {
        values: Array.from({ length: GROUPS }, (_, group) => this.#value(step.value[0]!, group)),
        steps,
      }
    }
  }

  #value(results: Parameters<typeof readValue>[0], row: number): SqlValue {
    const value = readValue(results, row)
    if (this.#test.type.kind !== 'array' || value === null) return value
    const bytes = value as Uint8Array
    return JSON.stringify(decodeArray(this.#test.argument, bytes, 0, bytes.length))
  }
}

const GROUPS = 5

/** Most rows in the first group; few different values, so that rows are equal. */
const someRows = fc
  .tuple(fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 1, max: 1000 }), fc.nat())
  .map(([length, values, start]): Row[] =>
    Array.from({ length }, (_, index) => {
      const random = Math.imul(index + start, 2654435761) >>> 4
      const group = random % 10 < 7 ? 0 : random % GROUPS
      return { group, value: random % 11 === 0 ? null : random % values }
    }),
  )

function expected(test: Case, rows: readonly Row[], isOrdered: boolean): SqlValue[] {
  return Array.from({ length: GROUPS }, (_, group) => {
    const values = rows.filter(row => row.group === group).map(row => row.value)
    if (isOrdered) values.sort((left, right) => rank(left) - rank(right))
    return test.plain(values)
  })
}

/** Descending, NULLs last. */
function rank(value: number | null): number {
  return value === null ? 1 : -value
}

describe('collecting aggregates of long groups', () => {
  for (const test of cases) {
    const label = `${test.name} of ${test.argument.kind}`
    it(`${label} in order of arrival (MILLRACE_TEST_SEED=${seed})`, () => {
      fc.assert(
        fc.property(someRows, rows => {
          const collecting = new Collecting(test, false, true)
          collecting.add(rows, 1)
          assert.deepEqual(collecting.finish().values, expected(test, rows, false))
        }),
        { seed, numRuns: 8 },
      )
    })

    it(`${label} with ORDER BY, of rows that stayed (MILLRACE_TEST_SEED=${seed})`, () => {
      fc.assert(
        fc.property(someRows, someRows, (rows, gone) => {
          const collecting = new Collecting(test, true, false)
          collecting.add(rows, 1)
          collecting.add(gone, 1)
          collecting.add(gone, -1)
          assert.deepEqual(collecting.finish().values, expected(test, rows, true))
        }),
        { seed, numRuns: 8 },
      )
    })

    it(`${label} takes steps, and no more bytes than allowed`, () => {
      const rows = Array.from({ length: 100_000 }, (_, value) => ({ group: 0, value }))
      const collecting = new Collecting(test, false, true)
      collecting.add(rows, 1)
      assert.ok(collecting.finish().steps > 5)
      const small = new Collecting(test, false, true, { ...testContext, valueBytesMax: 100_000 })
      small.add(rows, 1)
      assert.throws(() => small.finish(), {
        code: '54000',
        message: 'requested length too large',
        detail: 'A value may have 100000 bytes.',
      })
    })
  }
})
