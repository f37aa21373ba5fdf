/** Column definitions and table constraints of CREATE TABLE and CREATE SOURCE. */

import type { ColumnDef, Constraint, Node } from 'libpg-query'
import { must } from '../assert.ts'
import { notSupported } from '../errors.ts'
import type { ColumnDefinition, TableConstraint } from './ast.ts'
import { type ConvertContext, contentOf, convertTypeName, stringsOf, tagOf } from './convert-context.ts'
import { convertExpression, optionalExpression } from './convert-expression.ts'

export function convertColumnDefinition(value: ColumnDef, context: ConvertContext): ColumnDefinition {
  const constraints = (value.constraints ?? []).map(node => {
    return must(contentOf(node, 'Constraint'), 'a column has only constraints')
  })
  const first = (type: Constraint['contype']) => constraints.find(constraint => constraint.contype === type)
  const has = (type: Constraint['contype']) => first(type) !== undefined
  return {
    name: value.colname ?? '',
    type: convertTypeName(must(value.typeName, 'a column has a type'), context),
    notNull: has('CONSTR_NOTNULL') || value.is_not_null === true,
    primaryKey: has('CONSTR_PRIMARY'),
    unique: has('CONSTR_UNIQUE'),
    default: optionalExpression(first('CONSTR_DEFAULT')?.raw_expr, context),
    generated: optionalExpression(first('CONSTR_GENERATED')?.raw_expr, context),
    identity: has('CONSTR_IDENTITY'),
    check: optionalExpression(first('CONSTR_CHECK')?.raw_expr, context),
    references: has('CONSTR_FOREIGN'),
    collation: value.collClause === undefined ? undefined : stringsOf(value.collClause.collname),
    position: context.source.position(value.location),
  }
}

const constraintKinds: Partial<Record<NonNullable<Constraint['contype']>, TableConstraint['kind']>> = {
  CONSTR_PRIMARY: 'primary_key',
  CONSTR_UNIQUE: 'unique',
  CONSTR_CHECK: 'check',
  CONSTR_FOREIGN: 'foreign_key',
  CONSTR_EXCLUSION: 'exclude',
}

/** Splits the elements of a table definition into columns and constraints. */
export function convertTableElements(
  nodes: readonly Node[] | undefined,
  context: ConvertContext,
): { readonly columns: readonly ColumnDefinition[]; readonly constraints: readonly TableConstraint[] } {
  const columns: ColumnDefinition[] = []
  const constraints: TableConstraint[] = []
  for (const node of nodes ?? []) {
    if ('ColumnDef' in node) columns.push(convertColumnDefinition(node.ColumnDef, context))
    else if ('Constraint' in node) constraints.push(tableConstraint(node.Constraint, context))
    else
      throw notSupported(
        tagOf(node) === 'TableLikeClause' ? 'LIKE in a table definition' : 'this table element',
      )
  }
  return { columns, constraints }
}

function tableConstraint(value: Constraint, context: ConvertContext): TableConstraint {
  const position = context.source.position(value.location)
  const kind = constraintKinds[must(value.contype, 'a constraint has a type')]
  if (kind === undefined) throw notSupported('this table constraint', { position })
  return {
    kind,
    name: value.conname,
    columns: stringsOf(value.keys),
    check: value.raw_expr === undefined ? undefined : convertExpression(value.raw_expr, context),
    position,
  }
}
