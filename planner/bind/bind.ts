/**
 * The binder's entry points: syntax trees and a catalog snapshot to plans and definitions in which every name
 * is an index and every expression has a type. A statement's parameters are inferred while it is bound.
 */

import type { Catalog } from '../catalog.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { Expression as BoundExpression } from '../expression.ts'
import type {
  CopyStatement,
  CreateSourceStatement,
  CreateTableStatement,
  DeleteStatement,
  Expression,
  InsertStatement,
  SelectStatement,
  UpdateStatement,
} from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { DataType } from '../types.ts'
import { bindAll } from './binder.ts'
import type { QueryBinder } from './bound-query.ts'
import type { BoundDml, TableDefinition, ViewDefinition } from './bound-statement.ts'
import { tryCoerce, typeName } from './coerce.ts'
import type { BoundCopyFrom } from './copy-from.ts'
import { bindCopyFrom } from './copy-from.ts'
import { bindDelete } from './delete.ts'
import { expressionBinder } from './expression.ts'
import { bindInsert } from './insert.ts'
import { refuseInnerLocks } from './locking.ts'
import { bindSelectStatement } from './query.ts'
import { emptyScope } from './scope.ts'
import type { BindOptions } from './statement-context.ts'
import { StatementContext } from './statement-context.ts'
import { defineTable } from './table-definition.ts'
import { bindUpdate } from './update.ts'
import type { ViewSyntax } from './view-definition.ts'
import { defineView } from './view-definition.ts'

export type DmlStatement = SelectStatement | InsertStatement | UpdateStatement | DeleteStatement

/** SELECT, VALUES, INSERT, UPDATE, DELETE. */
export function* bindDml(statement: DmlStatement, catalog: Catalog, options: BindOptions): Steps<BoundDml> {
  const query = rootQuery(catalog, options)
  switch (statement.kind) {
    case 'select':
      return yield* finishQuery(statement, query)
    case 'insert':
      return { ...(yield* bindInsert(query, statement)), parameterTypes: query.statement.parameters.finish() }
    case 'update':
      return { ...(yield* bindUpdate(query, statement)), parameterTypes: query.statement.parameters.finish() }
    case 'delete':
      return { ...(yield* bindDelete(query, statement)), parameterTypes: query.statement.parameters.finish() }
  }
}

/** A query on its own: as bindDml, typed more closely. */
export function bindQuery(
  statement: SelectStatement,
  catalog: Catalog,
  options: BindOptions,
): Steps<BoundDml & { readonly kind: 'query' }> {
  return finishQuery(statement, rootQuery(catalog, options))
}

function* finishQuery(
  statement: SelectStatement,
  query: QueryBinder,
): Steps<BoundDml & { readonly kind: 'query' }> {
  const { plan, origins, locks } = yield* bindSelectStatement(statement, query)
  const parameterTypes = query.statement.parameters.finish()
  return { kind: 'query', query: { plan, emit: { kind: 'update' } }, origins, locks, parameterTypes }
}

/** COPY of a table's columns FROM the client. */
export function bindCopy(
  { from, where }: CopyStatement & { readonly from: { readonly kind: 'relation' } },
  catalog: Catalog,
  options: BindOptions,
): Steps<BoundCopyFrom> {
  return bindCopyFrom(rootQuery(catalog, withoutParameters(options)), from.table, from.columns, where)
}

/** CREATE TABLE and CREATE SOURCE. */
export function bindTableDefinition(
  statement: CreateTableStatement | CreateSourceStatement,
  catalog: Catalog,
  options: BindOptions,
): Steps<TableDefinition> {
  return defineTable(rootQuery(catalog, withoutParameters(options)).statement, statement)
}

/**
 * CREATE [MATERIALIZED] VIEW, CREATE TABLE AS, and the query of a sink or subscription (which has no
 * `table`).
 */
export function bindViewDefinition(
  view: ViewSyntax,
  catalog: Catalog,
  options: BindOptions,
): Steps<ViewDefinition> {
  return defineView(rootQuery(catalog, withoutParameters(options)), view)
}

/** The arguments of EXECUTE, converted to the statement's parameter types; they read nothing. */
export function* bindExecuteArguments(
  args: readonly Expression[],
  types: readonly DataType[],
  catalog: Catalog,
  options: BindOptions,
): Steps<readonly BoundExpression[]> {
  const { statement } = rootQuery(catalog, withoutParameters(options))
  const binder = expressionBinder(
    statement,
    emptyScope,
    'aggregate functions are not allowed in EXECUTE parameters',
  )
  const bound = yield* bindAll(binder, args)
  return bound.map((argument, index) => {
    const type = types[index] ?? argument.type
    const converted = tryCoerce(statement, argument, type, 'assignment')
    if (converted !== undefined) return converted
    throw new SqlError(
      SqlState.datatypeMismatch,
      `parameter $${index + 1} of type ${typeName(argument.type)}` +
        ` cannot be coerced to the expected type ${typeName(type)}`,
      {
        position: statement.locationOf(argument),
        hint: 'You will need to rewrite or cast the expression.',
      },
    )
  })
}

/** What stays in the catalog has no parameters. */
function withoutParameters(options: BindOptions): BindOptions {
  return { ...options, parameterTypes: undefined }
}

function rootQuery(catalog: Catalog, options: BindOptions): QueryBinder {
  const statement = new StatementContext(catalog, options, (inner, binder) => {
    refuseInnerLocks(inner)
    return bindSelectStatement(inner, binder)
  })
  return { statement, commonTables: [], hidden: [], keepUnknown: false }
}
