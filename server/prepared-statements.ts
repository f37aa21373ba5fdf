/** The prepared statements of a session, of SQL's PREPARE and the protocol's Parse alike. */

import { type MemoryLimit, MemoryShare } from '../executor/runtime/memory-limit.ts'
import { SqlError, SqlState } from '../planner/errors.ts'
import type { DatabaseLimits } from './database-limits.ts'
import type { SessionStatement } from './portal.ts'

/**
 * What a statement takes in memory, for each byte of its text, and besides: measured with lists of values,
 * columns and conditions.
 */
const BYTES_PER_TEXT = 40
const STATEMENT_BYTES = 4096

export class PreparedStatements {
  readonly #limits: DatabaseLimits
  readonly #statements = new Map<string, SessionStatement>()
  /** Of the texts of all. */
  #bytes = 0
  readonly #memory: MemoryShare

  constructor(limits: DatabaseLimits, memory: MemoryLimit) {
    this.#limits = limits
    this.#memory = new MemoryShare(memory)
  }

  /**
   * The unnamed statement ('') is replaced; 42P05 for any other name that is taken, 54000 when there are too
   * many, 53200 when all sessions together hold too much.
   */
  add(statement: SessionStatement): void {
    this.checkFree(statement.name)
    const bytes = textBytes(statement)
    const { preparedBytesMax } = this.#limits
    if (statement.name !== '' && this.#bytes + bytes > preparedBytesMax) {
      throw tooMany(
        `the texts of prepared statements are too long (at most ${preparedBytesMax} bytes in a session)`,
      )
    }
    this.close(statement.name)
    this.#memory.hold(bytesOf(this.#statements.size + 1, this.#bytes + bytes))
    this.#statements.set(statement.name, statement)
    this.#bytes += bytes
  }

  checkFree(name: string): void {
    if (name === '') return
    if (this.#statements.has(name)) {
      throw new SqlError(SqlState.duplicatePreparedStatement, `prepared statement "${name}" already exists`)
    }
    const { preparedStatementsMax } = this.#limits
    if (this.#statements.size >= preparedStatementsMax) {
      throw tooMany(`too many prepared statements (at most ${preparedStatementsMax} in a session)`)
    }
  }

  /** 26000 when there is none. */
  get(name: string): SessionStatement {
    const statement = this.#statements.get(name)
    if (statement !== undefined) return statement
    throw new SqlError(
      SqlState.invalidSqlStatementName,
      name === ''
        ? 'unnamed prepared statement does not exist'
        : `prepared statement "${name}" does not exist`,
    )
  }

  has(name: string): boolean {
    return this.#statements.has(name)
  }

  close(name: string): void {
    const statement = this.#statements.get(name)
    if (statement === undefined) return
    this.#bytes -= textBytes(statement)
    this.#statements.delete(name)
    this.#memory.hold(bytesOf(this.#statements.size, this.#bytes))
  }

  /** Those with a name. */
  closeAll(): void {
    for (const name of this.#statements.keys()) if (name !== '') this.close(name)
  }
}

function textBytes({ text }: SessionStatement): number {
  return Buffer.byteLength(text)
}

function bytesOf(statements: number, textsBytes: number): number {
  return statements * STATEMENT_BYTES + textsBytes * BYTES_PER_TEXT
}

function tooMany(message: string): SqlError {
  return new SqlError(SqlState.programLimitExceeded, message, {
    hint: 'Use DEALLOCATE to free those that are no longer used.',
  })
}
