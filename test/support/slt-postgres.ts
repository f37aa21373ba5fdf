/**
 * PostgreSQL (PGlite) as what an .slt file runs against, to prove the expected results. Materialized views
 * become plain views there: what they return is their query run afresh, which is what ours must hold at
 * any moment.
 */

import type { PGlite } from '@electric-sql/pglite'
import type { SltConnection, SltTarget } from './slt-run.ts'

/** One session: a file with named connections skips PostgreSQL where they matter. */
export function postgresTarget(db: PGlite): SltTarget {
  const connection: SltConnection = {
    query: sql => queryPostgres(db, sql),
    end: async () => {},
  }
  return { kind: 'postgres', connect: async () => connection }
}

/** Rows in text of the last statement, by the simple protocol as drivers send it. */
export async function queryPostgres(db: PGlite, sql: string): Promise<(string | null)[][]> {
  const text = Buffer.from(`${asPostgres(sql)}\0`)
  const message = Buffer.alloc(5 + text.length)
  message.write('Q')
  message.writeInt32BE(4 + text.length, 1)
  text.copy(message, 5)
  let rows: (string | null)[][] = []
  for (const answer of (await db.execProtocol(message)).messages) {
    if (answer.name === 'rowDescription') rows = []
    if (answer.name === 'dataRow') rows.push((answer as unknown as DataRow).fields)
  }
  return rows
}

interface DataRow {
  readonly fields: (string | null)[]
}

function asPostgres(sql: string): string {
  return sql
    .replaceAll(/\b(create|drop) materialized view\b/gi, '$1 VIEW')
    .replaceAll(/\bappend only\b/gi, '')
}
