/** The prepared statements of a session, of SQL's PREPARE and the protocol's Parse alike. */

import { SqlError, SqlState } from '../planner/errors.ts'
import type { DatabaseLimits } from './database-limits.ts'
import type { SessionStatement } from './portal.ts'

export class PreparedStatements {
  readonly #limits: DatabaseLimits
  readonly #statements = new Map<string, SessionStatement>()
  /** Of the texts of all. */
  #bytes = 0

  constructor(limits: DatabaseLimits) {
    this.#limits = limits
  }

  /**
   * The unnamed statement ('') is replaced; 42P05 for any other name that is taken, 54000 when there are too
   * many.
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
  }

  /** Those with a name. */
  closeAll(): void {
    for (const name of this.#statements.keys()) if (name !== '') this.close(name)
  }
}

function textBytes({ text }: SessionStatement): number {
  return Buffer.byteLength(text)
}

function tooMany(message: string): SqlError {
  return new SqlError(SqlState.programLimitExceeded, message, {
    hint: 'Use DEALLOCATE to free those that are no longer used.',
  })
}
