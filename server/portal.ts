/** Prepared statements and portals of a session. The session runs them; these hold what they are. */

import type { SqlValue } from '../executor/expression/evaluation-context.ts'
import type { Awaitable } from '../executor/runtime/awaitable.ts'
import type { MemoryLimit } from '../executor/runtime/memory-limit.ts'
import { notSupported, SqlError, SqlState } from '../planner/errors.ts'
import type { Statement } from '../planner/sql/ast.ts'
import type { ParsedStatement } from '../planner/sql/parse.ts'
import type { Steps } from '../planner/steps.ts'
import type { DataType } from '../planner/types.ts'
import { sameType, typeFromOid, unknownType } from '../planner/types.ts'
import { type PlanVersion, sameVersion } from './plan-cache.ts'
import type { ParameterTypes, PlannedStatement } from './planned-statement.ts'
import { QueryCursor } from './query-cursor.ts'
import type { Portal, PreparedStatement, ResultSchema, StatementResult } from './session-contract.ts'

type RowsResult = StatementResult & { readonly kind: 'rows' }

/** What a prepared statement is made of. */
export interface StatementParts {
  readonly name: string
  readonly text: string
  /** undefined for empty text. */
  readonly statement: Statement | undefined
  /** undefined for empty text. */
  readonly plan: PlannedStatement | undefined
  readonly planWith: ((types: ParameterTypes) => Steps<PlannedStatement>) | undefined
  readonly types: ParameterTypes
  /** What the plan was made for. */
  readonly version: PlanVersion
}

/** A parsed and planned statement. `statement` is undefined for empty text. */
export class SessionStatement implements PreparedStatement {
  readonly name: string
  readonly text: string
  readonly statement: Statement | undefined
  readonly parameterTypes: readonly DataType[]
  readonly #planWith: StatementParts['planWith']
  #plan: PlannedStatement | undefined
  #version: PlanVersion

  constructor({ name, text, statement, plan, planWith, types, version }: StatementParts) {
    this.name = name
    this.text = text
    this.statement = statement
    this.#planWith = planWith
    this.#plan = plan
    const used = plan?.parameterTypes ?? []
    // What a statement does not use can be bound all the same.
    this.parameterTypes = [...used, ...types.slice(used.length).map(type => type ?? unknownType)]
    this.#version = version
  }

  get fields(): ResultSchema | undefined {
    return this.#plan?.fields
  }

  get isEmpty(): boolean {
    return this.statement === undefined
  }

  /** The plan, if it is for this catalog and search path; undefined for empty text as well. */
  planFor(version: PlanVersion): PlannedStatement | undefined {
    return sameVersion(this.#version, version) ? this.#plan : undefined
  }

  /**
   * The plan for the present catalog and search path, made again when they changed. 0A000 when its result
   * columns are no longer those that the client was told of.
   */
  *current(version: PlanVersion): Steps<PlannedStatement | undefined> {
    if (this.#planWith === undefined || sameVersion(this.#version, version)) return this.#plan
    const plan = yield* this.#planWith(this.parameterTypes)
    checkColumns(this.fields, plan.fields)
    this.#plan = plan
    this.#version = version
    return plan
  }
}

/** 0A000 when the result columns are not those that the client was told of. */
export function checkColumns(told: ResultSchema | undefined, fields: ResultSchema | undefined): void {
  if (sameColumns(told, fields)) return
  throw new SqlError(SqlState.featureNotSupported, 'cached plan must not change result type', {
    routine: 'RevalidateCachedQuery',
  })
}

function sameColumns(left: ResultSchema | undefined, right: ResultSchema | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return (
    left.schema.length === right.schema.length &&
    left.schema.every((field, index) => {
      const other = right.schema[index]!
      return field.name === other.name && sameType(field.type, other.type)
    })
  )
}

/** The session, to its portals. */
export interface PortalRunner {
  start(portal: SessionPortal, isLast: boolean): Awaitable<StatementResult>
  /** 25P02 in a failed transaction, which the statement of the portal does not end. */
  checkMayRun(portal: SessionPortal): void
  /** Of the session. */
  memory(): MemoryLimit
}

/**
 * A statement with its parameters. The runner runs it; the result is kept for later Executes. Where rows are
 * taken in parts it is a cursor, which SQL's FETCH and MOVE move as well.
 */
export class SessionPortal implements Portal {
  readonly name: string
  attachment: unknown
  readonly statement: SessionStatement
  readonly parameters: readonly SqlValue[]
  readonly #runner: PortalRunner
  #isStarted = false
  #result: StatementResult | undefined
  #cursor: QueryCursor | undefined

  constructor(
    name: string,
    statement: SessionStatement,
    parameters: readonly SqlValue[],
    runner: PortalRunner,
  ) {
    this.name = name
    this.statement = statement
    this.parameters = parameters
    this.#runner = runner
  }

  get fields(): ResultSchema | undefined {
    return this.statement.fields
  }

  get isEmpty(): boolean {
    return this.statement.isEmpty
  }

  /** Its statement was started and has not answered, as when that is a CLOSE of this portal. */
  get isRunning(): boolean {
    return this.#isStarted && this.#result === undefined
  }

  execute(isLast = false, rowsMax = 0): Awaitable<StatementResult> {
    if (this.#result !== undefined) return this.#continue(this.#resumable(this.#result), rowsMax)
    const started = this.#start(isLast)
    if (started instanceof Promise) return started.then(result => this.#continue(result, rowsMax))
    return this.#continue(started, rowsMax)
  }

  #continue(result: StatementResult, rowsMax: number): Awaitable<StatementResult> {
    this.#result = result
    if (result.kind !== 'rows' || result.live === true) return result
    if (rowsMax === 0 && this.#cursor === undefined) return result
    const count = rowsMax === 0 ? Number.POSITIVE_INFINITY : rowsMax
    const fetched = this.#cursorOver(result).fetch({ direction: 'forward', count }, undefined)
    return fetched.then(rows => ({ ...result, rows }))
  }

  /** For FETCH and MOVE; starts the statement. */
  async cursor(): Promise<QueryCursor> {
    this.#result ??= await this.#start(false)
    const result = this.#resumable(this.#result)
    if (result.kind !== 'rows' || result.live === true) throw notSupported(`FETCH from portal "${this.name}"`)
    return this.#cursorOver(result)
  }

  /** 55000 when it was started before: it failed, or its own statement asks for its rows. */
  #start(isLast: boolean): Awaitable<StatementResult> {
    if (this.#isStarted) throw this.#cannotRun()
    this.#isStarted = true
    return this.#runner.start(this, isLast)
  }

  /** 55000 for what ran once and for all. */
  #resumable(result: StatementResult): StatementResult {
    this.#runner.checkMayRun(this)
    if (result.kind === 'rows' || result.kind === 'empty') return result
    throw this.#cannotRun()
  }

  #cannotRun(): SqlError {
    return new SqlError(SqlState.objectNotInPrerequisiteState, `portal "${this.name}" cannot be run`)
  }

  #cursorOver({ fields, rows }: RowsResult): QueryCursor {
    const kinds = { isHeld: false, isBinary: false, scroll: false }
    const options = { ...kinds, keptBytesMax: 0, memory: this.#runner.memory() }
    this.#cursor ??= new QueryCursor(this.name, fields, rows, options)
    return this.#cursor
  }

  close(): void {
    this.#cursor?.close()
    if (this.#result?.kind === 'rows' || this.#result?.kind === 'copy_out') this.#result.rows.close()
  }
}

/** 42601 for more than one; undefined for empty text. */
export function onlyStatement(parsed: readonly ParsedStatement[]): Statement | undefined {
  if (parsed.length > 1) {
    throw new SqlError(SqlState.syntaxError, 'cannot insert multiple commands into a prepared statement')
  }
  return parsed[0]?.statement
}

/** 0 and unknown (705) = infer. */
export function parameterType(oid: number): DataType | undefined {
  if (oid === 0 || oid === 705) return undefined
  const type = typeFromOid(oid)
  if (type === undefined) {
    throw new SqlError(SqlState.undefinedObject, `type with OID ${oid} does not exist`)
  }
  return type
}
