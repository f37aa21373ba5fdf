/** Prepared statements and portals of a session. The session runs them; these hold what they are. */

import type { SqlValue } from '../executor/expression/evaluation-context.ts'
import { SqlError, SqlState } from '../planner/errors.ts'
import type { Statement } from '../planner/sql/ast.ts'
import type { DataType } from '../planner/types.ts'
import { sameType } from '../planner/types.ts'
import type { PlannedStatement } from './planned-statement.ts'
import type { Portal, PreparedStatement, ResultSchema, StatementResult } from './session-contract.ts'

export const PREPARED_STATEMENTS_MAX = 1000
export const PORTALS_MAX = 256

/** A parsed and planned statement. `statement` is undefined for empty text. */
export class SessionStatement implements PreparedStatement {
  readonly name: string
  readonly text: string
  readonly statement: Statement | undefined
  readonly parameterTypes: readonly DataType[]
  readonly fields: ResultSchema | undefined
  #plan: PlannedStatement | undefined
  #epoch: number
  #searchPath: readonly string[]

  constructor(
    name: string,
    text: string,
    statement: Statement | undefined,
    plan: PlannedStatement | undefined,
    version: { readonly epoch: number; readonly searchPath: readonly string[] },
  ) {
    this.name = name
    this.text = text
    this.statement = statement
    this.parameterTypes = plan?.parameterTypes ?? []
    this.fields = plan?.fields
    this.#plan = plan
    this.#epoch = version.epoch
    this.#searchPath = version.searchPath
  }

  get isEmpty(): boolean {
    return this.statement === undefined
  }

  /**
   * The plan for the present catalog and search path; `replan` makes a new one. 0A000 when its result columns are no
   * longer those that the client was told of.
   */
  current(
    version: { readonly epoch: number; readonly searchPath: readonly string[] },
    replan: (statement: SessionStatement) => PlannedStatement,
  ): PlannedStatement | undefined {
    if (this.#plan === undefined) return undefined
    if (this.#epoch === version.epoch && sameNames(this.#searchPath, version.searchPath)) return this.#plan
    const plan = replan(this)
    if (!sameColumns(this.fields, plan.fields)) {
      throw new SqlError(SqlState.featureNotSupported, 'cached plan must not change result type')
    }
    this.#plan = plan
    this.#epoch = version.epoch
    this.#searchPath = version.searchPath
    return plan
  }
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return (
    left === right || (left.length === right.length && left.every((name, index) => name === right[index]))
  )
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

/** A statement with its parameters. `start` runs it; the result is kept for later Executes. */
export class SessionPortal implements Portal {
  readonly name: string
  readonly statement: SessionStatement
  readonly parameters: readonly SqlValue[]
  readonly #start: (portal: SessionPortal, isLast: boolean) => Promise<StatementResult>
  #result: StatementResult | undefined

  constructor(
    name: string,
    statement: SessionStatement,
    parameters: readonly SqlValue[],
    start: (portal: SessionPortal, isLast: boolean) => Promise<StatementResult>,
  ) {
    this.name = name
    this.statement = statement
    this.parameters = parameters
    this.#start = start
  }

  get fields(): ResultSchema | undefined {
    return this.statement.fields
  }

  get isEmpty(): boolean {
    return this.statement.isEmpty
  }

  async execute(isLast = false): Promise<StatementResult> {
    this.#result ??= await this.#start(this, isLast)
    return this.#result
  }

  close(): void {
    if (this.#result?.kind === 'rows' || this.#result?.kind === 'copy_out') this.#result.rows.close()
  }
}
