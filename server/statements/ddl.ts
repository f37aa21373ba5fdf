/**
 * What statements that change the catalog share. They run one at a time, are bound against the catalog as it
 * is when their turn comes, and are not transactional: in a Query with several statements each takes effect
 * by itself.
 */

import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import type { Awaitable } from '../../executor/runtime/awaitable.ts'
import { untilAborted } from '../../executor/runtime/cancellation.ts'
import type { JobOptions } from '../../executor/runtime/engine-contract.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Option, TableName } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import { adoptNew } from '../auth/adopt-new.ts'
import { checkSchema } from '../auth/check-access.ts'
import { currentRole } from '../auth/current-role.ts'
import type { CatalogObject } from '../catalog/catalog-object.ts'
import { objectKindName } from '../catalog/catalog-object.ts'
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.ts'
import { creationSchema } from '../catalog/catalog-store.ts'
import type { Database } from '../database.ts'
import type { Execution, PlannedStatement, Planning, SessionAccess } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'
import { refuseReadOnly } from './transaction.ts'

export interface DdlScope {
  readonly database: Database
  readonly session: SessionAccess
  readonly catalog: CatalogSnapshot
  readonly searchPath: readonly string[]
  readonly signal: AbortSignal
  readonly context: EvaluationContext
  /** The statement as SHOW CREATE shows it. */
  readonly definition: string
}

/** A catalog-changing statement; `tag` is its command tag. */
export function ddl(
  tag: string,
  planning: Planning,
  run: (scope: DdlScope) => Promise<void>,
): PlannedStatement {
  return command(async execution => {
    const { session, signal } = execution
    refuseReadOnly(session, tag)
    refuseInTransaction(session, tag)
    if (session.transaction.hasWrites) await session.commit()
    await session.database.ddl(signal, () => runAs(scopeOf(planning, execution), run))
    return tag
  })
}

/** What the statement made belongs to the role that it ran as, also when it failed half way. */
async function runAs(scope: DdlScope, run: (scope: DdlScope) => Promise<void>): Promise<void> {
  const role = currentRole(scope.session)
  try {
    await run(scope)
  } finally {
    adoptNew(scope.database.store, scope.catalog, role)
  }
}

function scopeOf({ text }: Planning, { session, signal, context }: Execution): DdlScope {
  const { database, searchPath } = session
  const definition = text.trim().replace(/\s*;\s*$/, '')
  return { database, session, catalog: database.catalog, searchPath, signal, context, definition }
}

/** Planning what the statement makes, with turns for others. */
export function inSteps<T>({ database, signal }: DdlScope, steps: Steps<T>): Awaitable<T> {
  return database.engine.createSlicer().run(untilAborted(steps, () => signal))
}

/** 25001 inside BEGIN … COMMIT. */
export function refuseInTransaction(session: SessionAccess, tag: string): void {
  if (!session.transaction.isBlock) return
  throw new SqlError(SqlState.activeSqlTransaction, `${tag} cannot run inside a transaction block`)
}

/** A name that CREATE may use. */
export interface NewName {
  readonly schemaName: string
  readonly name: string
}

/**
 * The schema and name of a new object; undefined when it exists and IF NOT EXISTS says that this is fine.
 * `position`: what a denied schema points to.
 */
export function newName(
  scope: DdlScope,
  kind: CatalogObject['kind'],
  table: TableName,
  ifNotExists: boolean,
  position?: number,
): NewName | undefined {
  const schemaName = creationSchema(scope.catalog, table.schemaName, scope.searchPath)
  checkSchema(scope.catalog, currentRole(scope.session), schemaName, 'CREATE', position)
  const existing = scope.catalog.find(kind, schemaName, table.name, [])
  if (existing === undefined) return { schemaName, name: table.name }
  const message = `${kind} "${table.name}" already exists`
  const code = kind === 'relation' ? SqlState.duplicateTable : SqlState.duplicateObject
  if (!ifNotExists) throw new SqlError(code, message)
  scope.session.notice({ severity: 'NOTICE', code, message: `${message}, skipping` })
  return undefined
}

/** WITH (…) options by lower-case name; 42601 when one is given twice or has no value. */
export function optionMap(options: readonly Option[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  for (const { name, value, list, position } of options) {
    const key = name.toLowerCase()
    if (map.has(key)) {
      throw new SqlError(SqlState.syntaxError, `option "${name}" is given more than once`, { position })
    }
    const text = value ?? list?.join(',')
    if (text === undefined) {
      throw new SqlError(SqlState.syntaxError, `option "${name}" needs a value`, { position })
    }
    map.set(key, text)
  }
  return map
}

/** Settings, time zone and notices of the session go with the job that it creates. */
export function jobOptions(scope: DdlScope, name: string): JobOptions {
  return {
    name,
    context: { ...scope.context, effects: undefined, onError: () => {} },
    onNotice: notice => {
      scope.session.notice(notice)
      scope.database.onProgress?.({ name, message: notice.message })
    },
    signal: scope.signal,
  }
}

/** 42809: the object has that name but is of another kind. */
export function wrongKind(entry: CatalogObject, wanted: string): SqlError {
  const actual = objectKindName(entry)
  const article = /^[aeiou]/.test(wanted) ? 'an' : 'a'
  return new SqlError(SqlState.wrongObjectType, `"${entry.object.name}" is not ${article} ${wanted}`, {
    hint: `Use DROP ${actual.toUpperCase()} to remove ${/^[aeiou]/.test(actual) ? 'an' : 'a'} ${actual}.`,
  })
}
