/**
 * Plans of queries and INSERT/UPDATE/DELETE by text, so that a statement executed again is not parsed, bound
 * and planned again. A text has a plan for each set of declared parameter types, search path and catalog
 * epoch; plans of older epochs are never found again and leave by age.
 */

import type { Statement } from '../planner/sql/ast.ts'
import type { DataType } from '../planner/types.ts'
import { formatType } from '../planner/types.ts'
import type { ParameterTypes, PlannedStatement } from './planned-statement.ts'

/** Of each of the two generations. */
const TEXTS_MAX = 500
/** All texts of a generation together; a plan takes some hundred bytes for each of their characters. */
const CHARACTERS_MAX = 200_000
/** Plans kept of one text. */
const VARIANTS_MAX = 4
/** Longer texts are bulk inserts and the like, which do not come back. */
const TEXT_LENGTH_MAX = 16_384

/** What a plan was made for, besides its text and parameter types. */
export interface PlanVersion {
  /** Of the catalog. */
  readonly epoch: number
  readonly searchPath: readonly string[]
}

export interface CachedPlan {
  readonly statement: Statement
  readonly plan: PlannedStatement
}

interface Variant extends CachedPlan {
  readonly types: ParameterTypes
  readonly version: PlanVersion
}

export class PlanCache {
  /** Texts used since the generation began; the plan that was made last is last. */
  #recent = new Map<string, readonly Variant[]>()
  #recentCharacters = 0
  /** Those of the generation before, which go unless they are used again. */
  #older: ReadonlyMap<string, readonly Variant[]> = new Map()

  get(text: string, types: ParameterTypes, version: PlanVersion): CachedPlan | undefined {
    const variants = this.#variants(text)
    return variants?.find(variant => sameVersion(variant.version, version) && sameTypes(variant.types, types))
  }

  set(text: string, types: ParameterTypes, version: PlanVersion, { statement, plan }: CachedPlan): void {
    if (!plan.isShared || text.length > TEXT_LENGTH_MAX) return
    const others = this.#variants(text) ?? []
    this.#keep(text, [...others.slice(1 - VARIANTS_MAX), { statement, plan, types, version }])
  }

  #variants(text: string): readonly Variant[] | undefined {
    const recent = this.#recent.get(text)
    if (recent !== undefined) return recent
    const older = this.#older.get(text)
    if (older !== undefined) this.#keep(text, older)
    return older
  }

  #keep(text: string, variants: readonly Variant[]): void {
    if (!this.#recent.has(text)) this.#makeRoom(text.length)
    this.#recent.set(text, variants)
  }

  #makeRoom(characters: number): void {
    this.#recentCharacters += characters
    if (this.#recent.size < TEXTS_MAX && this.#recentCharacters <= CHARACTERS_MAX) return
    this.#older = this.#recent
    this.#recent = new Map()
    this.#recentCharacters = characters
  }
}

export function sameVersion(left: PlanVersion, right: PlanVersion): boolean {
  return left.epoch === right.epoch && sameNames(left.searchPath, right.searchPath)
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return (
    left === right || (left.length === right.length && left.every((name, index) => name === right[index]))
  )
}

function sameTypes(left: ParameterTypes, right: ParameterTypes): boolean {
  return left.length === right.length && left.every((type, index) => sameType(type, right[index]))
}

function sameType(left: DataType | undefined, right: DataType | undefined): boolean {
  if (left === right) return true
  return left !== undefined && right !== undefined && formatType(left) === formatType(right)
}
