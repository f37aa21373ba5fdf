/** CREATE TABLE: stored rows, changed by INSERT, UPDATE and DELETE. */

import { bindTableDefinition } from '../../planner/bind/bind.ts'
import type { TableDefinition } from '../../planner/bind/bound-statement.ts'
import type { Relation, RelationId, RelationKind } from '../../planner/catalog.ts'
import { notSupported } from '../../planner/errors.ts'
import type { CreateTableStatement } from '../../planner/sql/ast.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { definitionOptions } from './bind-options.ts'
import type { DdlScope, NewName } from './ddl.ts'
import { ddl, inSteps, newName } from './ddl.ts'

export function planCreateTable(statement: CreateTableStatement, planning: Planning): PlannedStatement {
  if (statement.temporary) throw notSupported('CREATE TEMPORARY TABLE')
  if (statement.options.some(option => option.name.toLowerCase() === 'connector')) {
    throw notSupported('CREATE TABLE with a connector', {
      hint: 'Use CREATE SOURCE, and CREATE MATERIALIZED VIEW to store its rows.',
    })
  }
  const { table, ifNotExists } = statement
  return ddl('CREATE TABLE', planning, async scope => {
    const name = newName(scope, 'relation', table, ifNotExists, table.position)
    if (name === undefined) return
    const { catalog, session, searchPath, database } = scope
    const options = definitionOptions(session, searchPath)
    const definition = await inSteps(scope, bindTableDefinition(statement, catalog, options))
    const relation = storedRelation(scope, name, 'table', definition)
    database.engine.createTable(relation)
    database.store.put({ kind: 'relation', object: relation, owner: undefined, connector: undefined })
  })
}

/** The relation of a table or source that was defined column by column. */
export function storedRelation(
  scope: DdlScope,
  { schemaName, name }: NewName,
  kind: RelationKind,
  table: TableDefinition,
): Relation {
  return {
    id: scope.database.store.allocateOid() as RelationId,
    schemaName,
    name,
    kind,
    schema: table.schema,
    primaryKey: table.primaryKey,
    appendOnly: table.appendOnly,
    watermark: table.watermark,
    defaults: table.defaults,
    view: undefined,
    definition: scope.definition,
    dependsOn: [],
  }
}
