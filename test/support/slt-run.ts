/** Runs the records of an .slt file against a server, through the wire with node-postgres, every value as text. */

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { parseSlt, type SltRecord } from './slt-file.ts'

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

/** Runs the whole file, going on after failures. Every connection name is a session of its own. */
export async function runSlt(text: string, url: string): Promise<SltOutcome> {
  const connections = new Map<string, pg.Client>()
  const failures: SltFailure[] = []
  const actual = new Map<SltRecord, readonly string[]>()
  const records = parseSlt(text)
  try {
    for (const record of records) {
      const message = await runRecord(record, connections, url, actual)
      if (message !== undefined) failures.push({ line: record.line, message })
    }
  } finally {
    for (const client of connections.values()) await client.end()
  }
  return { failures, actual, records: records.length }
}

async function runRecord(
  record: SltRecord,
  connections: Map<string, pg.Client>,
  url: string,
  actual: Map<SltRecord, readonly string[]>,
): Promise<string | undefined> {
  if (record.kind === 'sleep') {
    await sleep(record.milliseconds)
    return undefined
  }
  const client = await connectionOf(record.connection, connections, url)
  return record.kind === 'statement' ? runStatement(record, client) : runQuery(record, client, actual)
}

async function connectionOf(
  name: string,
  connections: Map<string, pg.Client>,
  url: string,
): Promise<pg.Client> {
  const known = connections.get(name)
  if (known !== undefined) return known
  const client = new pg.Client({ connectionString: url.replace('://', '://tester@') })
  client.on('error', () => {
    /* the statement that runs reports it */
  })
  await client.connect()
  connections.set(name, client)
  return client
}

async function runStatement(
  record: SltRecord & { kind: 'statement' },
  client: pg.Client,
): Promise<string | undefined> {
  try {
    await client.query(record.sql)
  } catch (error) {
    const { code, message } = error as pg.DatabaseError
    if (record.error === undefined) return `failed: ${code} ${message}\n${record.sql}`
    const { code: wantedCode, message: wantedMessage } = record.error
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
  client: pg.Client,
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
  client: pg.Client,
  actual: Map<SltRecord, readonly string[]>,
): Promise<string | undefined> {
  let rows: string[]
  try {
    rows = await queryRows(client, record.sql)
  } catch (error) {
    const { code, message } = error as pg.DatabaseError
    return `failed: ${code} ${message}\n${record.sql}`
  }
  const sorted = record.rowsort ? rows.toSorted() : rows
  actual.set(record, sorted)
  const expected = record.rowsort ? record.expected.toSorted() : record.expected
  if (sorted.length === expected.length && sorted.every((row, index) => row === expected[index]))
    return undefined
  return `${record.sql}\nexpected:\n${expected.join('\n')}\ngot:\n${sorted.join('\n')}`
}

async function queryRows(client: pg.Client, sql: string): Promise<string[]> {
  const asText = { getTypeParser: () => (value: unknown) => value }
  const result = await client.query<(string | null)[]>({
    text: sql,
    rowMode: 'array',
    types: asText as never,
  })
  return result.rows.map(row => row.map(formatCell).join(' '))
}

function formatCell(value: string | null): string {
  if (value === null) return 'NULL'
  return value === '' ? '(empty)' : value.replaceAll('\n', '\\n')
}
