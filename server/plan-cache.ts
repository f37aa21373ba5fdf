/**
 * Plans of queries and INSERT/UPDATE/DELETE by text, so that a statement executed again is not parsed, bound
 * and planned again. Entries of older catalog epochs are never found again and leave by age.
 */

import type { Statement } from '../planner/sql/ast.ts'
import type { DataType } from '../planner/types.ts'
import { formatType } from '../planner/types.ts'
import type { PlannedStatement } from './planned-statement.ts'

const ENTRIES_MAX = 1000
/** Longer texts are bulk inserts and the like, which do not come back. */
const TEXT_LENGTH_MAX = 16_384

export interface CachedPlan {
  readonly statement: Statement
  readonly plan: PlannedStatement
}

export class PlanCache {
  readonly #entries = new Map<string, CachedPlan>()

  get(key: string | undefined): CachedPlan | undefined {
    if (key === undefined) return undefined
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry
  }

  set(key: string | undefined, entry: CachedPlan): void {
    if (key === undefined || !entry.plan.isShared) return
    this.#entries.set(key, entry)
    if (this.#entries.size > ENTRIES_MAX) this.#entries.delete(this.#entries.keys().next().value as string)
  }
}

/** Everything that a shared plan depends on; undefined when the text is too long to keep. */
export function planKey(
  text: string,
  types: readonly (DataType | undefined)[],
  catalogEpoch: number,
  searchPath: readonly string[],
): string | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined
  const typeNames = types.map(type => (type === undefined ? '' : formatType(type)))
  return [catalogEpoch, JSON.stringify(searchPath), typeNames.join(','), text].join('\n')
}
