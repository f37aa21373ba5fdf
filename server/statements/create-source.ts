/** CREATE SOURCE: rows that a connector brings in. They are not stored; views over them are. */

import type { SourceDefinition } from '../../connectors/connector.ts'
import { onErrorPolicy } from '../../connectors/options.ts'
import { createSource } from '../../connectors/registry.ts'
import { orAborted } from '../../executor/runtime/cancellation.ts'
import { bindTableDefinition } from '../../planner/bind/bind.ts'
import type { TableDefinition } from '../../planner/bind/bound-statement.ts'
import type { Relation, RelationId } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { field } from '../../planner/schema.ts'
import type { CreateSourceStatement } from '../../planner/sql/ast.ts'
import { byteaType, int4Type, int8Type, textType, timestamptzType } from '../../planner/types.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { definitionOptions } from './bind-options.ts'
import { storedRelation } from './create-table.ts'
import type { DdlScope, NewName } from './ddl.ts'
import { ddl, inSteps, newName, optionMap } from './ddl.ts'

export function planCreateSource(statement: CreateSourceStatement, planning: Planning): PlannedStatement {
  return ddl('CREATE SOURCE', planning, async scope => {
    const name = newName(scope, 'relation', statement.table, statement.ifNotExists)
    if (name !== undefined) await createNamedSource(statement, scope, name)
  })
}

async function createNamedSource(
  statement: CreateSourceStatement,
  scope: DdlScope,
  name: NewName,
): Promise<void> {
  const { catalog, session, searchPath, database } = scope
  const options = definitionOptions(session, searchPath)
  const table = await inSteps(scope, bindTableDefinition(statement, catalog, options))
  const definition = sourceDefinition(statement, name.name, table)
  const keepsDeadLetters = onErrorPolicy(definition.options) === 'dead_letter'
  const relation: Relation = {
    ...storedRelation(scope, name, 'source', table),
    // Nothing keeps the keys of plain records unique.
    primaryKey: table.appendOnly ? [] : table.primaryKey,
  }
  const deadLetters = keepsDeadLetters ? deadLetterTable(scope, relation) : undefined
  const source = createSource(definition)
  try {
    await orAborted(source.validate(), scope.signal)
  } catch (error) {
    await source.close()
    throw error
  }
  if (deadLetters !== undefined) database.engine.createTable(deadLetters)
  try {
    const { watermark } = relation
    database.engine.createSource(relation, source, { watermark, deadLetters: deadLetters?.id })
  } catch (error) {
    await database.dropFromEngine(deadLetters === undefined ? [] : [deadLetters.id])
    await source.close()
    throw error
  }
  const connector = definition.options.get('connector')
  database.store.put({ kind: 'relation', object: relation, owner: undefined, connector })
  if (deadLetters !== undefined) {
    database.store.put({ kind: 'relation', object: deadLetters, owner: relation.id, connector: undefined })
  }
}

function sourceDefinition(
  statement: CreateSourceStatement,
  name: string,
  table: TableDefinition,
): SourceDefinition {
  const { format } = statement
  return {
    name,
    schema: table.schema,
    options: optionMap(statement.options),
    format: format && { row: format.format, encode: format.encode, options: optionMap(format.options) },
    includes: table.includes,
    primaryKey: table.primaryKey,
  }
}

/** `<source>_dead_letters`: records that could not be decoded, with where they are and why. */
function deadLetterTable(scope: DdlScope, source: Relation): Relation {
  const name = `${source.name}_dead_letters`
  if (scope.catalog.findRelation(source.schemaName, name, []) !== undefined) {
    throw new SqlError(SqlState.duplicateTable, `relation "${name}" already exists`, {
      detail: `on_error = 'dead_letter' creates it for source "${source.name}".`,
    })
  }
  return {
    id: scope.database.store.allocateOid() as RelationId,
    schemaName: source.schemaName,
    name,
    kind: 'table',
    schema: [
      field('topic', textType),
      field('partition', int4Type),
      field('offset', int8Type),
      field('bytes', byteaType),
      field('error', textType),
      field('received', timestamptzType),
    ],
    primaryKey: [],
    appendOnly: false,
    watermark: undefined,
    defaults: [undefined, undefined, undefined, undefined, undefined, undefined],
    view: undefined,
    definition: scope.definition,
    dependsOn: [],
  }
}
