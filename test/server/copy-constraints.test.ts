/** COPY of rows that break a constraint: the error and its line are PostgreSQL's. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { usePostgres } from '../support/postgres-server.ts'
import { errorField, frame, startup, summary, WireClient } from '../support/wire-client.ts'
import { TestServer } from '../support/wire-server.ts'

/** SQL, or the data of the COPY before. */
type Step = string | { readonly data: string }

const setup = 'CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL); INSERT INTO t VALUES (1, $$a$$)'
const copied = 'SELECT count(*) FROM t'

const sequences: Readonly<Record<string, readonly Step[]>> = {
  'a key that is there': ['COPY t FROM STDIN', { data: '2\tb\n3\tc\n1\tx\n4\td\n' }, copied],
  'a key that comes twice': ['COPY t FROM STDIN', { data: '2\tb\n3\tc\n2\tx\n' }, copied],
  'a key that comes twice in csv, over several lines': [
    'COPY t FROM STDIN (FORMAT csv, HEADER)',
    { data: 'id,v\n2,"b\nb"\n3,c\n2,x\n' },
    copied,
  ],
  'a NULL': ['COPY t FROM STDIN', { data: '2\tb\n3\t\\N\n1\tx\n' }, copied],
  'a NULL after a key that is there': ['COPY t FROM STDIN', { data: '2\tb\n1\tx\n3\t\\N\n' }, copied],
  'rows that WHERE leaves out': [
    'COPY t FROM STDIN WHERE id > 1',
    { data: '1\tx\n2\tb\n1\ty\n3\tc\n2\tz\n' },
    copied,
  ],
  'inside a transaction': [
    'BEGIN',
    "INSERT INTO t VALUES (5, 'e')",
    'SAVEPOINT a',
    'COPY t FROM STDIN',
    { data: '2\tb\n3\tc\n5\tx\n' },
    'ROLLBACK TO a',
    'COPY t FROM STDIN',
    { data: '2\tb\n3\tc\n' },
    'SAVEPOINT b',
    'COPY t FROM STDIN (FORMAT csv)',
    { data: '7,x\n3,y\n' },
    'ROLLBACK TO b',
    'DELETE FROM t WHERE id = 1',
    'COPY t FROM STDIN',
    { data: '1\tagain\n' },
    'COMMIT',
    'SELECT * FROM t ORDER BY id',
  ],
}

async function play(port: number, user: string, database: string, steps: readonly Step[]): Promise<string[]> {
  const client = await WireClient.open(port)
  const ask = async (...frames: Buffer[]) => {
    await client.send(...frames)
    const messages = await client.readUntilReady()
    const errors = messages.filter(({ type }) => type === 'E')
    const fields = errors.map(({ body }) => 'CMDWstn'.split('').map(name => errorField(body, name)))
    const rows = messages.filter(({ type }) => type === 'D').map(({ body }) => body.toString('latin1', 2))
    return JSON.stringify([summary(messages), ...fields, ...rows])
  }
  try {
    await client.send(startup({ user, database }))
    await client.readUntilReady()
    await ask(frame('Q', `DROP TABLE IF EXISTS t\0`))
    await ask(frame('Q', `${setup}\0`))
    const answers: string[] = []
    for (const [index, step] of steps.entries()) {
      if (typeof step !== 'string') continue
      const next = steps[index + 1]
      const data = typeof next === 'object' ? [frame('d', next.data), frame('c')] : []
      answers.push(`${step} -> ${await ask(frame('Q', `${step}\0`), ...data)}`)
    }
    return answers
  } finally {
    client.close()
  }
}

describe('COPY and constraints', () => {
  const postgres = usePostgres()
  let server: TestServer
  before(async () => {
    server = await TestServer.start()
  })
  after(() => server.close())

  for (const [name, steps] of Object.entries(sequences)) {
    it(`${name}: as PostgreSQL`, async () => {
      const expected = await play(postgres().port, 'postgres', 'postgres', steps)
      assert.deepEqual(await play(server.wire.port, 'tester', 'dev', steps), expected)
    })
  }
})
