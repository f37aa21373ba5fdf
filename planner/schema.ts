/** Named, typed columns of a relation, plan node or result. */

import type { DataType } from './types.ts'

export interface Field {
  readonly name: string
  readonly type: DataType
  /** false only when NULL cannot occur (a NOT NULL column); true is always safe. */
  readonly nullable: boolean
}

/** Columns in order. Names may repeat in results, never in relations. */
export type Schema = readonly Field[]

/** A field; nullable unless said otherwise. */
export function field(name: string, type: DataType, nullable = true): Field {
  return { name, type, nullable }
}
