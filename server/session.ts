/**
 * A session: SQL's side of a connection. It parses and plans statements, keeps the transaction, prepared
 * statements, portals and cursors, and runs one statement at a time. server/pgwire and the embedded API are
 * its callers.
 *
 * A statement that is a transaction of its own commits before its end is reported, so that a conflict is an
 * error of that statement. In a longer implicit transaction the writes wait for the last statement, or for
 * Sync.
 */

import type { EvaluationContext, SqlValue } from '../executor/expression/evaluation-context.ts'
import type { Awaitable } from '../executor/runtime/awaitable.ts'
import { whenReady } from '../executor/runtime/awaitable.ts'
import { throwIfAborted } from '../executor/runtime/cancellation.ts'
import type { TableChange } from '../executor/runtime/engine-contract.ts'
import type { MemoryLimit } from '../executor/runtime/memory-limit.ts'
import type { Relation } from '../planner/catalog.ts'
import type { Notice } from '../planner/errors.ts'
import { SqlError, SqlState } from '../planner/errors.ts'
import type { Statement } from '../planner/sql/ast.ts'
import type { Steps } from '../planner/steps.ts'
import { ActiveStatement, observeResult } from './active-statement.ts'
import { mayUseSchema } from './auth/check-access.ts'
import type { Login } from './auth/session-identity.ts'
import { SessionIdentity } from './auth/session-identity.ts'
import { cursorPortal } from './cursor-portal.ts'
import { CursorTable } from './cursor-table.ts'
import type { Database } from './database.ts'
import { listenerOwner } from './listener-owner.ts'
import { sessionMemory, transactionMemory } from './memory-limits.ts'
import { Listener } from './notifications.ts'
import type { PlanVersion } from './plan-cache.ts'
import type {
  ParameterTypes,
  PlannedStatement,
  PreparedStatementTable,
  SessionAccess,
  SessionMark,
} from './planned-statement.ts'
import type { PortalRunner } from './portal.ts'
import { parameterType, SessionPortal, SessionStatement } from './portal.ts'
import type { QueryPart } from './query-parts.ts'
import { knownPart, newParts, planPart } from './query-parts.ts'
import { SessionActivity } from './session-activity.ts'
import type {
  Notification,
  Portal,
  PreparedStatement,
  Session,
  StatementResult,
  TransactionStatus,
} from './session-contract.ts'
import { effectsOn } from './session-effects.ts'
import { endlessResult, failedTransaction } from './session-errors.ts'
import { SessionSettings } from './settings/session-settings.ts'
import { StatementPreparation } from './statement-preparation.ts'
import { planStatement } from './statements/plan-statement.ts'
import { addWrite } from './statements/table-writes.ts'
import type { FinishedTransaction, ImplicitBlock } from './transaction.ts'
import { Transaction } from './transaction.ts'

export interface SessionOptions {
  readonly login: Login
  readonly processId: number
  readonly settings: Iterable<readonly [string, string]>
  /** IP address; undefined over a Unix socket and for embedded sessions. */
  readonly clientAddress: string | undefined
}

export class DatabaseSession implements Session, SessionAccess {
  readonly processId: number
  readonly clientAddress: string | undefined
  readonly identity: SessionIdentity
  readonly database: Database
  readonly settings: SessionSettings
  readonly memory: MemoryLimit
  readonly transaction: Transaction<SessionMark>
  readonly cursors: CursorTable
  readonly activity = new SessionActivity()
  onNotice: ((notice: Notice) => void) | undefined
  onTerminated: ((error: SqlError) => void) | undefined
  readonly preparedStatements: PreparedStatementTable
  readonly #preparation: StatementPreparation
  #active: ActiveStatement | undefined
  #spareController: AbortController | undefined
  readonly #closing = new AbortController()
  readonly #listener: Listener
  readonly #effects = effectsOn(this)

  constructor(database: Database, options: SessionOptions) {
    this.database = database
    this.processId = options.processId
    this.clientAddress = options.clientAddress
    const isReady = () => this.#active === undefined && this.transaction.isIdle
    const { limits } = database
    this.#listener = new Listener(listenerOwner(this, isReady), limits.notificationBytesMax)
    this.memory = sessionMemory(database.memory)
    this.transaction = new Transaction(transactionMemory(limits, this.memory))
    this.cursors = new CursorTable(limits)
    this.identity = new SessionIdentity(() => database.catalog.roles, options.login)
    this.settings = new SessionSettings(options.settings, database.sessionFacts(options), this.identity)
    this.#preparation = new StatementPreparation({
      database,
      memory: this.memory,
      version: () => this.#version(),
      activate: () => this.#activate(),
      checkNotFailed: statement => this.#checkNotFailed(statement),
      plan: (statement, text, types) => this.plan(statement, text, types),
    })
    this.preparedStatements = {
      prepare: (name, statement, text, types) => {
        return this.#preparation.prepareStatement(name, statement, text, types)
      },
      current: name => this.#preparation.executed(name),
      has: name => this.#preparation.statements.has(name),
      fields: name => this.#preparation.fields(name),
      close: name => this.#preparation.statements.close(name),
      closeAll: () => this.#preparation.statements.closeAll(),
    }
  }

  get transactionStatus(): TransactionStatus {
    return this.transaction.status
  }

  /** Without the schemas that the current role may not look into. */
  get searchPath(): readonly string[] {
    const path = this.settings.searchPath()
    const role = this.identity.role(this.settings.currentUser)
    if (role === undefined || role.superuser) return path
    const { catalog } = this.database
    return path.filter(name => mayUseSchema(catalog, role, name, 'USAGE'))
  }

  get onParameterStatus(): ((name: string, value: string) => void) | undefined {
    return this.settings.onReport
  }

  set onParameterStatus(listener: ((name: string, value: string) => void) | undefined) {
    this.settings.onReport = listener
  }

  get listeningChannels(): readonly string[] {
    return [...this.#listener.channels]
  }

  get onNotification(): ((notification: Notification) => number) | undefined {
    return this.#listener.onNotification
  }

  set onNotification(listener: ((notification: Notification) => number) | undefined) {
    this.#listener.onNotification = listener
  }

  setting(name: string): string {
    return this.settings.get(name)
  }

  milliseconds(name: string): number {
    return this.settings.milliseconds(name)
  }

  async *simpleQuery(text: string): AsyncGenerator<StatementResult> {
    this.activity.begin(text)
    this.#preparation.statements.close('')
    this.closePortal('')
    let isComplete = false
    try {
      const known = knownPart(text, this, this.#version())
      const found = known === undefined ? this.#newParts(text) : [known]
      const parts = found instanceof Promise ? await found : found
      for (const [index, part] of parts.entries()) {
        if (part.statement.kind === 'subscribe') throw endlessResult()
        this.#beginStatement(part.statement, parts.length > 1 ? 'query' : undefined)
        const isLast = index === parts.length - 1
        const planned = this.#preparation.planned(() => planPart(part, this, this.#version()))
        const { plan, values } = planned instanceof Promise ? await planned : planned
        yield await this.#run(plan, values, isLast)
      }
      isComplete = true
    } finally {
      if (!isComplete) this.fail()
      this.#endActive()
      if (!this.transaction.isBlock && !this.transaction.isIdle) await this.commit()
      this.#listener.flush()
      this.activity.end()
    }
  }

  #newParts(text: string): Awaitable<QueryPart[]> {
    return whenReady(this.#preparation.parse(text), parsed => newParts(text, parsed))
  }

  prepare(name: string, text: string, parameterOids: readonly number[]): Awaitable<SessionStatement> {
    const types = parameterOids.map(parameterType)
    return this.#preparation.prepareText(name, text, types)
  }

  preparedStatement(name: string): PreparedStatement {
    return this.#preparation.statements.get(name)
  }

  describeStatement(name: string): Awaitable<PreparedStatement> {
    const statement = this.#preparation.statements.get(name)
    if (statement.fields === undefined) return statement
    if (this.transaction.isFailed) throw failedTransaction()
    return whenReady(this.#preparation.currentPlan(statement), () => statement)
  }

  closePreparedStatement(name: string): void {
    this.#preparation.statements.close(name)
  }

  bind(
    name: string,
    statement: PreparedStatement,
    parameters: () => readonly SqlValue[],
  ): Awaitable<SessionPortal> {
    if (!(statement instanceof SessionStatement)) throw new TypeError('a prepared statement of this session')
    this.#checkNotFailed(statement.statement)
    this.cursors.makeRoom(name)
    const values = parameters()
    return whenReady(this.#preparation.currentPlan(statement), () => {
      const portal = new SessionPortal(name, statement, values, this.#portalRunner)
      this.cursors.addPortal(portal)
      return portal
    })
  }

  portal(name: string): Portal {
    const found = this.cursors.find(name)
    if (found === undefined) {
      throw new SqlError(SqlState.invalidCursorName, `portal "${name}" does not exist`)
    }
    if (found instanceof SessionPortal) return found
    return cursorPortal(found, async (plan, isLast) => this.#run(plan, [], isLast))
  }

  describePortal(name: string): Portal {
    const portal = this.portal(name)
    if (portal.fields !== undefined && this.transaction.isFailed) throw failedTransaction()
    return portal
  }

  closePortal(name: string): void {
    this.cursors.closePortal(name)
  }

  suspend(): void {
    this.#active?.end()
  }

  sync(): Promise<void> | undefined {
    this.#endActive()
    this.activity.end()
    if (this.transaction.isBlock) return undefined
    const committed = this.transaction.isIdle ? undefined : this.commit()
    if (committed !== undefined) return committed.then(() => this.#synced())
    this.#synced()
    return undefined
  }

  #synced(): void {
    this.cursors.closePortals()
    this.#listener.flush()
  }

  fail(): void {
    this.#endActive()
    this.transaction.fail()
    // As PostgreSQL, which tells the client at once what its settings are again.
    if (!this.transaction.hasSavepoints) this.settings.end(false)
  }

  /** A statement runs, and can be cancelled. */
  get isRunning(): boolean {
    return this.#active?.isRunning === true
  }

  cancel(reason?: Error): void {
    this.#active?.abort(reason)
  }

  /** Ends the session at once; its client is told `error`. */
  terminate(error: SqlError): void {
    if (this.#closing.signal.aborted) return
    this.onTerminated?.(error)
    this.close(error).catch(failure => this.database.reportError(failure))
  }

  /** Aborts when the session ends: for what outlives the statement that started it. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** `reason`: what statements and subscriptions under way reject with; 57014 by default. */
  async close(reason?: Error): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(reason)
    this.cancel(reason)
    this.#endActive()
    this.rollback()
    this.cursors.closeAll()
    this.#preparation.statements.closeAll()
    this.memory.close()
    this.database.notifications.remove(this.#listener)
    this.database.forget(this)
  }

  notice(notice: Notice): void {
    const least = this.settings.get('client_min_messages')
    if (least === 'error' || (least === 'warning' && notice.severity !== 'WARNING')) return
    this.onNotice?.(notice)
  }

  plan(
    statement: Statement,
    text: string,
    parameterTypes: ParameterTypes | undefined,
  ): Steps<PlannedStatement> {
    const { database, searchPath } = this
    const planning = { database, catalog: database.catalog, searchPath, parameterTypes, text, session: this }
    return planStatement(statement, planning)
  }

  commit(): Promise<void> | undefined {
    const held = this.transaction.isFailed ? undefined : this.cursors.hold(this.closing)
    return held === undefined ? this.#finish() : this.#commitHolding(held)
  }

  async #commitHolding(held: Promise<void>): Promise<void> {
    try {
      await held
    } catch (error) {
      this.rollback()
      throw error
    }
    await this.#finish()
  }

  #finish(): Promise<void> | undefined {
    const { isFailed } = this.transaction
    const finished = this.transaction.finish()
    const hasWork = !isFailed && finished.changes.length + finished.actions.length > 0
    if (hasWork) return this.#publish(finished)
    finished.free()
    this.#afterTransaction(!isFailed)
    return undefined
  }

  async #publish({ changes, actions, free, ...conditions }: FinishedTransaction): Promise<void> {
    let isCommitted = false
    try {
      this.database.notifications.checkRoom(actions)
      if (changes.length > 0) await this.database.write(changes, { ...conditions, isChecked: true })
      isCommitted = true
    } finally {
      free()
      this.#afterTransaction(isCommitted)
    }
    this.database.notifications.apply(this.#listener, actions)
  }

  /** A change made without SQL text: applied at once, or held by the open transaction block. */
  async write(table: Relation, change: TableChange): Promise<void> {
    if (this.transaction.isFailed) throw failedTransaction()
    if (this.transaction.isIdle) return this.database.write([change])
    try {
      await addWrite(this, table, [change], this.context([]), this.closing)
    } catch (error) {
      this.fail()
      throw error
    }
  }

  rollback(): void {
    this.transaction.abandon()
    this.#afterTransaction(false)
  }

  mark(): SessionMark {
    const readOnly = this.settings.get('transaction_read_only')
    return { settings: this.settings.mark(), readOnly, cursors: this.cursors.mark() }
  }

  restore(mark: SessionMark): void {
    this.settings.restore(mark.settings)
    this.cursors.closeSince(mark.cursors)
  }

  #afterTransaction(isCommitted: boolean): void {
    this.settings.end(isCommitted)
    this.cursors.endTransaction(isCommitted)
  }

  /** Refuses in a failed transaction; opens the implicit one where several statements belong together. */
  #beginStatement(statement: Statement, partOf: ImplicitBlock | undefined): void {
    this.#checkNotFailed(statement)
    const { isIdle } = this.transaction
    if (statement.kind === 'transaction' || (isIdle && partOf === undefined)) return
    if (isIdle) this.settings.begin()
    this.transaction.beginImplicit(partOf ?? 'pipeline')
  }

  /** `statement` undefined: the empty one. */
  #checkNotFailed(statement: Statement | undefined): void {
    if (!this.transaction.isFailed) return
    if (statement?.kind === 'transaction') {
      const { action } = statement
      if (action === 'commit' || action === 'rollback' || action === 'rollback_to') return
    }
    throw failedTransaction()
  }

  readonly #portalRunner: PortalRunner = {
    start: (portal, isLast) => this.#start(portal, isLast),
    checkMayRun: ({ statement: { statement } }) => {
      if (statement !== undefined) this.#checkNotFailed(statement)
    },
    memory: () => this.memory,
  }

  #start(portal: SessionPortal, isLast: boolean): Awaitable<StatementResult> {
    this.activity.begin(portal.statement.text)
    const statement = portal.statement.statement
    if (statement === undefined) return { kind: 'empty' }
    this.#beginStatement(statement, 'pipeline')
    return whenReady(this.#preparation.currentPlan(portal.statement), plan =>
      plan === undefined ? { kind: 'empty' } : this.#run(plan, portal.parameters, isLast),
    )
  }

  /** Runs a statement to its first row; `isLast` of its implicit transaction: commits at its end. */
  #run(plan: PlannedStatement, parameters: readonly SqlValue[], isLast: boolean): Awaitable<StatementResult> {
    const active = this.#activate()
    const { transaction } = this
    const autocommit = isLast && !transaction.isBlock && !transaction.hasWrites
    const context = this.context(parameters)
    const result = plan.run({ session: this, parameters, context, signal: active.signal, autocommit })
    const end = () => {
      active.end()
      // What others do may go on behind their end.
      if (plan.isShared) this.#spareController = active.spareController
      return isLast && !transaction.isBlock ? this.commit() : undefined
    }
    const observer = {
      begin: () => {
        this.#active = active
        active.begin()
      },
      end,
      fail: () => this.fail(),
      close: () => active.end(),
    }
    if (!(result instanceof Promise)) return observeResult(result, observer)
    return result.then(started => observeResult(started, observer))
  }

  /** Begins what cancel and time-outs end. Rejects what goes on after its session was closed. */
  #activate(): ActiveStatement {
    throwIfAborted(this.#closing.signal)
    this.#endActive()
    const active = new ActiveStatement(this.settings.milliseconds('statement_timeout'), this.#spareController)
    this.#spareController = undefined
    this.#active = active
    active.begin()
    return active
  }

  #endActive(): void {
    this.#active?.end()
    this.#active = undefined
  }

  /** What expressions of a statement that starts now read. */
  context(parameters: readonly SqlValue[]): EvaluationContext {
    const now = this.database.now()
    return {
      timeZone: this.settings.get('TimeZone'),
      transactionTimestamp: this.transaction.isIdle ? now : this.transaction.timestamp(() => now),
      statementTimestamp: now,
      parameters,
      settings: this.settings.asMap(),
      valueBytesMax: this.database.limits.valueBytesMax,
      effects: this.#effects,
      onError: 'throw',
    }
  }

  #version(): PlanVersion {
    return { epoch: this.database.catalog.epoch, searchPath: this.searchPath }
  }
}
