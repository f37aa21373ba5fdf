/**
 * CREATE MATERIALIZED VIEW: a streaming job. Returns when the view holds everything that existed at the call.
 */

import { bindViewDefinition } from '../../planner/bind/bind.ts'
import type { Relation, RelationId } from '../../planner/catalog.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { CreateMaterializedViewStatement } from '../../planner/sql/ast.ts'
import { AccessRecorder, checkNeeds } from '../auth/check-access.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { definitionOptions } from './bind-options.ts'
import { ddl, inSteps, jobOptions, newName } from './ddl.ts'
import { streamingPlan } from './query.ts'

export function planCreateMaterializedView(
  statement: CreateMaterializedViewStatement,
  planning: Planning,
): PlannedStatement {
  if (!statement.withData) throw notSupported('WITH NO DATA')
  checkOptions(statement)
  return ddl('CREATE MATERIALIZED VIEW', planning, async scope => {
    const name = newName(scope, 'relation', statement.table, statement.ifNotExists)
    if (name === undefined) return
    const { catalog, session, searchPath, database } = scope
    const access = new AccessRecorder(catalog, session)
    const options = definitionOptions(session, searchPath)
    const view = await inSteps(scope, bindViewDefinition(statement, access, options))
    checkNeeds(session, access.reads())
    const plan = await inSteps(scope, streamingPlan(view.query))
    const relation: Relation = {
      id: database.store.allocateOid() as RelationId,
      schemaName: name.schemaName,
      name: name.name,
      kind: 'materialized_view',
      schema: view.schema,
      primaryKey: plan.properties.uniqueKey ?? [],
      appendOnly: plan.properties.appendOnly,
      watermark: undefined,
      changes: plan.properties,
      defaults: [],
      view: undefined,
      definition: scope.definition,
      dependsOn: view.dependsOn,
    }
    await database.engine.createMaterializedView(relation, plan, jobOptions(scope, name.name))
    database.store.put({ kind: 'relation', object: relation, owner: undefined, connector: undefined })
  })
}

/** RisingWave's backfill and parallelism knobs mean nothing here; what would change results is refused. */
function checkOptions({ options }: CreateMaterializedViewStatement): void {
  for (const { name, position } of options) {
    const key = name.toLowerCase()
    if (key === 'allowed_lateness' || key === 'late_rows')
      throw notSupported(`option "${name}"`, { position })
    if (!/^(streaming_parallelism|backfill_rate_limit|source_rate_limit|parallelism)$/.test(key)) {
      throw new SqlError(SqlState.invalidParameterValue, `unknown option "${name}"`, { position })
    }
  }
}
