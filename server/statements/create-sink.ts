/** CREATE SINK: a streaming job whose changes a connector carries out. */

import type { FormatDefinition } from '../../connectors/connector.ts'
import { createSink } from '../../connectors/registry.ts'
import { orAborted } from '../../executor/runtime/cancellation.ts'
import type { RelationId } from '../../planner/catalog.ts'
import { notSupported } from '../../planner/errors.ts'
import type { CreateSinkStatement } from '../../planner/sql/ast.ts'
import { checkNeeds } from '../auth/check-access.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import type { DdlScope, NewName } from './ddl.ts'
import { ddl, inSteps, jobOptions, newName, optionMap } from './ddl.ts'
import { streamingPlan } from './query.ts'
import { bindSubject } from './subject.ts'

export function planCreateSink(statement: CreateSinkStatement, planning: Planning): PlannedStatement {
  if (statement.into !== undefined) throw notSupported('CREATE SINK INTO a table')
  return ddl('CREATE SINK', planning, async scope => {
    const name = newName(scope, 'sink', statement.table, statement.ifNotExists)
    if (name !== undefined) await createNamedSink(statement, scope, name)
  })
}

async function createNamedSink(
  statement: CreateSinkStatement,
  scope: DdlScope,
  { schemaName, name }: NewName,
): Promise<void> {
  const { database } = scope
  const subject = await inSteps(scope, bindSubject(statement.from, statement.emit, scope))
  checkNeeds(scope.session, subject.needs)
  const plan = await inSteps(scope, streamingPlan(subject.query))
  const { uniqueKey, appendOnly } = plan.properties
  const options = optionMap(statement.options)
  const sink = createSink({ name, options, format: formatOf(statement) })
  await orAborted(sink.validate({ schema: plan.schema, key: uniqueKey, appendOnly }), scope.signal)
  const id = database.store.allocateOid()
  await database.engine.createSink(id as RelationId, plan, sink, jobOptions(scope, name))
  const connector = options.get('connector') ?? ''
  const { definition } = scope
  const object = { id, schemaName, name, connector, definition, dependsOn: subject.dependsOn }
  database.store.put({ kind: 'sink', object })
}

function formatOf({ format }: CreateSinkStatement): FormatDefinition | undefined {
  if (format === undefined) return undefined
  return { row: format.format, encode: format.encode, options: optionMap(format.options) }
}
