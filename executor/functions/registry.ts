/**
 * Every scalar function by id, and the signatures of all functions by name. A new family of scalar functions
 * is one file that exports an array of records, and one line in `families`.
 */

import { must } from '../../planner/assert.ts'
import type { FunctionSignature } from '../../planner/function-signature.ts'
import { aggregateFunctions } from './aggregate-registry.ts'
import { arithmeticFunctions } from './arithmetic.ts'
import { arrayFunctions } from './array.ts'
import { byteaFunctions } from './bytea.ts'
import { comparisonFunctions } from './comparison.ts'
import { datetimeOperators } from './datetime.ts'
import { extractFunctions } from './datetime-extract.ts'
import { datetimeFunctions } from './datetime-functions.ts'
import { truncateFunctions } from './datetime-truncate.ts'
import { intervalFunctions } from './interval.ts'
import { jsonFunctions } from './json.ts'
import { likeFunctions } from './like.ts'
import { mathFunctions } from './math.ts'
import { numericFunctions } from './numeric-functions.ts'
import { privilegeQuestionFunctions } from './privilege-questions.ts'
import { regexFunctions } from './regex.ts'
import type { ScalarFunction } from './scalar-function.ts'
import { sessionControlFunctions } from './session-control.ts'
import { systemFunctions } from './system.ts'
import { tableFunctions } from './table-functions.ts'
import { textFunctions } from './text.ts'
import { textBuildingFunctions } from './text-format-function.ts'
import { timetzFunctions } from './time-tz.ts'
import { toCharFunctions } from './to-char.ts'
import { uuidFunctions } from './uuid.ts'

const families: readonly (readonly ScalarFunction[])[] = [
  textFunctions,
  textBuildingFunctions,
  byteaFunctions,
  uuidFunctions,
  arrayFunctions,
  arithmeticFunctions,
  comparisonFunctions,
  mathFunctions,
  numericFunctions,
  datetimeOperators,
  datetimeFunctions,
  extractFunctions,
  truncateFunctions,
  intervalFunctions,
  timetzFunctions,
  jsonFunctions,
  likeFunctions,
  regexFunctions,
  privilegeQuestionFunctions,
  sessionControlFunctions,
  systemFunctions,
  toCharFunctions,
]

const scalarById = new Map<string, ScalarFunction>()
for (const family of families) {
  for (const record of family) {
    if (scalarById.has(record.id)) throw new Error(`two functions with the id ${record.id}`)
    scalarById.set(record.id, record)
  }
}

const allSignatures: readonly FunctionSignature[] = [
  ...scalarById.values(),
  ...aggregateFunctions,
  ...tableFunctions,
]

const byName = new Map<string, FunctionSignature[]>()
for (const signature of allSignatures) {
  const overloads = byName.get(signature.name)
  if (overloads === undefined) byName.set(signature.name, [signature])
  else overloads.push(signature)
}

/** The kernel record of a scalar function or operator. The binder hands out only ids that exist. */
export function findScalarFunction(id: string): ScalarFunction {
  return must(scalarById.get(id), `scalar function ${id} is registered`)
}

/** Scalar functions, operators, aggregates and table functions. */
export function functionSignatures(): readonly FunctionSignature[] {
  return allSignatures
}

/** Every overload of a lower-case function name or operator symbol. */
export function signaturesByName(name: string): readonly FunctionSignature[] {
  return byName.get(name) ?? []
}
