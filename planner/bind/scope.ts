/**
 * The names that expressions can use: tables for `t.x`, columns for plain `x` (in the order of `*`). A scope
 * belongs to one plan node's rows; a column is an expression over such a row, usually a column index, for
 * USING sometimes a cast.
 */

import type { Relation } from '../catalog.ts'
import type { Expression } from '../expression.ts'
import { mapChildren } from '../expression-tree.ts'
import type { Schema } from '../schema.ts'
import type { ColumnOrigin } from './bound-statement.ts'

/** One item of FROM. */
export interface RangeTable {
  /** Alias, or the relation's name; undefined for a subquery without alias. */
  readonly name: string | undefined
  /** Of an unaliased relation, which may also be written with its schema. */
  readonly schemaName: string | undefined
  /** Of an aliased one: its real name, for hints. */
  readonly aliasOf: string | undefined
  readonly relation: Relation | undefined
}

export interface ScopeColumn {
  readonly name: string
  readonly expression: Expression
  readonly origin: ColumnOrigin
  readonly table: RangeTable
}

export interface ScopeTable {
  readonly table: RangeTable
  readonly columns: readonly ScopeColumn[]
}

export interface Scope {
  readonly tables: readonly ScopeTable[]
  readonly columns: readonly ScopeColumn[]
  /** Items of FROM that stand beside but cannot be read from here. */
  readonly hidden: readonly ScopeTable[]
  /** The 0A000 message for any column, where the clause can have none at all. */
  readonly columnError?: string | undefined
}

export const emptyScope: Scope = { tables: [], columns: [], hidden: [] }

/** The scope of one FROM item whose rows have `schema`, with renamed columns where the alias has a list. */
export function tableScope(
  table: RangeTable,
  schema: Schema,
  names: readonly string[],
  origins: readonly ColumnOrigin[],
): Scope {
  const columns = schema.map(
    (field, index): ScopeColumn => ({
      name: names[index] ?? field.name,
      expression: { kind: 'column', index, type: field.type, nullable: field.nullable },
      origin: origins[index],
      table,
    }),
  )
  return { tables: [{ table, columns }], columns, hidden: [] }
}

/** Both scopes side by side; their columns must already be over the common row. */
export function joinScopes(left: Scope, right: Scope): Scope {
  return {
    tables: [...left.tables, ...right.tables],
    columns: [...left.columns, ...right.columns],
    hidden: [...new Set([...left.hidden, ...right.hidden])],
  }
}

/**
 * The scope over a wider row in which its columns start at `offset`; `nullable` for the outer side of a join.
 */
export function shiftScope(scope: Scope, offset: number, nullable: boolean): Scope {
  if (offset === 0 && !nullable) return scope
  const shifted = new Map<ScopeColumn, ScopeColumn>()
  const shift = (column: ScopeColumn): ScopeColumn => {
    let result = shifted.get(column)
    if (result === undefined) {
      result = { ...column, expression: shiftExpression(column.expression, offset, nullable) }
      shifted.set(column, result)
    }
    return result
  }
  return {
    tables: scope.tables.map(item => ({ table: item.table, columns: item.columns.map(shift) })),
    columns: scope.columns.map(shift),
    hidden: scope.hidden,
  }
}

function shiftExpression(expression: Expression, offset: number, nullable: boolean): Expression {
  if (expression.kind !== 'column') {
    return mapChildren(expression, child => shiftExpression(child, offset, nullable))
  }
  return { ...expression, index: expression.index + offset, nullable: expression.nullable || nullable }
}
