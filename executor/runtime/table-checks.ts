/**
 * The constraints of a table: NOT NULL and the primary key. A statement's rows are checked in their order, as
 * PostgreSQL does: the first row that breaks one is the error, and a row may take a key only from rows that
 * were replaced before it. The errors are PostgreSQL's, with its details.
 */

import type { Relation } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Column } from '../batch/column.ts'
import { isNull } from '../batch/column.ts'
import { readValue } from '../batch/column-reader.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import { formatValue } from '../expression/text-format.ts'
import { createKeyIndex } from '../state/key-index.ts'
import type { LiveRows } from './engine-contract.ts'
import { NO_ROW } from './engine-contract.ts'

/** Rows that a statement writes, in its order, and the id of the row that each replaces, or NO_ROW. */
export interface WrittenRows {
  readonly rows: DeltaBatch
  /** undefined: none replaces any. */
  readonly replaced: BigInt64Array | undefined
  /** Where a row comes from, for the error's context. */
  readonly whereOf?: ((row: number) => string) | undefined
}

/** 23502 or 23505 of the first row that breaks a constraint; `live`: the table before the statement. */
export function checkRows(
  relation: Relation,
  written: WrittenRows,
  live: LiveRows,
  context: EvaluationContext,
): void {
  const missing = firstNull(relation, written.rows)
  const taken = firstTakenKey(relation, written, live)
  if (missing !== undefined && (taken < 0 || missing.row <= taken)) {
    throw notNullViolation(relation, missing, written, context)
  }
  if (taken >= 0) throw uniqueViolation(relation, taken, written, context)
}

/** 23502 of the first row with a NULL where there must be none. */
export function checkNotNull(relation: Relation, written: WrittenRows, context: EvaluationContext): void {
  const missing = findNull(relation, written, context)
  if (missing !== undefined) throw missing.error
}

/** The first row with a NULL where there must be none, and its 23502. */
export function findNull(
  relation: Relation,
  written: WrittenRows,
  context: EvaluationContext,
): { readonly row: number; readonly error: SqlError } | undefined {
  const missing = firstNull(relation, written.rows)
  if (missing === undefined) return undefined
  return { row: missing.row, error: notNullViolation(relation, missing, written, context) }
}

interface MissingValue {
  readonly row: number
  readonly column: string
}

function firstNull({ schema }: Relation, { columns, length }: DeltaBatch): MissingValue | undefined {
  let first: MissingValue | undefined
  for (const [index, column] of columns.entries()) {
    const field = schema[index]!
    if (field.nullable || column.validity === undefined) continue
    for (let row = 0; row < (first?.row ?? length); row++) {
      if (isNull(column, row)) first = { row, column: field.name }
    }
  }
  return first
}

function notNullViolation(
  { name, schemaName }: Relation,
  { row, column }: MissingValue,
  { rows, whereOf }: WrittenRows,
  context: EvaluationContext,
): SqlError {
  const values = rows.columns.map(other => formatted(other, row, context)).join(', ')
  return new SqlError(
    SqlState.notNullViolation,
    `null value in column "${column}" of relation "${name}" violates not-null constraint`,
    {
      detail: `Failing row contains (${values}).`,
      schema: schemaName,
      table: name,
      column,
      where: whereOf?.(row),
    },
  )
}

/** The first row whose key another row has when its turn comes; -1 when there is none. */
function firstTakenKey({ primaryKey }: Relation, { rows, replaced }: WrittenRows, live: LiveRows): number {
  if (primaryKey.length === 0) return -1
  const holders = live.find(rows)
  const previous = previousRowOfKey(rows, primaryKey)
  if (holders === undefined) return previous === undefined ? -1 : previous.findIndex(row => row >= 0)
  /** By row that is replaced: when. */
  let turns: Map<bigint, number> | undefined
  for (let row = 0; row < rows.length; row++) {
    if (previous !== undefined && previous[row]! >= 0) return row
    const holder = holders[row]!
    if (holder === NO_ROW || holder === replaced?.[row]) continue
    if (replaced === undefined) return row
    turns ??= new Map(Array.from(replaced, (id, index) => [id, index]))
    if ((turns.get(holder) ?? row) >= row) return row
  }
  return -1
}

function uniqueViolation(
  { name, schemaName, schema, primaryKey }: Relation,
  row: number,
  { rows, whereOf }: WrittenRows,
  context: EvaluationContext,
): SqlError {
  const constraint = `${name}_pkey`
  const names = primaryKey.map(column => schema[column]!.name).join(', ')
  const values = primaryKey.map(column => formatted(rows.columns[column]!, row, context)).join(', ')
  return new SqlError(
    SqlState.uniqueViolation,
    `duplicate key value violates unique constraint "${constraint}"`,
    {
      detail: `Key (${names})=(${values}) already exists.`,
      schema: schemaName,
      table: name,
      constraint,
      where: whereOf?.(row),
    },
  )
}

/** For each row the row before it with the same key, or -1; undefined when all keys differ. */
export function previousRowOfKey(
  { columns, length }: DeltaBatch,
  key: readonly number[],
): Int32Array | undefined {
  if (length < 2) return undefined
  const keyColumns = key.map(column => columns[column]!)
  if (isAscending(keyColumns[0]!, length)) return undefined
  const ids = new Int32Array(length)
  const index = createKeyIndex(keyColumns.map(column => column.type))
  if (index.lookupOrInsert(keyColumns, length, ids) === length) return undefined
  const latest = new Int32Array(index.idEnd).fill(-1)
  const previous = new Int32Array(length)
  for (let row = 0; row < length; row++) {
    previous[row] = latest[ids[row]!]!
    latest[ids[row]!] = row
  }
  return previous
}

/** Every value is greater than the one before, as numbers given in order are. Only of integers. */
function isAscending(column: Column, length: number): boolean {
  const { layout, validity } = column
  if (validity !== undefined || (layout !== 'int16' && layout !== 'int32' && layout !== 'int64')) return false
  const { values } = column
  for (let row = 1; row < length; row++) if (values[row]! <= values[row - 1]!) return false
  return true
}

function formatted(column: Column, row: number, context: EvaluationContext): string {
  const value = readValue(column, row)
  return value === null ? 'null' : formatValue(column.type, value, context)
}
