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
import type { LiveRows } from './engine-contract.ts'
import { WrittenKeys } from './written-keys.ts'

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
  const steps = checkPieces(relation, [written], live, context)
  while (steps.next().done !== true) {}
}

/** As checkRows, of all rows of a statement in their order, with others having their turns in between. */
export function* checkPieces(
  relation: Relation,
  pieces: readonly WrittenRows[],
  live: LiveRows,
  context: EvaluationContext,
): Generator<void> {
  const keys = relation.primaryKey.length === 0 ? undefined : new WrittenKeys(relation.primaryKey, pieces)
  for (const [index, written] of pieces.entries()) {
    const missing = firstNull(relation, written.rows)
    const taken = keys === undefined ? -1 : yield* keys.firstTaken(index, live.find(written.rows))
    if (missing !== undefined && (taken < 0 || missing.row <= taken)) {
      throw notNullViolation(relation, missing, written, context)
    }
    if (taken >= 0) throw uniqueViolation(relation, taken, written, context)
    yield
  }
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

function formatted(column: Column, row: number, context: EvaluationContext): string {
  const value = readValue(column, row)
  return value === null ? 'null' : formatValue(column.type, value, context)
}
