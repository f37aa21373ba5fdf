/** DROP of everything: one statement for all kinds, as in PostgreSQL, with its messages. */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { DropObject, DropStatement, TableName } from '../../planner/sql/ast.ts'
import { checkOwner, checkSchemaOwner } from '../auth/check-access.ts'
import type { CatalogObject } from '../catalog/catalog-object.ts'
import { objectKindName } from '../catalog/catalog-object.ts'
import { systemSchemas } from '../catalog/catalog-store.ts'
import type { DropPlan } from '../catalog/dependencies.ts'
import { planDrop as planDependencies, planSchemaDrop } from '../catalog/dependencies.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import type { DdlScope } from './ddl.ts'
import { ddl, wrongKind } from './ddl.ts'

export function planDrop(statement: DropStatement, planning: Planning): PlannedStatement {
  const kind = statement.object.replace('_', ' ')
  if (statement.object === 'index') throw notSupported('DROP INDEX')
  return ddl(`DROP ${kind.toUpperCase()}`, planning, async scope => {
    if (statement.object === 'schema') return dropSchemas(statement, scope)
    const targets = statement.names.flatMap(name => findTarget(statement, name, kind, scope) ?? [])
    if (targets.length === 0) return
    await dropObjects(scope, planDependencies(scope.catalog, targets, statement.cascade, scope.searchPath))
  })
}

async function dropSchemas(statement: DropStatement, scope: DdlScope): Promise<void> {
  for (const { name } of statement.names) {
    if (systemSchemas.includes(name)) {
      const message = `cannot drop schema ${name} because it is required by the database system`
      throw new SqlError(SqlState.dependentObjectsStillExist, message)
    }
    if (!scope.catalog.hasSchema(name)) {
      if (!statement.ifExists) throw missingSchema(name)
      skipNotice(scope, `schema "${name}" does not exist, skipping`)
      continue
    }
    checkSchemaOwner(scope.session, name)
    await dropObjects(
      scope,
      planSchemaDrop(
        scope.database.catalog,
        { targets: [], schemas: [name] },
        statement.cascade,
        scope.searchPath,
      ),
    )
    scope.database.store.removeSchema(name)
  }
}

/** The catalog forgets first, so that nothing new is planned on what the engine is about to free. */
export async function dropObjects({ database, session, catalog }: DdlScope, plan: DropPlan): Promise<void> {
  const entries = plan.ids.flatMap(id => catalog.object(id) ?? [])
  database.store.remove(plan.ids)
  if (plan.notice !== undefined) session.notice(plan.notice)
  const stored = entries.filter(isEngineObject).map(entry => entry.object.id)
  await database.dropFromEngine(stored)
  for (const entry of entries) {
    if (entry.kind === 'model') await database.models.drop(entry.object.name, entry.object.version)
  }
}

function isEngineObject(entry: CatalogObject): boolean {
  return entry.kind === 'sink' || (entry.kind === 'relation' && entry.object.kind !== 'view')
}

/** undefined when it does not exist and IF EXISTS says that this is fine. */
function findTarget(
  { object, ifExists }: DropStatement,
  { schemaName, name }: TableName,
  kind: string,
  scope: DdlScope,
): CatalogObject | undefined {
  if (schemaName !== undefined && !scope.catalog.hasSchema(schemaName)) {
    if (!ifExists) throw missingSchema(schemaName)
    skipNotice(scope, `schema "${schemaName}" does not exist, skipping`)
    return undefined
  }
  const space = object === 'sink' || object === 'model' ? object : 'relation'
  const found = scope.catalog.find(space, schemaName, name, scope.searchPath)
  if (found === undefined) {
    if (!ifExists) throw missingObject(object, kind, name)
    skipNotice(scope, `${kind} "${name}" does not exist, skipping`)
    return undefined
  }
  if (objectKindName(found) === kind) {
    checkOwner(scope.session, found)
    return found
  }
  throw objectKindName(found) === 'system' ? systemRelation(name) : wrongKind(found, kind)
}

function missingObject(object: DropObject, kind: string, name: string): SqlError {
  const code = object === 'sink' || object === 'model' ? SqlState.undefinedObject : SqlState.undefinedTable
  return new SqlError(code, `${kind} "${name}" does not exist`)
}

function missingSchema(name: string): SqlError {
  return new SqlError(SqlState.invalidSchemaName, `schema "${name}" does not exist`)
}

function systemRelation(name: string): SqlError {
  return new SqlError(SqlState.insufficientPrivilege, `permission denied: "${name}" is a system relation`)
}

function skipNotice(scope: DdlScope, message: string): void {
  scope.session.notice({ severity: 'NOTICE', code: SqlState.successfulCompletion, message })
}
