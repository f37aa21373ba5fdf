/** Who is let in and what the others are told: as a real PostgreSQL with passwords has it. */

import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { Client, DatabaseError } from 'pg'
import { usePostgres } from '../../support/postgres-server.ts'
import { TestServer } from '../../support/wire-server.ts'

const PASSWORD = 'of the superuser'
const limits = { max_connections: 5, superuser_reserved_connections: 2 }

/** Run by the superuser before anybody else comes. */
const setup = [
  "CREATE USER ada PASSWORD 'a'",
  "CREATE USER limited PASSWORD 'a' CONNECTION LIMIT 1",
  "CREATE USER closed PASSWORD 'a' CONNECTION LIMIT 0",
  "CREATE ROLE gone PASSWORD 'a'",
  "CREATE USER expired PASSWORD 'a' VALID UNTIL '2001-02-03'",
  "CREATE USER timely PASSWORD 'a' VALID UNTIL '2999-01-01'",
  "CREATE USER forever PASSWORD 'a' VALID UNTIL 'infinity'",
  'CREATE USER bare',
  "CREATE USER emptied PASSWORD ''",
  "CREATE USER boss SUPERUSER PASSWORD 'a' CONNECTION LIMIT 0",
  'CREATE USER "Ada L" PASSWORD \'a b\'',
  "CREATE USER renamed PASSWORD 'a'",
  'ALTER ROLE renamed RENAME TO anew',
]

/** `user password [database]`; `-` = none is given. Those let in stay until the end of their list. */
const attempts: Readonly<Record<string, readonly string[]>> = {
  'passwords and roles': [
    'ada a',
    'ada b',
    'nobody a',
    'gone a',
    'gone b',
    'bare a',
    'emptied a',
    'expired a',
    'expired b',
    'closed a',
    'closed b',
    'ada a nowhere',
    'ada b nowhere',
    'nobody a nowhere',
    'Ada a',
    'anew a',
  ],
  'limits of roles': ['limited a', 'limited a', 'limited b', 'timely a', 'boss a'],
  'the last connections': ['ada a', 'timely a', 'forever a', 'ada a', 'ada b', 'boss a', 'boss a', 'boss a'],
}

describe('logging in beside PostgreSQL', function () {
  this.timeout(60_000)
  const postgres = usePostgres({ auth: 'scram-sha-256', password: PASSWORD, settings: limits })
  let server: TestServer

  before(async () => {
    const { port } = postgres()
    await asRoot(port, 'postgres', ['CREATE DATABASE dev', ...setup])
    server = await TestServer.start({
      roles: [{ name: 'root', password: PASSWORD }],
      limits: { connectionsMax: 5, connectionsReserved: 2 },
    })
    await asRoot(server.wire.port, 'root', setup)
  })
  after(() => server?.close())

  for (const [title, list] of Object.entries(attempts)) {
    it(title, async () => {
      const expected = await answers(postgres().port, list)
      const actual = await answers(server.wire.port, list)
      assert.deepEqual(actual, expected)
    })
  }
})

async function asRoot(port: number, user: string, statements: readonly string[]): Promise<void> {
  const database = user === 'root' ? 'dev' : user
  const client = new Client({ host: '127.0.0.1', port, user, password: PASSWORD, database })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

async function answers(port: number, list: readonly string[]): Promise<readonly string[]> {
  const open: Client[] = []
  const said: string[] = []
  try {
    for (const attempt of list) {
      const [user, password, database = 'dev'] = attempt.split(' ')
      const client = new Client({ host: '127.0.0.1', port, user, password, database })
      client.on('error', () => undefined)
      said.push(`${attempt}: ${await answer(client)}`)
      if (said.at(-1)!.endsWith(' in')) open.push(client)
    }
  } finally {
    for (const client of open) await client.end()
    // A connection is free again when the server has seen its end.
    await untilFree(port)
  }
  return said
}

async function answer(client: Client): Promise<string> {
  try {
    await client.connect()
    return 'in'
  } catch (error) {
    if (!(error instanceof DatabaseError)) return String(error)
    // Hints are for people, and may help them better here.
    const { severity, code, message, detail } = error
    return [severity, code, message, detail].filter(part => part !== undefined).join(' ')
  }
}

async function untilFree(port: number): Promise<void> {
  for (;;) {
    const clients = Array.from({ length: 3 }, () => {
      return new Client({ host: '127.0.0.1', port, user: 'ada', password: 'a', database: 'dev' })
    })
    for (const client of clients) client.on('error', () => undefined)
    const isIn = await Promise.all(clients.map(answer))
    await Promise.all(clients.filter((_, index) => isIn[index] === 'in').map(client => client.end()))
    if (isIn.every(each => each === 'in')) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
