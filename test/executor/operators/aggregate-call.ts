/** Aggregate calls for plans of tests. */

import assert from 'node:assert/strict'
import { aggregateFunctions } from '../../../executor/functions/aggregate-registry.ts'
import type { AggregateCall, Expression } from '../../../planner/expression.ts'
import type { DataType } from '../../../planner/types.ts'

/** A call of the aggregate with these argument types. */
export function aggregate(
  name: string,
  args: readonly Expression[],
  type: DataType,
  more: Partial<AggregateCall> = {},
): AggregateCall {
  const signature = aggregateFunctions.find(
    record =>
      record.name === name &&
      record.args.length === args.length &&
      record.args.every((arg, index) => arg.kind === args[index]!.type.kind || arg.kind.startsWith('any')),
  )
  assert.ok(signature !== undefined, `aggregate ${name}`)
  return {
    signature,
    args,
    distinct: false,
    filter: undefined,
    orderBy: [],
    type,
    position: undefined,
    ...more,
  }
}
