/** The prepared statements of a session, of SQL's PREPARE and the protocol's Parse alike. */

import { SqlError, SqlState } from '../planner/errors.ts'
import { PREPARED_STATEMENTS_MAX, type SessionStatement } from './portal.ts'

export class PreparedStatements {
  readonly #statements = new Map<string, SessionStatement>()

  /**
   * The unnamed statement ('') is replaced; 42P05 for any other name that is taken, 54000 when there are too
   * many.
   */
  add(statement: SessionStatement): void {
    this.checkFree(statement.name)
    this.#statements.set(statement.name, statement)
  }

  checkFree(name: string): void {
    if (name === '') return
    if (this.#statements.has(name)) {
      throw new SqlError(SqlState.duplicatePreparedStatement, `prepared statement "${name}" already exists`)
    }
    if (this.#statements.size >= PREPARED_STATEMENTS_MAX) {
      throw new SqlError(
        SqlState.programLimitExceeded,
        `too many prepared statements (at most ${PREPARED_STATEMENTS_MAX} in a session)`,
        { hint: 'Use DEALLOCATE to free those that are no longer used.' },
      )
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
    this.#statements.delete(name)
  }

  closeAll(): void {
    this.#statements.clear()
  }
}
