/**
 * From a text to a plan, and from a plan to a prepared statement. Where parsing or planning takes long,
 * others have their turns beside it, and a cancel or time-out of the session ends it.
 */

import type { Awaitable } from '../executor/runtime/awaitable.ts'
import { whenReady } from '../executor/runtime/awaitable.ts'
import { throwIfAborted, untilAborted } from '../executor/runtime/cancellation.ts'
import type { MemoryLimit } from '../executor/runtime/memory-limit.ts'
import type { Statement } from '../planner/sql/ast.ts'
import type { ParsedStatement } from '../planner/sql/parse.ts'
import { parse } from '../planner/sql/parse.ts'
import type { Steps } from '../planner/steps.ts'
import { finish } from '../planner/steps.ts'
import type { ActiveStatement } from './active-statement.ts'
import type { Database } from './database.ts'
import { isLong } from './parser/long-texts.ts'
import type { PlanVersion } from './plan-cache.ts'
import { sameVersion } from './plan-cache.ts'
import type { ParameterTypes, PlannedStatement } from './planned-statement.ts'
import { command } from './planned-statement.ts'
import type { StatementParts } from './portal.ts'
import { onlyStatement, SessionStatement } from './portal.ts'
import { PreparedStatements } from './prepared-statements.ts'
import type { ResultSchema } from './session-contract.ts'

/** The session, to its preparation. */
export interface PreparingSession {
  readonly database: Database
  readonly memory: MemoryLimit
  /** What plans depend on, now. */
  version(): PlanVersion
  /** Begins what a cancel and time-outs end. */
  activate(): ActiveStatement
  /** 25P02 in a failed transaction, which the statement does not end. */
  checkNotFailed(statement: Statement): void
  plan(statement: Statement, text: string, types: ParameterTypes): Steps<PlannedStatement>
}

export class StatementPreparation {
  readonly statements: PreparedStatements
  readonly #session: PreparingSession

  constructor(session: PreparingSession) {
    this.#session = session
    this.statements = new PreparedStatements(session.database.limits, session.memory)
  }

  /** A promise for a long text. Throws and rejects as planner/sql/parse.ts does. */
  parse(text: string): Awaitable<readonly ParsedStatement[]> {
    const { longTexts, limits } = this.#session.database
    if (!isLong(text)) return parse(text, limits.statementBytesMax)
    const active = this.#session.activate()
    return longTexts.parse(text, active.signal).finally(() => active.end())
  }

  /** Runs planning. What was planned while the catalog changed is planned again. */
  planned<T>(plan: () => Steps<T>): Awaitable<T> {
    const version = this.#session.version()
    let active: ActiveStatement | undefined
    const steps = untilAborted(plan(), () => active?.signal)
    const planned = this.#session.database.engine.createSlicer().run(steps)
    if (!(planned instanceof Promise)) return planned
    active = this.#session.activate()
    const { signal } = active
    const checked = planned.then(made => {
      throwIfAborted(signal)
      return sameVersion(version, this.#session.version()) ? made : finish(plan())
    })
    return checked.finally(() => active?.end())
  }

  /** The protocol's Parse. */
  prepareText(name: string, text: string, types: ParameterTypes): Awaitable<SessionStatement> {
    if (name === '') this.statements.close('')
    const version = this.#session.version()
    const cached = this.#session.database.planCache.get(text, types, version)
    if (cached === undefined) {
      return whenReady(this.parse(text), parsed => {
        return this.#prepareParsed(name, text, onlyStatement(parsed), types)
      })
    }
    const { statement, plan } = cached
    this.#session.checkNotFailed(statement)
    const planWith = (declared: ParameterTypes) => this.#planText(text, statement, declared)
    return this.#add({ name, text, statement, plan, planWith, types, version })
  }

  #prepareParsed(
    name: string,
    text: string,
    statement: Statement | undefined,
    types: ParameterTypes,
  ): Awaitable<SessionStatement> {
    if (statement === undefined) {
      const empty = { plan: undefined, planWith: undefined, version: this.#session.version() }
      return this.#add({ name, text, statement, types, ...empty })
    }
    this.#session.checkNotFailed(statement)
    const planWith = (declared: ParameterTypes) => this.#planText(text, statement, declared)
    return this.#addPlanned({ name, text, statement, planWith, types })
  }

  /** SQL's PREPARE. */
  async prepareStatement(
    name: string,
    statement: Statement,
    text: string,
    types: ParameterTypes,
  ): Promise<void> {
    const planWith = (declared: ParameterTypes) => this.#session.plan(statement, text, declared)
    await this.#addPlanned({ name, text, statement, planWith, types })
  }

  /** The plan for the present catalog; undefined for empty text. */
  currentPlan(prepared: SessionStatement): Awaitable<PlannedStatement | undefined> {
    const plan = prepared.planFor(this.#session.version())
    return plan ?? this.planned(() => prepared.current(this.#session.version()))
  }

  /** Result columns of what EXECUTE runs; undefined also when there is no such statement. */
  fields(name: string): ResultSchema | undefined {
    return this.statements.has(name) ? this.statements.get(name).fields : undefined
  }

  /** What EXECUTE runs. */
  *executed(name: string): Steps<PlannedStatement> {
    return (yield* this.statements.get(name).current(this.#session.version())) ?? emptyStatement
  }

  /** Plans the text, unless it is planned already. */
  *#planText(text: string, statement: Statement, types: ParameterTypes): Steps<PlannedStatement> {
    const version = this.#session.version()
    const { planCache } = this.#session.database
    const cached = planCache.get(text, types, version)
    if (cached !== undefined) return cached.plan
    const plan = yield* this.#session.plan(statement, text, types)
    planCache.set(text, types, version, { statement, plan })
    return plan
  }

  #addPlanned(
    parts: Omit<StatementParts, 'planWith' | 'plan' | 'version'> & {
      readonly planWith: (types: ParameterTypes) => Steps<PlannedStatement>
    },
  ): Awaitable<SessionStatement> {
    const planned = this.planned(() => parts.planWith(parts.types))
    return whenReady(planned, plan => this.#add({ ...parts, plan, version: this.#session.version() }))
  }

  #add(parts: StatementParts): SessionStatement {
    const made = new SessionStatement(parts)
    this.statements.add(made)
    return made
  }
}

/** What EXECUTE runs of a statement whose text was empty. */
const emptyStatement = command(() => 'EXECUTE')
