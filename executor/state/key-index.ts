/**
 * Hash index from typed key columns to dense ids 0, 1, 2 …: all other state of an operator is arrays
 * indexed by these ids. NULLs are equal to each other. Erased ids are used again before new ones are made.
 */

import type { DataType } from '../../planner/types.ts'
import { physicalKind } from '../../planner/types.ts'
import type { Column } from '../batch/column.ts'
import type { Identity } from '../batch/row-hash.ts'
import { Int64KeyIndex } from './int64-key-index.ts'
import { RowKeyIndex } from './row-key-index.ts'

/** The id of a key that is not there. */
export const NO_ID = -1

export interface KeyIndex {
  /** Keys present. */
  readonly size: number
  /** Every id ever given is below this. */
  readonly idEnd: number
  /**
   * Writes the id of each row's key to ids[row], giving new keys ids. Columns have the index's types and at
   * least `length` rows. Ids given to new keys appear in the order of their first rows; returns how many
   * keys were new.
   */
  lookupOrInsert(columns: readonly Column[], length: number, ids: Int32Array): number
  /** As lookupOrInsert, but NO_ID for keys that are not there. */
  lookup(columns: readonly Column[], length: number, ids: Int32Array): void
  /** Removes the keys of these ids, all of them present and different. */
  erase(ids: Int32Array, count: number): void
  /** Removes all keys; ids start again at 0. */
  clear(): void
  /** The key columns as stored, indexed by id. Read again after every change of the index. */
  readonly columns: readonly Column[]
  readonly byteLength: number
}

/** An index for keys of these types; with no types, one key. */
export function createKeyIndex(types: readonly DataType[], identity: Identity = 'equal'): KeyIndex {
  if (types.length === 1 && physicalKind(types[0]!) === 'int64') return new Int64KeyIndex(types[0]!)
  return new RowKeyIndex(types, identity)
}
