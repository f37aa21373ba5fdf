import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { Client } from 'pg'
import { TestServer, until } from '../../support/wire-server.ts'

describe('pg_stat_activity', () => {
  let server: TestServer
  const clients: Client[] = []
  beforeEach(async () => {
    server = await TestServer.start({ roles: [{ name: 'ada' }, { name: 'bob' }] })
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end()
    await server.close()
  })

  async function connect(user: string): Promise<Client> {
    const { port } = server.wire
    const options = { host: '127.0.0.1', port, user, database: 'dev', application_name: `of ${user}` }
    const client = new Client(options)
    await client.connect()
    clients.push(client)
    return client
  }

  it('shows what sessions do, and since when', async () => {
    const [root, ada, bob] = [await connect('root'), await connect('ada'), await connect('bob')]
    await ada.query('BEGIN')
    await ada.query('SELECT 1')
    await assert.rejects(ada.query('SELECT 1 / 0'))
    await bob.query({ text: 'SELECT $1::int', values: [1], name: 'named' })
    const { rows } = await root.query(
      `SELECT usename, application_name, client_addr, state, query, datname, backend_type,
         backend_start <= state_change AS changed, xact_start >= backend_start AS began,
         query_start >= backend_start AS started FROM pg_stat_activity ORDER BY usename`,
    )
    const common = { client_addr: '127.0.0.1', datname: 'dev', backend_type: 'client backend', changed: true }
    const [first, second, third] = rows
    assert.deepEqual(first, {
      ...{ ...common, usename: 'ada', application_name: 'of ada', state: 'idle in transaction (aborted)' },
      ...{ query: 'SELECT 1 / 0', began: true, started: true },
    })
    assert.deepEqual(second, {
      ...{ ...common, usename: 'bob', application_name: 'of bob', state: 'idle', query: 'SELECT $1::int' },
      ...{ began: null, started: true },
    })
    assert.deepEqual([third.usename, third.state, third.began], ['root', 'active', true])
    assert.match(third.query, /^SELECT usename, application_name, client_addr/)
  })

  it('finds the process to cancel', async () => {
    const [root, ada] = [await connect('root'), await connect('ada')]
    const sleeping = assert.rejects(ada.query('SELECT pg_sleep(60)'), { code: '57014' })
    await until(() => [...server.database.sessions()].some(session => session.isRunning))
    const active = "FROM pg_stat_activity WHERE usename = 'ada' AND state = 'active'"
    const { rows } = await root.query(`SELECT pg_cancel_backend(pid) AS sent, query ${active}`)
    assert.deepEqual(rows, [{ sent: true, query: 'SELECT pg_sleep(60)' }])
    await sleeping
  })

  it("hides what others' sessions do from those who may not see it", async () => {
    const [root, ada] = [await connect('root'), await connect('ada')]
    await root.query('SELECT 1')
    const seen = async () => {
      const { rows } = await ada.query(
        `SELECT usename, application_name, query, state, client_addr, backend_start IS NULL AS no_start
         FROM pg_stat_activity WHERE usename = 'root'`,
      )
      return rows[0]
    }
    assert.deepEqual(await seen(), {
      ...{ usename: 'root', application_name: 'of root', query: '<insufficient privilege>' },
      ...{ state: null, client_addr: null, no_start: true },
    })
    await root.query('GRANT pg_read_all_stats TO ada')
    assert.equal((await seen()).query, 'GRANT pg_read_all_stats TO ada')
  })

  it('shows the beginning of a long statement, without a secret that is cut off', async () => {
    const [root, ada] = [await connect('root'), await connect('ada')]
    await ada.query(`SELECT 1 -- ${'x'.repeat(100_000)}`)
    const shown = async () => {
      const { rows } = await root.query("SELECT query FROM pg_stat_activity WHERE usename = 'ada'")
      return rows[0].query as string
    }
    assert.equal(await shown(), `SELECT 1 -- ${'x'.repeat(1012)}`)
    const secret = 'hush'.repeat(10_000)
    await assert.rejects(ada.query(`ALTER ROLE ada PASSWORD '${secret}' NONSENSE`), { code: '42601' })
    assert.equal(await shown(), "ALTER ROLE ada PASSWORD '********'")
  })

  it('leaves secrets out of statements', async () => {
    const [root, ada] = [await connect('root'), await connect('ada')]
    await ada.query("ALTER ROLE ada PASSWORD 'correct horse'")
    const { rows } = await root.query("SELECT query FROM pg_stat_activity WHERE usename = 'ada'")
    assert.deepEqual(rows, [{ query: "ALTER ROLE ada PASSWORD '********'" }])
  })
})
