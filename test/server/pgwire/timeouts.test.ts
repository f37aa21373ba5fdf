/** The timeouts of statements and of idle sessions, through the wire, beside PostgreSQL. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { usePostgres } from '../../support/postgres-server.ts'
import { errorField, frame, startup, summary, WireClient } from '../../support/wire-client.ts'
import { TestServer } from '../../support/wire-server.ts'

interface Target {
  readonly port: number
  readonly user: string
  readonly database: string
}

const query = (sql: string) => frame('Q', `${sql}\0`)

function extended(sql: string): Buffer {
  const bind = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([
    frame('P', `\0${sql}\0\0\0`),
    frame('B', bind),
    frame('E', Buffer.from([0, 0, 0, 0, 0])),
    frame('S'),
  ])
}

/** Sends each text when the answer to the one before is there; then waits for the end of the connection. */
async function play({ port, user, database }: Target, messages: readonly Buffer[]): Promise<string[]> {
  const client = await WireClient.open(port)
  try {
    await client.send(startup({ user, database }))
    await client.readUntilReady()
    const answers: string[] = []
    for (const message of messages) {
      await client.send(message)
      answers.push(described(await client.readUntilReady()))
    }
    answers.push(described(await client.readUntilReady()))
    return answers
  } finally {
    client.close()
  }
}

function described(messages: Awaited<ReturnType<WireClient['readUntilReady']>>): string {
  const errors = messages
    .filter(({ type }) => type === 'E')
    .map(({ body }) => ['S', 'C', 'M'].map(name => errorField(body, name)).join(' '))
  return [summary(messages), ...errors].join(' | ')
}

const end = query('SELECT pg_sleep(0); SET idle_session_timeout = 30')

/** At the end of each the server closes the connection. */
const scripts: Readonly<Record<string, readonly Buffer[]>> = {
  'an idle session': [end],
  'an idle transaction': [query('SET idle_in_transaction_session_timeout = 30'), query('BEGIN')],
  'an idle transaction that failed': [
    query('SET idle_in_transaction_session_timeout = 30'),
    query('BEGIN'),
    query('SELECT nothing'),
  ],
  'a transaction block after Sync': [
    query('SET idle_in_transaction_session_timeout = 30'),
    extended('BEGIN'),
  ],
  'a statement of the simple protocol': [
    query('SET statement_timeout = 30'),
    query('SELECT pg_sleep(5)'),
    query('SELECT 1; SELECT pg_sleep(5); SELECT 2'),
    query('BEGIN; SET LOCAL statement_timeout = 20; SELECT pg_sleep(5); COMMIT'),
    query('ROLLBACK'),
    query('SET statement_timeout = 0'),
    end,
  ],
  'a statement of the extended protocol': [
    query('SET statement_timeout = 30'),
    extended('SELECT pg_sleep(5)'),
    extended('SELECT 1'),
    end,
  ],
  'SET LOCAL ends with its savepoint and its transaction': [
    query('BEGIN; SET LOCAL statement_timeout = 30; SAVEPOINT a; SET LOCAL statement_timeout = 0'),
    query('SELECT pg_sleep(0.06)'),
    query('ROLLBACK TO a; SELECT pg_sleep(5)'),
    query('ROLLBACK; SELECT pg_sleep(0.06)'),
    end,
  ],
}

describe('timeouts', () => {
  const postgres = usePostgres()
  let server: TestServer
  before(async () => {
    server = await TestServer.start()
  })
  after(() => server.close())

  for (const [name, messages] of Object.entries(scripts)) {
    it(`end ${name}, as in PostgreSQL`, async () => {
      const expected = await play(postgres(), messages)
      assert.match(expected.at(-1)!, /FATAL/)
      const target = { port: server.wire.port, user: 'tester', database: 'dev' }
      assert.deepEqual(await play(target, messages), expected)
    })
  }
})
