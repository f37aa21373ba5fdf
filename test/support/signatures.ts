/** Signatures of the aggregates that hand-built plans use. */

import { aggregateFunctions } from '../../executor/functions/aggregate-registry.ts'
import { must } from '../../planner/assert.ts'
import type { FunctionSignature } from '../../planner/function-signature.ts'

function signature(id: string): FunctionSignature {
  return must(
    aggregateFunctions.find(candidate => candidate.id === id),
    `there is an aggregate ${id}`,
  )
}

export const testSignatures = { count: signature('count()'), sum: signature('sum(int4)') }
