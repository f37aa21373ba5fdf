/** CREATE [OR REPLACE] VIEW: a named query, put in the place of every scan of it. */

import { bindViewDefinition } from '../../planner/bind/bind.ts'
import type { Relation, RelationId } from '../../planner/catalog.ts'
import { notSupported } from '../../planner/errors.ts'
import type { CreateViewStatement } from '../../planner/sql/ast.ts'
import { AccessRecorder, checkOwner } from '../auth/check-access.ts'
import type { CatalogObject } from '../catalog/catalog-object.ts'
import { dependenciesOf } from '../catalog/catalog-object.ts'
import { creationSchema } from '../catalog/catalog-store.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { definitionOptions } from './bind-options.ts'
import type { DdlScope, NewName } from './ddl.ts'
import { ddl, inSteps, newName, wrongKind } from './ddl.ts'

export function planCreateView(statement: CreateViewStatement, planning: Planning): PlannedStatement {
  if (statement.temporary) throw notSupported('CREATE TEMPORARY VIEW')
  return ddl('CREATE VIEW', planning, async scope => {
    const replaced = statement.orReplace ? existingView(statement, scope) : undefined
    const name: NewName | undefined = replaced?.object ?? newName(scope, 'relation', statement.table, false)
    if (name === undefined) return
    const { catalog, session, searchPath, database } = scope
    const access = new AccessRecorder(catalog, session)
    const options = definitionOptions(session, searchPath)
    const view = await inSteps(scope, bindViewDefinition(statement, access, options))
    const relation: Relation = {
      id: (replaced?.object.id ?? database.store.allocateOid()) as RelationId,
      schemaName: name.schemaName,
      name: name.name,
      kind: 'view',
      schema: view.schema,
      primaryKey: [],
      appendOnly: false,
      watermark: undefined,
      defaults: [],
      view: view.query,
      definition: scope.definition,
      dependsOn: view.dependsOn,
    }
    const made = { kind: 'relation', object: relation, owner: undefined, connector: undefined } as const
    database.store.put({ ...made, reads: access.reads() })
  })
}

/** The view to replace. Plans of what reads it contain its query, so nothing may read it. */
function existingView(
  { table }: CreateViewStatement,
  { catalog, session, searchPath }: DdlScope,
): CatalogObject | undefined {
  const schemaName = creationSchema(catalog, table.schemaName, searchPath)
  const existing = catalog.find('relation', schemaName, table.name, [])
  if (existing === undefined) return undefined
  if (existing.kind !== 'relation' || existing.object.kind !== 'view') throw wrongKind(existing, 'view')
  checkOwner(session, existing)
  if (catalog.objects().some(entry => dependenciesOf(entry).includes(existing.object.id))) {
    throw notSupported(`CREATE OR REPLACE of view "${table.name}", on which other objects depend,`)
  }
  return existing
}
