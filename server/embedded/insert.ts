/** Rows from JavaScript into a table, without SQL text: values become columns, and go to the engine as one change. */

import type { RecordBatch, Table } from 'apache-arrow'
import type { Column } from '../../executor/batch/column.ts'
import { createColumnBuilder } from '../../executor/batch/column-builder.ts'
import { deltaBatch } from '../../executor/batch/delta-batch.ts'
import { evaluateConstant } from '../../executor/expression/compile.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import type { TableChange } from '../../executor/runtime/engine-contract.ts'
import type { Relation } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
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
  const values = Array.isArray(rows) ? (rows as InsertRows) : arrowRows(rows as Table | RecordBatch)
  if (values.length === 0) return 0
  const inserts = deltaBatch(columnsOf(table, values, context), values.length)
  const change: TableChange = { table: table.id, deletes: undefined, inserts }
  await session.write(change)
  return values.length
}

function findTable({ database, searchPath }: DatabaseSession, text: string): Relation {
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

/** Rows of an Arrow table by column name; Arrow's own conversion of values. */
function arrowRows(table: Table | RecordBatch): InsertRows {
  const names = table.schema.fields.map(column => column.name)
  const columns = names.map((_, index) => table.getChildAt(index))
  return Array.from({ length: table.numRows }, (_, row) => {
    return Object.fromEntries(names.map((name, index) => [name, columns[index]?.get(row) ?? null]))
  })
}
