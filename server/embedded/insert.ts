/**
 * Rows from JavaScript into a table, without SQL text: values become columns, and go to the engine as one
 * change.
 */

import type { RecordBatch, Table } from 'apache-arrow'
import type { Column } from '../../executor/batch/column.ts'
import { createColumnBuilder } from '../../executor/batch/column-builder.ts'
import { concatBatches } from '../../executor/batch/concat.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { deltaBatch } from '../../executor/batch/delta-batch.ts'
import { compileProjection, evaluateConstant } from '../../executor/expression/compile.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { canCast } from '../../planner/cast-rules.ts'
import type { Relation } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Expression } from '../../planner/expression.ts'
import type { DataType } from '../../planner/types.ts'
import { formatType, sameType } from '../../planner/types.ts'
import { checkNeeds } from '../auth/check-access.ts'
import type { DatabaseSession } from '../session.ts'
import { splitIdentifiers } from '../settings/session-settings.ts'
import { toSql } from './sql-values.ts'

/** Objects by column name, or arrays by column position. */
export type InsertRows = readonly (Readonly<Record<string, unknown>> | readonly unknown[])[]

/** Resolves with the number of rows when they are visible, or held by the open transaction. */
export async function insertRows(
  session: DatabaseSession,
  tableName: string,
  rows: InsertRows | Table | RecordBatch,
): Promise<number> {
  const table = findTable(session, tableName)
  const context = session.context([])
  const inserts = isArrow(rows)
    ? await arrowBatches(table, rows, context)
    : rows.length === 0
      ? []
      : [deltaBatch(columnsOf(table, rows, context), rows.length)]
  const filled = inserts.filter(batch => batch.length > 0)
  if (filled.length === 0) return 0
  const all = concatBatches(filled)
  await session.write(table, { table: table.id, deletes: undefined, inserts: all })
  return all.length
}

function isArrow(rows: InsertRows | Table | RecordBatch): rows is Table | RecordBatch {
  return !Array.isArray(rows)
}

function findTable(session: DatabaseSession, text: string): Relation {
  const { database, searchPath } = session
  const names = splitIdentifiers(text.replaceAll(/\s*\.\s*/g, ','))
  const [schemaName, name] = names.length === 2 ? names : [undefined, names[0]]
  const relation =
    name === undefined ? undefined : database.catalog.findRelation(schemaName, name, searchPath)
  if (relation === undefined) {
    throw new SqlError(SqlState.undefinedTable, `relation "${text}" does not exist`)
  }
  if (relation.kind !== 'table') {
    throw new SqlError(SqlState.wrongObjectType, `"${relation.name}" is not a table`)
  }
  checkNeeds(session, [{ id: relation.id, privilege: 'INSERT' }])
  return relation
}

function columnsOf(table: Relation, rows: InsertRows, context: EvaluationContext): Column[] {
  const builders = table.schema.map(column => createColumnBuilder(column.type, rows.length))
  for (const row of rows) {
    const given = isPositional(row) ? byPosition(table, row) : row
    checkNames(table, given)
    table.schema.forEach(({ name, type }, index) => {
      const value = Object.hasOwn(given, name) ? given[name] : undefined
      const expression = table.defaults[index]
      const isDefault = value === undefined && expression !== undefined
      builders[index]!.append(isDefault ? evaluateConstant(expression, context) : toSql(type, value, context))
    })
  }
  return builders.map(builder => builder.finish())
}

function isPositional(row: InsertRows[number]): row is readonly unknown[] {
  return Array.isArray(row)
}

function byPosition(table: Relation, row: readonly unknown[]): Record<string, unknown> {
  if (row.length > table.schema.length) {
    throw new SqlError(SqlState.syntaxError, 'INSERT has more expressions than target columns')
  }
  return Object.fromEntries(row.map((value, index) => [table.schema[index]!.name, value]))
}

function checkNames(table: Relation, row: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(row)) {
    if (table.schema.some(column => column.name === name)) continue
    const message = `column "${name}" of relation "${table.name}" does not exist`
    throw new SqlError(SqlState.undefinedColumn, message)
  }
}

/**
 * The record batches of an Arrow table with the table's columns, by name, cast as an INSERT would cast them.
 */
async function arrowBatches(
  table: Relation,
  rows: Table | RecordBatch,
  context: EvaluationContext,
): Promise<DeltaBatch[]> {
  const { fromArrowBatch } = await import('../../executor/batch/arrow.ts')
  const names = rows.schema.fields.map(column => column.name)
  checkNames(table, Object.fromEntries(names.map(name => [name, true])))
  const batches = 'batches' in rows ? rows.batches : [rows]
  return batches.map(batch => {
    const given = fromArrowBatch(batch)
    const types = given.columns.map(column => column.type)
    const expressions = table.schema.map((_, index) => assigned(table, index, names, types))
    return deltaBatch(compileProjection(expressions, types, context)(given), given.length)
  })
}

/** What goes into a column: the Arrow column of its name, cast, or its default. */
function assigned(
  table: Relation,
  index: number,
  names: readonly string[],
  types: readonly DataType[],
): Expression {
  const { name, type } = table.schema[index]!
  const from = names.indexOf(name)
  if (from < 0) return table.defaults[index] ?? { kind: 'literal', text: null, type, position: undefined }
  const input: Expression = { kind: 'column', index: from, type: types[from]!, nullable: true }
  if (sameType(types[from]!, type)) return input
  if (!canCast(types[from]!, type, 'assignment')) {
    const given = formatType(types[from]!)
    throw new SqlError(
      SqlState.datatypeMismatch,
      `column "${name}" is of type ${formatType(type)} but the Arrow column is of type ${given}`,
    )
  }
  return { kind: 'cast', input, type, context: 'assignment', position: undefined }
}
