/**
 * A session of the embedded API: statements by turns on one session, transactions, inserts of whole batches.
 */

import type { RecordBatch, Table } from 'apache-arrow'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Schema } from '../../planner/schema.ts'
import type { DatabaseSession } from '../session.ts'
import type { StatementResult } from '../session-contract.ts'
import { endlessResult } from '../session-errors.ts'
import type { InsertRows } from './insert.ts'
import { insertRows } from './insert.ts'
import type { QueryResult, RowOptions } from './results.ts'
import { collectBatches, collectResult } from './results.ts'
import { Runner } from './runner.ts'
import { toSql } from './sql-values.ts'

export interface QueryOptions extends RowOptions {
  /** Cancels the statement; it rejects with code 57014. */
  readonly signal?: AbortSignal | undefined
}

/** What runs statements: a database, a session, a transaction. */
export interface Queryable {
  /**
   * One statement; `$1` … are `params`. Rejects with an Error that has PostgreSQL's fields (code, position,
   * detail …).
   */
  query<Row = Record<string, unknown>>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<QueryResult<Row>>
  /** Any number of statements without parameters, in one implicit transaction; a result for each. */
  exec(text: string, options?: QueryOptions): Promise<QueryResult[]>
  /** A statement with its values as parameters, never spliced into its text. */
  sql<Row = Record<string, unknown>>(
    strings: TemplateStringsArray,
    ...values: readonly unknown[]
  ): Promise<QueryResult<Row>>
  /** One query's result as an Arrow table of exact types. */
  queryArrow(text: string, params?: readonly unknown[], options?: QueryOptions): Promise<Table>
  /**
   * Inserts rows into a table (`t` or `schema.t`): objects by column name, arrays by position, an Arrow table
   * or record batch by column name. Missing columns get their defaults. Resolves with the number of rows when
   * they are visible.
   */
  insert(table: string, rows: InsertRows | Table | RecordBatch): Promise<number>
}

export class SessionQueries implements Queryable {
  protected readonly runner: Runner

  constructor(runner: Runner) {
    this.runner = runner
  }

  query<Row = Record<string, unknown>>(
    text: string,
    params: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<QueryResult<Row>> {
    return this.#execute(text, params, options, (result, session) => {
      return collectResult<Row>(result, options, session.context([]))
    })
  }

  exec(text: string, options: QueryOptions = {}): Promise<QueryResult[]> {
    return this.runner.runCancellable(options.signal, async session => {
      const results: QueryResult[] = []
      for await (const result of session.simpleQuery(text)) {
        results.push(await collectResult<Record<string, unknown>>(result, options, session.context([])))
      }
      return results
    })
  }

  sql<Row = Record<string, unknown>>(
    strings: TemplateStringsArray,
    ...values: readonly unknown[]
  ): Promise<QueryResult<Row>> {
    const text = strings.reduce((sql, part, index) => `${sql}$${index}${part}`)
    return this.query<Row>(text, values)
  }

  queryArrow(text: string, params: readonly unknown[] = [], options: QueryOptions = {}): Promise<Table> {
    return this.#execute(text, params, options, async result => {
      const { toArrowTable } = await import('../../executor/batch/arrow.ts')
      const { schema, batches } = await batchesOf(result)
      return toArrowTable(schema, batches)
    })
  }

  insert(table: string, rows: InsertRows | Table | RecordBatch): Promise<number> {
    return this.runner.run(session => insertRows(session, table, rows))
  }

  /** One statement in the extended protocol's way: prepared, bound, executed, synced. */
  #execute<T>(
    text: string,
    params: readonly unknown[],
    { signal }: QueryOptions,
    take: (result: StatementResult, session: DatabaseSession) => Promise<T>,
  ): Promise<T> {
    return this.runner.runCancellable(signal, async session => {
      try {
        const statement = await session.prepare('', text, [])
        if (statement.statement?.kind === 'subscribe') throw endlessResult()
        const types = statement.parameterTypes
        if (types.length !== params.length) throw wrongParameterCount(params.length, types.length)
        const context = session.context([])
        const values = types.map((type, index) => toSql(type, params[index], context))
        const portal = await session.bind('', statement, () => values)
        const result = await portal.execute(true)
        const taken = await take(result, session)
        session.closePortal('')
        return taken
      } catch (error) {
        session.fail()
        throw error
      } finally {
        await session.sync()
      }
    })
  }
}

function wrongParameterCount(given: number, wanted: number): SqlError {
  return new SqlError(
    SqlState.protocolViolation,
    `${given} parameters are given, but the statement requires ${wanted}`,
  )
}

async function batchesOf(result: StatementResult): Promise<{ schema: Schema; batches: DeltaBatch[] }> {
  if (result.kind !== 'rows') return { schema: [], batches: [] }
  return { schema: result.fields.schema, batches: await collectBatches(result.rows) }
}

/** A transaction that `transaction` runs; it must not be used after its callback returned. */
export class MillraceTransaction extends SessionQueries {
  #isOpen = true

  constructor(session: DatabaseSession) {
    super(new Runner(session))
  }

  /** Rolls back now; the callback may go on without using the transaction. */
  async rollback(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.runner.run(async session => session.rollback())
  }

  /** COMMIT, unless it was rolled back. */
  async finish(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.runner.run(async session => session.commit())
  }
}

/** An independent session: its own settings, transaction and prepared statements, like a connection. */
export class MillraceSession extends SessionQueries {
  /**
   * Runs `body` in a transaction: its writes become visible together when it resolves, and vanish when it
   * rejects. Other statements of this session wait meanwhile.
   */
  transaction<T>(body: (transaction: MillraceTransaction) => Promise<T>): Promise<T> {
    return this.runner.run(async session => {
      for await (const _ of session.simpleQuery('BEGIN')) {
        // BEGIN returns nothing
      }
      const transaction = new MillraceTransaction(session)
      try {
        const value = await body(transaction)
        await transaction.finish()
        return value
      } catch (error) {
        await transaction.rollback()
        throw error
      }
    })
  }

  /** Rolls an open transaction back and frees everything. Idempotent. */
  close(): Promise<void> {
    return this.runner.session.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
