/**
 * The composition root: the one place that knows the parser, the engine, models, the catalog and sessions,
 * and puts them together. The embedded API and the command line both start here.
 */

import type { Logger } from 'pino'
import { buildPipeline } from '../executor/build.ts'
import type { Epoch } from '../executor/operators/operator.ts'
import { orAborted } from '../executor/runtime/cancellation.ts'
import { deferred } from '../executor/runtime/deferred.ts'
import { Engine } from '../executor/runtime/engine.ts'
import type { StreamEngine, TableWrite, WriteOptions } from '../executor/runtime/engine-contract.ts'
import type { MemoryLimit } from '../executor/runtime/memory-limit.ts'
import type { RelationId } from '../planner/catalog.ts'
import { SqlError, SqlState } from '../planner/errors.ts'
import { loadParser } from '../planner/sql/parse.ts'
import { ModelRegistry } from '../udf/onnx/model-registry.ts'
import type { HbaRule, IdentEntry } from './auth/hba.ts'
import type { InitialRole } from './auth/initial-roles.ts'
import { initialRoles } from './auth/initial-roles.ts'
import { loginRole } from './auth/login.ts'
import { ROOT_ROLE_ID } from './auth/role.ts'
import type { Login } from './auth/session-identity.ts'
import type { CatalogSnapshot } from './catalog/catalog-snapshot.ts'
import { CatalogStore } from './catalog/catalog-store.ts'
import { createSystemRelations } from './catalog/system-relations.ts'
import { type DatabaseLimits, databaseLimits } from './database-limits.ts'
import { workMemory } from './memory-limits.ts'
import { NotificationHub } from './notifications.ts'
import { LongTexts } from './parser/long-texts.ts'
import { Authenticator } from './pgwire/authentication.ts'
import { PlanCache } from './plan-cache.ts'
import { DatabaseSession } from './session.ts'
import { findSetting } from './settings/definitions.ts'
import { parseDurationMs } from './settings/setting-values.ts'
import { WriteTurns } from './write-turns.ts'

/** The only database there is. */
export const DATABASE_NAME = 'dev'

export interface DatabaseOptions {
  readonly logger: Logger
  /** What sessions start with, by setting; and epoch_max, which is the engine's. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  readonly limits?: Partial<DatabaseLimits> | undefined
  /** Roles to start with; without them any user may connect, where the host rules trust it. */
  readonly roles?: readonly InitialRole[] | undefined
  /** Who may log in from where and how; the default trusts this machine until there are passwords. */
  readonly hostRules?: readonly HbaRule[] | undefined
  readonly identities?: readonly IdentEntry[] | undefined
}

/** Who connects. `settings` are checked like SET, and errors are FATAL. */
export interface ConnectOptions {
  readonly user: string
  readonly database: string
  readonly settings?: Iterable<readonly [string, string]> | undefined
  readonly clientAddress?: string | undefined
}

export class Database {
  readonly store = new CatalogStore(DATABASE_NAME)
  readonly planCache = new PlanCache()
  readonly notifications = new NotificationHub()
  readonly writeTurns = new WriteTurns()
  readonly models: ModelRegistry
  readonly engine: StreamEngine
  readonly authenticator: Authenticator
  readonly limits: DatabaseLimits
  readonly longTexts: LongTexts
  /** What all sessions hold. */
  readonly memory: MemoryLimit
  readonly logger: Logger
  /** Background failures: sources, sinks and views that stopped. */
  onError: ((error: Error) => void) | undefined
  /** Backfills under way. */
  onProgress: ((progress: { readonly name: string; readonly message: string }) => void) | undefined
  readonly #settings: ReadonlyMap<string, string>
  readonly #sessions = new Set<DatabaseSession>()
  readonly #startedAt = nowMicros()
  #nextProcessId = 1
  /** Settled when the last DDL statement in the queue is done. */
  #ddlTail: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  private constructor(options: DatabaseOptions) {
    this.logger = options.logger
    this.limits = databaseLimits(options.limits)
    this.memory = workMemory(this.limits)
    this.#settings = checkSettings(options.settings ?? {})
    this.models = new ModelRegistry()
    this.authenticator = new Authenticator({
      roles: () => this.catalog.roles,
      rules: options.hostRules,
      identities: options.identities,
      logger: this.logger,
    })
    this.engine = new Engine({
      build: buildPipeline,
      modelScorer: this.models,
      queryMemoryMax: this.limits.queryMemoryMax,
      workMemory: this.memory,
      epochMaxMs: parseDurationMs(this.#settings.get('epoch_max') ?? ''),
      logger: {
        info: (fields, message) => this.logger.info(fields, message),
        warn: (fields, message) => this.logger.warn(fields, message),
        error: (fields, message) => this.#reportError(fields, message),
      },
    })
    this.longTexts = new LongTexts({
      bytesMax: this.limits.statementBytesMax,
      createSlicer: () => this.engine.createSlicer(),
    })
    this.engine.onEpoch = epoch => this.#announceChanges(epoch)
  }

  #announceChanges(epoch: Epoch): void {
    try {
      this.notifications.announceChanges(epoch, view => this.engine.changedAt(view))
    } catch (error) {
      this.#reportError({ error }, 'changes of views could not be announced')
    }
  }

  /** 42704 and 22023 for wrong settings. */
  static async open(options: DatabaseOptions): Promise<Database> {
    await loadParser()
    const database = new Database(options)
    createSystemRelations(database)
    const { store } = database
    store.putRoles(...(await initialRoles(options.roles ?? [], () => store.allocateOid())))
    return database
  }

  #reportError({ error, ...fields }: { readonly error?: unknown }, message: string): void {
    this.logger.error({ ...fields, err: error }, message)
    this.onError?.(error instanceof Error ? error : new Error(message))
  }

  /** A failure that no statement is left to report. */
  reportError(error: unknown): void {
    this.#reportError({ error }, 'a session could not be ended')
  }

  /** Sessions that are open, embedded ones included. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  sessions(): Iterable<DatabaseSession> {
    return this.#sessions
  }

  /** The catalog as it is now. */
  get catalog(): CatalogSnapshot {
    return this.store.snapshot
  }

  /** Microseconds since 1970. */
  now(): bigint {
    return nowMicros()
  }

  /**
   * A new session of a user who is authenticated. 28000 for a role that cannot log in, 53300 for one that
   * has too many sessions, 3D000 for another database than `dev`.
   */
  connect({ user, ...options }: ConnectOptions): DatabaseSession {
    const sessions = [...this.#sessions].map(session => session.identity.login)
    return this.#connect(loginRole(this.catalog.roles, user, sessions), options)
  }

  #connect(login: Login, options: Omit<ConnectOptions, 'user'>): DatabaseSession {
    const { database } = options
    if (this.#closing !== undefined) {
      throw new SqlError(SqlState.cannotConnectNow, 'the database system is shutting down', {
        severity: 'FATAL',
      })
    }
    if (database !== DATABASE_NAME) {
      throw new SqlError(SqlState.invalidCatalogName, `database "${database}" does not exist`, {
        severity: 'FATAL',
        hint: `The only database is "${DATABASE_NAME}".`,
      })
    }
    const session = this.#newSession(login, options)
    this.#sessions.add(session)
    return session
  }

  /** A session for the program that this database is embedded in: a superuser. */
  connectEmbedded(): DatabaseSession {
    return this.#connect({ name: 'millrace', roleId: ROOT_ROLE_ID }, { database: DATABASE_NAME })
  }

  #newSession(login: Login, { settings = [], clientAddress }: Omit<ConnectOptions, 'user'>): DatabaseSession {
    try {
      const given = [...settings]
      for (const [name] of given) refuseFixed(name)
      const processId = this.#nextProcessId++
      const own = [...this.#settingsOf(login), ...given]
      const all = [['session_authorization', login.name] as const, ...this.#settings, ...own]
      return new DatabaseSession(this, { login, processId, settings: all, clientAddress })
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      throw new SqlError(error.code, error.message, { ...error.fields, severity: 'FATAL' })
    }
  }

  /** ALTER ROLE … SET. A role that this one has ceased to be a member of is not taken. */
  #settingsOf({ name, roleId }: Login): ReadonlyMap<string, string> {
    const settings = new Map(this.store.roleSettings.forLogin(roleId))
    const { roles } = this.catalog
    const given = settings.get('role') ?? 'none'
    const [own, target] = [roles.get(roleId), roles.find(given)]
    if (own !== undefined && target !== undefined && roles.isMember(own, target.id)) return settings
    settings.delete('role')
    if (given !== 'none')
      this.logger.warn({ user: name, role: given }, 'no member of the role it is to start as')
    return settings
  }

  /** What functions see of a session besides its settings. */
  sessionFacts({ processId }: { readonly processId: number }): ReadonlyMap<string, string> {
    return new Map([
      ['current_database', DATABASE_NAME],
      ['backend_pid', String(processId)],
      ['postmaster_start_time', String(this.#startedAt)],
    ])
  }

  forget(session: DatabaseSession): void {
    this.#sessions.delete(session)
  }

  /** Runs catalog changes one at a time, in the order they came. An aborted one does not start. */
  async ddl(signal: AbortSignal, run: () => Promise<void>): Promise<void> {
    const before = this.#ddlTail
    const done = deferred<void>()
    this.#ddlTail = before.then(() => done.promise)
    try {
      await orAborted(before, signal)
      await run()
    } finally {
      done.resolve()
    }
  }

  /** Applies a transaction's writes in one epoch; resolves when every view shows them. */
  async write(changes: readonly TableWrite[], options?: WriteOptions): Promise<void> {
    for (const { table } of changes) {
      if (this.catalog.object(table) === undefined) {
        throw new SqlError(SqlState.undefinedTable, `relation with OID ${table} does not exist`)
      }
    }
    await this.engine.write(changes, options)
  }

  async dropFromEngine(ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await this.engine.drop(ids as readonly RelationId[])
  }

  /** Ends all sessions, then the engine. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const reason = new SqlError(SqlState.adminShutdown, 'terminating connection due to administrator command')
    for (const session of this.#sessions) await session.close(reason)
    await this.engine.close()
    await this.models.close()
    await this.longTexts.close()
  }
}

function nowMicros(): bigint {
  return BigInt(Date.now()) * 1000n
}

/** By canonical name, in the form SHOW prints. epoch_max is the only fixed one that may be chosen. */
function checkSettings(settings: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const checked = new Map<string, string>()
  for (const [name, value] of Object.entries(settings)) {
    const definition = findSetting(name)
    if (definition === undefined) {
      throw new SqlError(SqlState.undefinedObject, `unrecognized configuration parameter "${name}"`)
    }
    if (!definition.startOnly) refuseFixed(name)
    checked.set(definition.name, definition.parse(definition.name, value))
  }
  return checked
}

function refuseFixed(name: string): void {
  const definition = findSetting(name)
  if (definition === undefined) return
  if (!definition.fixed && definition.name !== 'session_authorization') return
  throw new SqlError(SqlState.cantChangeRuntimeParam, `parameter "${definition.name}" cannot be changed`)
}
