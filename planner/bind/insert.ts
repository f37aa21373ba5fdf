/** INSERT: the source's rows widened to whole rows of the table, defaults filled in, values converted. */

import type { Relation } from '../catalog.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { Field } from '../schema.ts'
import type { InsertStatement, SelectStatement, Expression as SyntaxExpression } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { endsStep } from '../steps.ts'
import { isNullable } from './aggregate.ts'
import type { QueryBinder } from './bound-query.ts'
import type { BoundDml } from './bound-statement.ts'
import { expressionBinder } from './expression.ts'
import { bindOnConflict } from './on-conflict.ts'
import { convertOutputs } from './output.ts'
import { withCommonTables } from './query.ts'
import { emptyScope } from './scope.ts'
import type { StatementContext } from './statement-context.ts'
import { assign, bindReturning, defaultOf, findColumn, findWriteTarget, rowSchema } from './write-target.ts'

/** All but the parameter types, which are known when the statement is finished. */
export function* bindInsert(outer: QueryBinder, insert: InsertStatement) {
  const query = yield* withCommonTables(outer, insert.ctes, false)
  const table = findWriteTarget(query, insert.table, 'insert into')
  if (insert.overriding !== undefined)
    throw notSupported('OVERRIDING', { position: insert.position || undefined })
  const columns = targetColumns(table, insert)
  const source = yield* bindSource(query, insert, table, columns)
  const onConflict = yield* bindOnConflict(query, table, insert.alias, insert.onConflict)
  const returning = yield* bindReturning(query, table, insert.alias, insert.returning)
  return { kind: 'insert', table, source, onConflict, returning } as const satisfies Omit<
    BoundDml & { kind: 'insert' },
    'parameterTypes'
  >
}

/** Indexes of the columns that the source gives. */
function targetColumns(table: Relation, insert: InsertStatement): readonly number[] {
  if (insert.columns.length === 0) return table.schema.map((_, index) => index)
  const indexes = insert.columns.map(column => findColumn(table, column))
  const repeated = indexes.findIndex((column, index) => indexes.indexOf(column) !== index)
  if (repeated === -1) return indexes
  const { name, position } = insert.columns[repeated] as InsertStatement['columns'][number]
  throw new SqlError(SqlState.duplicateColumn, `column "${name}" specified more than once`, {
    position: position || undefined,
  })
}

function* bindSource(
  query: QueryBinder,
  insert: InsertStatement,
  table: Relation,
  columns: readonly number[],
): Steps<LogicalPlan> {
  const { source } = insert
  if (source === undefined)
    return valuesPlan(table, [table.schema.map((_, index) => defaultOf(table, index))])
  const { body } = source
  if (body.kind === 'values' && isBare(source)) {
    return valuesPlan(table, yield* bindRows(query, insert, body.rows, table, columns))
  }
  return yield* bindQuerySource(query, insert, source, table, columns)
}

function isBare(source: SelectStatement): boolean {
  return (
    source.ctes.length === 0 &&
    source.orderBy.length === 0 &&
    source.limit === undefined &&
    source.offset === undefined
  )
}

function valuesPlan(table: Relation, rows: readonly (readonly Expression[])[]): LogicalPlan {
  return { kind: 'values', rows, schema: rowSchema(table, rows) }
}

/** Each value converts to its column by itself, without a common type of the rows. */
function* bindRows(
  query: QueryBinder,
  insert: InsertStatement,
  rows: readonly (readonly SyntaxExpression[])[],
  table: Relation,
  columns: readonly number[],
): Steps<readonly (readonly Expression[])[]> {
  const { statement } = query
  const binder = expressionBinder(statement, emptyScope, 'aggregate functions are not allowed in VALUES')
  const bound: (readonly Expression[])[] = []
  for (const row of rows) {
    const values: (Expression | undefined)[] = []
    for (const value of row) {
      const isDefault = value.kind === 'default'
      values.push(isDefault ? undefined : (binder.bindLeaf(value) ?? (yield* binder.bind(value))))
    }
    if (row.length !== rows[0]?.length) {
      throw new SqlError(SqlState.syntaxError, 'VALUES lists must all be the same length', {
        position: values[0] && statement.locationOf(values[0]),
      })
    }
    checkCount(insert, columns, row.length, row[columns.length]?.position)
    bound.push(storedRow(statement, table, columns, values))
    if (endsStep(bound.length)) yield
  }
  return bound
}

/** A whole row of the table. `values` are of `columns`, undefined ones the columns' defaults. */
function storedRow(
  statement: StatementContext,
  table: Relation,
  columns: readonly number[],
  values: readonly (Expression | undefined)[],
): readonly Expression[] {
  const stored = values.map((value, index) => {
    const column = columns[index] as number
    return value === undefined
      ? defaultOf(table, column)
      : assign(statement, value, table.schema[column] as Field)
  })
  return table.schema.map((_, index) => stored[columns.indexOf(index)] ?? defaultOf(table, index))
}

function* bindQuerySource(
  query: QueryBinder,
  insert: InsertStatement,
  source: SelectStatement,
  table: Relation,
  columns: readonly number[],
): Steps<LogicalPlan> {
  const { statement } = query
  const bound = yield* statement.bindQuery(source, { ...query, keepUnknown: true })
  const width = bound.plan.schema.length
  checkCount(insert, columns, width, bound.locations[columns.length])
  const input = convertOutputs(
    bound,
    (value, index) => assign(statement, value, table.schema[columns[index] as number] as Field),
    statement,
  )
  const expressions = table.schema.map((_, index): Expression => {
    const given = columns.indexOf(index)
    const column = given < width ? input.schema[given] : undefined
    if (column === undefined) return defaultOf(table, index)
    return { kind: 'column', index: given, type: column.type, nullable: column.nullable }
  })
  const schema = table.schema.map(({ name, type }, index) => ({
    name,
    type,
    nullable: isNullable(expressions[index] as Expression),
  }))
  return { kind: 'project', input, expressions, schema }
}

/** Without a column list, columns at the end may be left out. */
function checkCount(
  insert: InsertStatement,
  columns: readonly number[],
  count: number,
  extraPosition: number | undefined,
): void {
  if (count > columns.length) {
    throw new SqlError(SqlState.syntaxError, 'INSERT has more expressions than target columns', {
      position: extraPosition || undefined,
    })
  }
  if (count < insert.columns.length) {
    throw new SqlError(SqlState.syntaxError, 'INSERT has more target columns than expressions', {
      position: insert.columns[count]?.position || undefined,
    })
  }
}
