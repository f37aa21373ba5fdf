/**
 * "Perhaps you meant …": the columns whose names are nearest to a missing one (parse_relation.c,
 * FuzzyAttrMatchState).
 */

import type { ScopeColumn, ScopeTable } from './scope.ts'

const distanceMax = 3

/** The hint for a missing column; undefined when nothing is near, or too much is equally near. */
export function suggestColumns(
  items: readonly ScopeTable[],
  tableName: string | undefined,
  name: string,
): string | undefined {
  let best = distanceMax + 1
  let nearest: ScopeColumn[] = []
  for (const item of items) {
    const penalty = tableName === undefined ? 0 : levenshtein(tableName, item.table.name ?? '')
    if (penalty > best) continue
    for (const column of item.columns) {
      const own = levenshtein(column.name, name)
      if (own > name.length / 2) continue
      const distance = own + penalty
      if (distance < best) {
        best = distance
        nearest = [column]
      } else if (distance === best) {
        if (nearest.length === 2) {
          best = distance - 1
          nearest = []
        } else if (nearest.length === 1 || best <= distanceMax) nearest.push(column)
      }
    }
  }
  if (nearest.length === 0) return undefined
  return `Perhaps you meant to reference the ${nearest.map(describe).join(' or the ')}.`
}

function describe(column: ScopeColumn): string {
  return `column "${column.table.name ?? 'unnamed_subquery'}.${column.name}"`
}

/** Edit distance with unit costs. */
function levenshtein(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
