/**
 * The primary keys of the rows that a statement writes, piece by piece: which of them another row has when
 * its turn comes. A row may take a key only from rows that were replaced before it. Keys in ascending order,
 * and rows that keep their keys, need no index.
 */

import { must } from '../../planner/assert.ts'
import { int8Type } from '../../planner/types.ts'
import type { Column } from '../batch/column.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { createKeyIndex, type KeyIndex } from '../state/key-index.ts'
import { grownCapacity } from '../state/stored-column.ts'
import { NO_ROW } from './engine-contract.ts'
import type { WrittenRows } from './table-checks.ts'

export class WrittenKeys {
  readonly #key: readonly number[]
  readonly #pieces: readonly WrittenRows[]
  /** Of the rows up to a piece; undefined as long as they are known to differ. */
  #keys: KeyIndex | undefined
  /** Last of the first key column, in ascending order up to there. */
  #last: number | bigint | undefined
  #replaced: ReplacedRows | undefined

  constructor(key: readonly number[], pieces: readonly WrittenRows[]) {
    this.#key = key
    this.#pieces = pieces
  }

  /**
   * The first row of the piece whose key is taken, -1 when there is none; the pieces before were asked about.
   * `holders`: the rows of the table that have the keys of the piece.
   */
  *firstTaken(index: number, holders: BigInt64Array | undefined): Generator<void, number> {
    const { replaced, rows } = this.#pieces[index]!
    const repeated = yield* this.#firstRepeated(index)
    const end = repeated < 0 ? rows.length : repeated
    if (holders === undefined) return repeated
    const moved = firstMoved(holders, replaced, end)
    if (moved < 0) return repeated
    if (replaced === undefined) return moved
    this.#replaced ??= new ReplacedRows()
    yield* this.#replaced.add(this.#pieces, index)
    const taken = this.#replaced.firstTaken(holders, replaced, moved, end)
    return taken < 0 ? repeated : taken
  }

  /** The first row with the key of one before it. */
  *#firstRepeated(index: number): Generator<void, number> {
    const { rows } = this.#pieces[index]!
    if (this.#keys === undefined) {
      const first = rows.columns[this.#key[0]!]!
      if (isAscending(first, rows.length, this.#last)) {
        this.#last = lastInteger(first, rows.length)
        return -1
      }
      this.#keys = keyIndex(rows, this.#key)
      for (const earlier of this.#pieces.slice(0, index)) {
        addKeys(this.#keys, earlier.rows, this.#key)
        yield
      }
    }
    return addKeys(this.#keys, rows, this.#key)
  }
}

/** The rows that a statement replaces, by id, and when. */
class ReplacedRows {
  readonly #index = createKeyIndex([int8Type])
  /** By the id's place in the index: piece and row in it. */
  #pieceOf = new Int32Array(0)
  #rowOf = new Int32Array(0)
  #added = 0

  /** The first of the rows of the piece added last whose key is not its own nor that of a row before. */
  firstTaken(holders: BigInt64Array, replaced: BigInt64Array, from: number, to: number): number {
    const places = this.#places(holders, false)
    for (let row = from; row < to; row++) {
      if (holders[row] === NO_ROW || holders[row] === replaced[row]) continue
      const place = places[row]!
      if (place < 0 || (this.#pieceOf[place] === this.#added - 1 && this.#rowOf[place]! >= row)) return row
    }
    return -1
  }

  /** Those of the pieces up to the one at `last`. */
  *add(pieces: readonly WrittenRows[], last: number): Generator<void> {
    for (; this.#added <= last; this.#added++) {
      const ids = must(pieces[this.#added]!.replaced, 'a statement replaces rows in all pieces or none')
      const before = this.#index.idEnd
      const places = this.#places(ids, true)
      this.#pieceOf = grown(this.#pieceOf, this.#index.idEnd)
      this.#rowOf = grown(this.#rowOf, this.#index.idEnd)
      for (let row = ids.length - 1; row >= 0; row--) {
        if (places[row]! < before) continue
        this.#pieceOf[places[row]!] = this.#added
        this.#rowOf[places[row]!] = row
      }
      yield
    }
  }

  #places(values: BigInt64Array, isNew: boolean): Int32Array {
    const places = new Int32Array(values.length)
    const columns = [{ type: int8Type, layout: 'int64', length: values.length, validity: undefined, values }]
    if (isNew) this.#index.lookupOrInsert(columns as Column[], values.length, places)
    else this.#index.lookup(columns as Column[], values.length, places)
    return places
  }
}

/** The first row whose key another row has than the one that it replaces. */
function firstMoved(holders: BigInt64Array, replaced: BigInt64Array | undefined, end: number): number {
  for (let row = 0; row < end; row++) {
    if (holders[row] !== NO_ROW && holders[row] !== replaced?.[row]) return row
  }
  return -1
}

/** For each row the row before it with the same key, or -1; undefined when all keys differ. */
export function previousRowOfKey(rows: DeltaBatch, key: readonly number[]): Int32Array | undefined {
  const { columns, length } = rows
  if (length < 2 || isAscending(columns[key[0]!]!, length, undefined)) return undefined
  const ids = new Int32Array(length)
  const index = keyIndex(rows, key)
  if (index.lookupOrInsert(keyColumns(rows, key), length, ids) === length) return undefined
  const latest = new Int32Array(index.idEnd).fill(-1)
  const previous = new Int32Array(length)
  for (let row = 0; row < length; row++) {
    previous[row] = latest[ids[row]!]!
    latest[ids[row]!] = row
  }
  return previous
}

/** Returns the first row whose key was there before; -1 when there is none. */
function addKeys(index: KeyIndex, rows: DeltaBatch, key: readonly number[]): number {
  const { length } = rows
  const ids = new Int32Array(length)
  let next = index.idEnd
  if (index.lookupOrInsert(keyColumns(rows, key), length, ids) === length) return -1
  // New keys have ids in the order of their rows.
  let row = 0
  for (; row < length && ids[row] === next; row++) next++
  return row
}

function keyIndex(rows: DeltaBatch, key: readonly number[]): KeyIndex {
  return createKeyIndex(keyColumns(rows, key).map(column => column.type))
}

function keyColumns({ columns }: DeltaBatch, key: readonly number[]): readonly Column[] {
  return key.map(column => columns[column]!)
}

/** Every value is greater than the one before, as numbers given in order are. Only of integers. */
function isAscending(column: Column, length: number, last: number | bigint | undefined): boolean {
  const { layout, validity } = column
  if (validity !== undefined || (layout !== 'int16' && layout !== 'int32' && layout !== 'int64')) return false
  const { values } = column
  if (last !== undefined && length > 0 && values[0]! <= last) return false
  for (let row = 1; row < length; row++) if (values[row]! <= values[row - 1]!) return false
  return true
}

function lastInteger(column: Column, length: number): number | bigint | undefined {
  if (column.layout !== 'int16' && column.layout !== 'int32' && column.layout !== 'int64') return undefined
  return column.values[length - 1]
}

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (length <= array.length) return array
  const copy = new Int32Array(grownCapacity(array.length, length))
  copy.set(array)
  return copy
}
