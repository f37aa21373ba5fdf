/**
 * The one type that several expressions take together: CASE, COALESCE, ARRAY, VALUES, UNION, IN
 * (parse_coerce.c, select_common_type). All in one category; the first type wins unless a later one is
 * preferred or the first converts to it implicitly and not back.
 */

import { canCast } from './cast-rules.ts'
import type { DataType } from './types.ts'
import { sameBaseType, textType, typeCategory } from './types.ts'

/** undefined when the types are of different categories. `text` when all are unknown. */
export function selectCommonType(types: readonly DataType[]): DataType | undefined {
  const result = chooseCommonType(types)
  return result.kind === 'mismatch' ? undefined : result.type
}

export type CommonType =
  | { readonly kind: 'found'; readonly type: DataType }
  /** The type so far, and the first of another category with its index. */
  | { readonly kind: 'mismatch'; readonly left: DataType; readonly right: DataType; readonly index: number }

export function chooseCommonType(types: readonly DataType[]): CommonType {
  let chosen: DataType | undefined
  for (let index = 0; index < types.length; index++) {
    const type = types[index]!
    if (type.kind === 'unknown' || (chosen !== undefined && sameBaseType(chosen, type))) continue
    if (chosen === undefined) {
      chosen = type
      continue
    }
    const left = typeCategory(chosen)
    if (left.category !== typeCategory(type).category)
      return { kind: 'mismatch', left: chosen, right: type, index }
    if (!left.preferred && canCast(chosen, type, 'implicit') && !canCast(type, chosen, 'implicit'))
      chosen = type
  }
  return { kind: 'found', type: chosen ?? textType }
}
