/**
 * Runs the records of an .slt file against a server, through the wire with node-postgres, every value as
 * text.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { parseSlt, type SltRecord } from './slt-file.ts'

const IGNORE = '<slt:ignore>'

/** What a record got wrong; the message has the file's line and both results. */
export interface SltFailure {
  readonly line: number
  readonly message: string
}

export interface SltOutcome {
  readonly failures: readonly SltFailure[]
  /** What each query returned, for completion. */
  readonly actual: ReadonlyMap<SltRecord, readonly string[]>
  readonly records: number
}

/** One session that runs statements; failures are errors with PostgreSQL's `code`. */
export interface SltConnection {
  query(sql: string): Promise<readonly (readonly (string | null)[])[]>
  end(): Promise<void>
}

/** What a file runs against. */
export interface SltTarget {
  readonly kind: 'millrace' | 'postgres'
  /** A session of its own for each connection name. */
  connect(): Promise<SltConnection>
}

/** A server at `url`. */
export function serverTarget(url: string): SltTarget {
  return {
    kind: 'millrace',
    connect: async () => {
      const client = new pg.Client({ connectionString: url.replace('://', '://tester@') })
      client.on('error', () => {
        /* the statement that runs reports it */
      })
      await client.connect()
      return { query: sql => queryRows(client, sql), end: () => client.end() }
    },
  }
}

/** Runs the whole file, going on after failures. */
export async function runSlt(text: string, target: SltTarget): Promise<SltOutcome> {
  const connections = new Map<string, SltConnection>()
  const failures: SltFailure[] = []
  const actual = new Map<SltRecord, readonly string[]>()
  const records = parseSlt(text)
  try {
    for (const record of records) {
      const message = await runRecord(record, connections, target, actual)
      if (message !== undefined) failures.push({ line: record.line, message })
    }
  } finally {
    for (const client of connections.values()) await client.end()
  }
  return { failures, actual, records: records.length }
}

async function runRecord(
  record: SltRecord,
  connections: Map<string, SltConnection>,
  target: SltTarget,
  actual: Map<SltRecord, readonly string[]>,
): Promise<string | undefined> {
  if (record.kind === 'sleep') {
    if (target.kind === 'millrace') await sleep(record.milliseconds)
    return undefined
  }
  if (record.skipOnPostgres && target.kind === 'postgres') return undefined
  let client = connections.get(record.connection)
  if (client === undefined) {
    client = await target.connect()
    connections.set(record.connection, client)
  }
  return record.kind === 'statement' ? runStatement(record, client, actual) : runQuery(record, client, actual)
}

async function runStatement(
  record: SltRecord & { kind: 'statement' },
  client: SltConnection,
  actual: Map<SltRecord, readonly string[]>,
): Promise<string | undefined> {
  try {
    await client.query(record.sql)
  } catch (error) {
    const { code, message } = error as pg.DatabaseError
    if (record.error === undefined) return `failed: ${code} ${message}\n${record.sql}`
    const { code: wantedCode, message: wantedMessage } = record.error
    if (wantedCode === undefined && wantedMessage === undefined)
      actual.set(record, [`${code} ^${message.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`])
    const matches =
      (wantedCode === undefined || wantedCode === code) &&
      (wantedMessage === undefined || wantedMessage.test(message))
    return matches
      ? undefined
      : `expected error ${wantedCode ?? ''} ${wantedMessage ?? ''}, got ${code} ${message}`
  }
  return record.error === undefined ? undefined : `expected an error\n${record.sql}`
}

async function runQuery(
  record: SltRecord & { kind: 'query' },
  client: SltConnection,
  actual: Map<SltRecord, readonly string[]>,
): Promise<string | undefined> {
  const attempts = (record.retry?.times ?? 0) + 1
  let failure: string | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await sleep(record.retry!.backoffMs)
    failure = await queryOnce(record, client, actual)
    if (failure === undefined) return undefined
  }
  return failure
}

async function queryOnce(
  record: SltRecord & { kind: 'query' },
  client: SltConnection,
  actual: Map<SltRecord, readonly string[]>,
): Promise<string | undefined> {
  let rows: string[]
  try {
    rows = (await client.query(record.sql)).map(row => row.map(formatCell).join(' '))
  } catch (error) {
    const { code, message } = error as pg.DatabaseError
    return `failed: ${code} ${message}\n${record.sql}`
  }
  const sorted = record.rowsort ? rows.toSorted() : rows
  actual.set(record, sorted)
  const expected = record.rowsort ? record.expected.toSorted() : record.expected
  if (sorted.length === expected.length && sorted.every((row, index) => matches(row, expected[index]!)))
    return undefined
  return `${record.sql}\nexpected:\n${expected.join('\n')}\ngot:\n${sorted.join('\n')}`
}

/** `<slt:ignore>` in an expected row stands for any text. */
function matches(row: string, expected: string): boolean {
  if (!expected.includes(IGNORE)) return row === expected
  const parts = expected.split(IGNORE)
  const pattern = parts.map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')
  return new RegExp(`^${pattern}$`).test(row)
}

/** Every value in text, as the server sent it. */
async function queryRows(client: pg.Client, sql: string): Promise<(string | null)[][]> {
  const asText = { getTypeParser: () => (value: unknown) => value }
  const query = { text: sql, rowMode: 'array' as const, types: asText as never }
  return (await client.query<(string | null)[]>(query)).rows
}

function formatCell(value: string | null): string {
  if (value === null) return 'NULL'
  return value === '' ? '(empty)' : value.replaceAll('\n', '\\n')
}
