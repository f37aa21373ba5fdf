/** The table that INSERT, UPDATE and DELETE change, and what they share. */

import type { Relation } from '../catalog.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import type { Field, Schema } from '../schema.ts'
import { field } from '../schema.ts'
import type { ColumnName, Target as SyntaxTarget, TableName } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { isNullable } from './aggregate.ts'
import type { QueryBinder } from './bound-query.ts'
import type { Returning } from './bound-statement.ts'
import { tryCoerce, typeName } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import { findRelation } from './from.ts'
import { refuseModelCall } from './model-call.ts'
import type { Scope } from './scope.ts'
import { tableScope } from './scope.ts'
import type { StatementContext } from './statement-context.ts'
import { bindTargets, settleTarget, targetField } from './target-list.ts'

export type Verb = 'insert into' | 'update' | 'delete from'

/** 42809 and the like for what is no table. */
export function findWriteTarget(query: QueryBinder, name: TableName, verb: Verb): Relation {
  const relation = findRelation(query, name)
  switch (relation.kind) {
    case 'table':
      if (relation.appendOnly && verb !== 'insert into') {
        throw new SqlError(SqlState.wrongObjectType, `cannot ${verb} append-only table "${relation.name}"`)
      }
      return relation
    case 'materialized_view':
      throw new SqlError(SqlState.wrongObjectType, `cannot change materialized view "${relation.name}"`)
    case 'view':
      throw new SqlError(SqlState.objectNotInPrerequisiteState, `cannot ${verb} view "${relation.name}"`, {
        detail: 'Views are not updatable.',
      })
    case 'source':
      throw new SqlError(SqlState.wrongObjectType, `cannot ${verb} source "${relation.name}"`, {
        hint: 'Its rows come from the connector alone.',
      })
    case 'system':
      throw new SqlError(
        SqlState.insufficientPrivilege,
        `permission denied: "${relation.name}" is a system catalog`,
      )
  }
}

/** The table's columns by their names, under the alias if there is one. */
export function writeScope(table: Relation, alias: string | undefined): Scope {
  const range = {
    name: alias ?? table.name,
    schemaName: alias === undefined ? table.schemaName : undefined,
    aliasOf: alias === undefined ? undefined : table.name,
    relation: table,
  }
  const origins = table.schema.map((_, index) => ({ relation: table, attribute: index + 1 }))
  return tableScope(range, table.schema, [], origins)
}

/** Column index of a column to write; 42703 when there is none. */
export function findColumn(table: Relation, { name, position }: ColumnName): number {
  const index = table.schema.findIndex(column => column.name === name)
  if (index !== -1) return index
  throw new SqlError(
    SqlState.undefinedColumn,
    `column "${name}" of relation "${table.name}" does not exist`,
    { position: position || undefined },
  )
}

/** The value as the column stores it; 42804 when no assignment cast exists. */
export function assign(statement: StatementContext, value: Expression, column: Field): Expression {
  const converted = tryCoerce(statement, value, column.type, 'assignment')
  if (converted !== undefined) return converted
  throw new SqlError(
    SqlState.datatypeMismatch,
    `column "${column.name}" is of type ${typeName(column.type)}` +
      ` but expression is of type ${typeName(value.type)}`,
    {
      position: statement.locationOf(value),
      hint: 'You will need to rewrite or cast the expression.',
    },
  )
}

/** What a column gets that is not given: its default, or NULL. */
export function defaultOf(table: Relation, index: number): Expression {
  const type = table.schema[index]?.type ?? { kind: 'text' as const }
  return table.defaults[index] ?? { kind: 'literal', text: null, type, position: undefined }
}

/** Names of the table, nullability of the values: NOT NULL is checked when they are stored. */
export function rowSchema(table: Relation, rows: readonly (readonly Expression[])[]): Schema {
  return table.schema.map(({ name, type }, index) =>
    field(
      name,
      type,
      rows.some(row => isNullable(row[index] as Expression)),
    ),
  )
}

export function* bindReturning(
  query: QueryBinder,
  table: Relation,
  alias: string | undefined,
  targets: readonly SyntaxTarget[],
): Steps<Returning | undefined> {
  if (targets.length === 0) return undefined
  const scope = writeScope(table, alias)
  const binder = expressionBinder(query.statement, scope, 'aggregate functions are not allowed in RETURNING')
  const bound = yield* bindTargets(binder, targets)
  for (const target of bound) {
    settleTarget(query.statement, target)
    refuseModelCall(target.expression, 'RETURNING')
  }
  return {
    expressions: bound.map(target => target.expression),
    schema: bound.map(targetField),
    origins: bound.map(target => target.origin),
  }
}
