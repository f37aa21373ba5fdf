/** DECLARE BINARY CURSOR: the format of fetched values in both protocols. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { Client, type DatabaseError } from 'pg'
import { usePostgres } from '../support/postgres-server.ts'
import { TestServer } from '../support/wire-server.ts'

interface Step {
  readonly text: string
  readonly isExtended?: boolean
}

const steps: readonly Step[] = [
  { text: 'BEGIN' },
  {
    text: "DECLARE c BINARY CURSOR FOR SELECT n, n * 1.5 AS m, 'ä' || n AS t, NULL AS e FROM u ORDER BY n",
  },
  { text: 'FETCH 2 FROM c' },
  { text: 'FETCH NEXT FROM c', isExtended: true },
  { text: 'MOVE BACKWARD ALL FROM c' },
  { text: 'MOVE 1 FROM c', isExtended: true },
  { text: 'FETCH ALL FROM c' },
  { text: 'FETCH 1 FROM c' },
  { text: 'DECLARE d BINARY SCROLL CURSOR WITH HOLD FOR SELECT n FROM u ORDER BY n' },
  { text: 'SAVEPOINT a' },
  { text: 'FETCH LAST FROM d' },
  { text: 'ROLLBACK TO a' },
  { text: 'FETCH PRIOR FROM d' },
  { text: 'COMMIT' },
  { text: 'FETCH FIRST FROM d' },
  { text: 'FETCH FIRST FROM c' },
  { text: 'CLOSE d' },
  { text: 'BEGIN' },
  { text: 'DECLARE e CURSOR FOR SELECT n FROM u ORDER BY n FOR UPDATE' },
  { text: 'FETCH 2 FROM e' },
  { text: 'DECLARE f CURSOR WITH HOLD FOR SELECT n FROM u FOR UPDATE' },
  { text: 'ROLLBACK' },
  { text: 'BEGIN' },
  { text: 'DECLARE f SCROLL CURSOR FOR SELECT n FROM u FOR SHARE' },
  { text: 'ROLLBACK' },
]

/** Every value as text, or in hexadecimal where it came in binary. */
async function answer(client: Client, { text, isExtended = false }: Step): Promise<string> {
  const binary = (value: unknown) => `\\x${Buffer.from(value as Buffer).toString('hex')}`
  const types = {
    getTypeParser: (_: number, format?: string) => (format === 'binary' ? binary : (value: unknown) => value),
  }
  try {
    const query = { text, rowMode: 'array', types, queryMode: isExtended ? 'extended' : undefined }
    const { command, rowCount, rows } = await client.query(query as never)
    return `${command} ${rowCount}: ${JSON.stringify(rows)}`
  } catch (error) {
    const { code, message, detail } = error as DatabaseError
    return `${code}: ${message}, ${detail}`
  }
}

async function play(port: number, user: string, database: string): Promise<string[]> {
  const client = new Client({ host: '127.0.0.1', port, user, database })
  await client.connect()
  try {
    await client.query('CREATE TABLE u (n int PRIMARY KEY)')
    await client.query('INSERT INTO u VALUES (1), (2), (3), (4), (5)')
    const answers: string[] = []
    for (const step of steps) answers.push(`${step.text} -> ${await answer(client, step)}`)
    return answers
  } finally {
    await client.end()
  }
}

describe('binary cursors', () => {
  const postgres = usePostgres()
  let server: TestServer
  before(async () => {
    server = await TestServer.start()
  })
  after(() => server.close())

  it('answer as PostgreSQL', async () => {
    const expected = await play(postgres().port, 'postgres', 'postgres')
    assert.ok(expected.some(line => line.includes('\\\\x00000001')))
    assert.deepEqual(await play(server.wire.port, 'tester', 'dev'), expected)
  })
})
