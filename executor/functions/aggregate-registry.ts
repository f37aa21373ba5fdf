/**
 * Every aggregate. A new family is one file in aggregates/ that exports an array of records, and one line
 * here.
 */

import { must } from '../../planner/assert.ts'
import type { AggregateFunction } from './aggregates/aggregate-function.ts'
import { bitwiseFunctions } from './aggregates/bitwise.ts'
import { booleanFunctions } from './aggregates/boolean.ts'
import { collectFunctions } from './aggregates/collect.ts'
import { collectJsonFunctions } from './aggregates/collect-json.ts'
import { countFunctions } from './aggregates/count.ts'
import { extremumFunctions } from './aggregates/extremum.ts'
import { floatSumFunctions } from './aggregates/float-sum.ts'
import { integerSumFunctions } from './aggregates/integer-sum.ts'
import { intervalSumFunctions } from './aggregates/interval-sum.ts'
import { numericSumFunctions } from './aggregates/numeric-sum.ts'
import { varianceFunctions } from './aggregates/variance.ts'

/** All aggregates' signatures and accumulators. */
export const aggregateFunctions: readonly AggregateFunction[] = [
  ...countFunctions,
  ...integerSumFunctions,
  ...numericSumFunctions,
  ...floatSumFunctions,
  ...intervalSumFunctions,
  ...extremumFunctions,
  ...booleanFunctions,
  ...bitwiseFunctions,
  ...varianceFunctions,
  ...collectFunctions,
  ...collectJsonFunctions,
]

const byId = new Map(aggregateFunctions.map(record => [record.id, record]))

/** The record of an aggregate. The binder hands out only ids that exist. */
export function findAggregateFunction(id: string): AggregateFunction {
  return must(byId.get(id), `aggregate ${id} is registered`)
}
