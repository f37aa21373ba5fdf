/** DESCRIBE and SHOW CREATE. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Field } from '../../planner/schema.ts'
import { field } from '../../planner/schema.ts'
import type { DropObject, TableName } from '../../planner/sql/ast.ts'
import { boolType, formatType, textType } from '../../planner/types.ts'
import type { CatalogObject } from '../catalog/catalog-object.ts'
import { displayName, objectKindName } from '../catalog/catalog-object.ts'
import { shownDefinition } from '../catalog/shown-definition.ts'
import type { Execution, PlannedStatement } from '../planned-statement.ts'
import { valuesStatement } from '../value-rows.ts'

const columnSchema = [
  field('name', textType),
  field('type', textType),
  field('nullable', boolType),
  field('key', textType),
]

export function planDescribe(table: TableName): PlannedStatement {
  return valuesStatement(
    columnSchema,
    () => 'DESCRIBE',
    execution => {
      const entry = findObject('relation', table, execution)
      if (entry?.kind !== 'relation') {
        throw new SqlError(SqlState.undefinedTable, `relation "${table.name}" does not exist`)
      }
      const { schema, primaryKey } = entry.object
      return schema.map((column, index) => describeColumn(column, primaryKey.includes(index)))
    },
  )
}

function describeColumn(
  { name, type, nullable }: Field,
  isKey: boolean,
): readonly [string, string, boolean, string] {
  return [name, formatType(type), nullable, isKey ? 'primary key' : '']
}

const createSchema = [field('name', textType), field('create_sql', textType)]

export function planShowCreate(object: DropObject, table: TableName): PlannedStatement {
  const kind = object.replace('_', ' ')
  const space = object === 'sink' || object === 'model' ? object : 'relation'
  return valuesStatement(
    createSchema,
    () => 'SHOW CREATE',
    execution => {
      const entry = findObject(space, table, execution)
      if (entry === undefined) {
        const code = space === 'relation' ? SqlState.undefinedTable : SqlState.undefinedObject
        throw new SqlError(code, `${kind} "${table.name}" does not exist`)
      }
      if (objectKindName(entry) !== kind) {
        throw new SqlError(SqlState.wrongObjectType, `"${table.name}" is not a ${kind}`)
      }
      return [[displayName(entry.object, execution.session.searchPath), shownDefinition(entry)]]
    },
  )
}

function findObject(
  kind: CatalogObject['kind'],
  { schemaName, name }: TableName,
  { session }: Execution,
): CatalogObject | undefined {
  return session.database.catalog.find(kind, schemaName, name, session.searchPath)
}
