/**
 * DuckDB with one thread, on tables loaded from the same arrays that the engine reads. Times are CPU time
 * of the process, on both sides, so that whatever else runs on the machine decides nothing; the best of
 * several rounds counts.
 */

import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
} from '@duckdb/node-api'

/** Rows of a DuckDB vector. */
const VECTOR_ROWS = 2048

export interface BenchColumn {
  readonly name: string
  readonly values: BigInt64Array | Float64Array
}

export interface DuckRun {
  readonly ms: number
  readonly row: readonly unknown[]
}

export class DuckDb {
  readonly #connection: DuckDBConnection

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  /** An in-memory database with table `t` of these columns. */
  static async open(columns: readonly BenchColumn[]): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    const types = columns.map(({ values }): DuckDBType => (values instanceof Float64Array ? DOUBLE : BIGINT))
    const fields = columns.map(({ name }, index) => `${name} ${types[index]!.toString()}`)
    await connection.run(`create table t (${fields.join(', ')})`)
    const appender = await connection.createAppender('t')
    const length = columns[0]!.values.length
    for (let start = 0; start < length; start += VECTOR_ROWS) {
      const end = Math.min(start + VECTOR_ROWS, length)
      const chunk = DuckDBDataChunk.create(types, end - start)
      for (const [index, { values }] of columns.entries()) {
        chunk.setColumnValues(index, [...values.subarray(start, end)])
      }
      appender.appendDataChunk(chunk)
    }
    appender.closeSync()
    return new DuckDb(connection)
  }

  /** The one row of the query, and the CPU milliseconds of the best of `rounds` runs. */
  async time(query: string, rounds: number): Promise<DuckRun> {
    const times: number[] = []
    let row: readonly unknown[] = []
    for (let round = 0; round < rounds; round++) {
      const start = process.cpuUsage()
      const reader = await this.#connection.runAndReadAll(query)
      times.push(cpuMs(start))
      row = reader.getRows()[0] ?? []
    }
    return { ms: Math.min(...times), row }
  }

  close(): void {
    this.#connection.closeSync()
  }
}

/** CPU milliseconds of this process, all threads, since `start`. */
export function cpuMs(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}
