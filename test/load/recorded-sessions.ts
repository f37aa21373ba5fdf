/** What real drivers send: their sessions with the server, recorded by a proxy between the two. */

import { connect, createServer } from 'node:net'
import pg from 'pg'
import Cursor from 'pg-cursor'
import postgres from 'postgres'

/** The bytes of each connection's client, start-up included. The table `f` must exist. */
export async function recordSessions(port: number): Promise<readonly Buffer[]> {
  const sessions: Buffer[][] = []
  const proxy = createServer(client => {
    const server = connect(port, '127.0.0.1')
    const session: Buffer[] = []
    sessions.push(session)
    client.on('data', chunk => session.push(chunk))
    client.pipe(server).pipe(client)
    // The other side closes too.
    client.on('error', () => server.destroy())
    server.on('error', () => client.destroy())
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', () => resolve()))
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new TypeError('a proxy listens on a port')
  try {
    await nodePostgres(address.port)
    await postgresJs(address.port)
  } finally {
    await new Promise(resolve => proxy.close(resolve))
  }
  return sessions.map(session => Buffer.concat(session))
}

async function nodePostgres(port: number): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'recorded', database: 'dev' })
  await client.connect()
  await client.query('BEGIN')
  await client.query('INSERT INTO f VALUES ($1, $2)', [1, 'recorded'])
  await client.query({ name: 'named', text: 'SELECT * FROM f WHERE id = $1', values: [1] })
  await client.query('SAVEPOINT s; UPDATE f SET v = v || 1; ROLLBACK TO s')
  await client.query('COMMIT')
  const cursor = client.query(new Cursor('SELECT * FROM generate_series(1, $1::int)', [100]))
  await cursor.read(10)
  await cursor.read(10)
  await cursor.close()
  await client.query('SELECT nope').catch(() => {}) // the error is what is recorded
  await client.query({ text: 'SELECT $1::jsonb, $2::timestamptz', values: [{ a: [1] }, new Date(0)] })
  await client.end()
}

async function postgresJs(port: number): Promise<void> {
  const sql = postgres({ host: '127.0.0.1', port, user: 'recorded', database: 'dev', max: 1 })
  await sql`SELECT * FROM f WHERE id = ${1} AND v = ${'x'}`
  await sql.begin(async transaction => {
    await transaction`INSERT INTO f ${transaction([
      { id: 2, v: 'two' },
      { id: 3, v: 'three' },
    ])}`
  })
  for await (const rows of sql`SELECT * FROM generate_series(1, 50)`.cursor(20)) if (rows.length < 20) break
  await sql`SELECT 1; SELECT 2`.simple()
  await sql.end()
}
