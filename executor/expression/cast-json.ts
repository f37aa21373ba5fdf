/** Casts of json and jsonb: to each other, and from jsonb scalars to bool and numbers. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { TypeKind } from '../../planner/types.ts'
import { formatType } from '../../planner/types.ts'
import { jsonKind } from '../functions/json-slice.ts'
import { normalizeJsonb } from '../functions/json-text.ts'
import { numericToBigint, numericToNumber } from '../functions/numeric-convert.ts'
import { parseNumeric } from '../functions/numeric-text.ts'
import type { CastFunction } from './cast-function.ts'

/** The number that a jsonb document is; 22023 when it is something else. */
function numberText(json: string, to: TypeKind): string {
  const kind = jsonKind(json)
  if (kind !== 'number') throw cannotCast(kind, to)
  return json
}

function cannotCast(kind: string, to: TypeKind): SqlError {
  const what = kind === 'number' ? 'numeric' : kind
  const type = formatType({ kind: to } as Parameters<typeof formatType>[0])
  return new SqlError(SqlState.invalidParameterValue, `cannot cast jsonb ${what} to type ${type}`)
}

function toBool(json: string): boolean {
  if (json === 'true') return true
  if (json === 'false') return false
  throw cannotCast(jsonKind(json), 'bool')
}

function toInteger(to: 'int2' | 'int4'): (json: string) => number {
  return json => Number(numericToBigint(parseNumeric(numberText(json, to)), to))
}

export const jsonCasts: readonly CastFunction[] = [
  { from: 'json', to: 'jsonb', call: normalizeJsonb },
  { from: 'jsonb', to: 'json', inline: (value: string) => value },
  { from: 'jsonb', to: 'bool', call: toBool },
  { from: 'jsonb', to: 'int2', call: toInteger('int2') },
  { from: 'jsonb', to: 'int4', call: toInteger('int4') },
  {
    from: 'jsonb',
    to: 'int8',
    call: (json: string) => numericToBigint(parseNumeric(numberText(json, 'int8')), 'int8'),
  },
  { from: 'jsonb', to: 'numeric', call: (json: string) => parseNumeric(numberText(json, 'numeric')) },
  {
    from: 'jsonb',
    to: 'float8',
    call: (json: string) => numericToNumber(parseNumeric(numberText(json, 'float8'))),
  },
  {
    from: 'jsonb',
    to: 'float4',
    call: (json: string) => Math.fround(numericToNumber(parseNumeric(numberText(json, 'float4')))),
  },
]
