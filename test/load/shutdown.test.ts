/** SIGTERM with clients in every state: each is told, what runs is cancelled, the server ends with 0. */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { ServerProcess } from '../support/server-process.ts'
import { errorField, startup, WireClient } from '../support/wire-client.ts'

/** The server ends by itself within 5 s; a busy machine is given more. */
const PATIENCE_MS = 20_000
const CLIENTS = 200
const endless = 'SELECT count(*) FROM generate_series(1, 100000000000)'

/** By state: what a client that is logged in sends to get there, and a message that says it has. */
const states: Readonly<Record<string, { readonly sends: readonly Buffer[]; readonly until: string }>> = {
  idle: { sends: [], until: '' },
  'in a transaction with writes': {
    sends: [serialize.query('BEGIN; INSERT INTO t VALUES (1)')],
    until: 'Z',
  },
  'in a failed transaction': {
    sends: [serialize.query('BEGIN'), serialize.query('SELECT nope')],
    until: 'E',
  },
  sleeping: { sends: [serialize.query('SELECT pg_sleep(1000)')], until: '' },
  // Of long rows: reading what waits in the network must not take longer than the server waits for it.
  'reading a long result': {
    sends: [serialize.query("SELECT g, repeat('x', 10000) FROM generate_series(1, 100000000000) g")],
    until: 'D',
  },
  'with a suspended portal': {
    sends: [
      serialize.parse({ text: 'SELECT g FROM generate_series(1, 100) g' }),
      serialize.bind({}),
      serialize.execute({ rows: 5 }),
      serialize.flush(),
    ],
    until: 's',
  },
  'skipping to Sync': { sends: [serialize.parse({ text: 'SELECT nope' }), serialize.flush()], until: 'E' },
  'in the middle of a message': { sends: [serialize.query('SELECT 1').subarray(0, 8)], until: '' },
  'sending COPY data': {
    sends: [serialize.query('COPY t FROM STDIN'), serialize.copyData(Buffer.from('1\n2'))],
    until: 'G',
  },
  'subscribed and waiting': { sends: [serialize.query('COPY (SUBSCRIBE t) TO STDOUT')], until: 'H' },
  'waiting at a cursor of changes': {
    sends: [serialize.query('BEGIN; DECLARE c CURSOR FOR SUBSCRIBE t'), serialize.query('FETCH 1 FROM c')],
    until: 'Z',
  },
  listening: { sends: [serialize.query('LISTEN news')], until: 'Z' },
  'holding a cursor': {
    sends: [serialize.query('DECLARE h CURSOR WITH HOLD FOR SELECT g FROM generate_series(1, 1000) g')],
    until: 'Z',
  },
  // Last, since they take the server's time from all that come after.
  'running a statement': { sends: [serialize.query(endless)], until: '' },
}

describe('SIGTERM', function () {
  this.timeout(90_000)

  it(`is told to ${CLIENTS} clients in all states, and ends the server`, async () => {
    const server = await ServerProcess.start([], ['--limit', 'max_connections_per_user=300'])
    try {
      const maker = await inState(server.port, [serialize.query('CREATE TABLE t (a int)')], 'Z')
      const names = Object.keys(states)
      const clients: [string, WireClient][] = []
      for (let index = 0; index < CLIENTS; index++) {
        const name = names[Math.floor((index / CLIENTS) * names.length)]!
        const { sends, until } = states[name]!
        clients.push([name, await inState(server.port, sends, until)])
      }
      const deaf = await inState(server.port, [serialize.query("SELECT repeat('x', 100000000)")], 'T')
      const early = await WireClient.open(server.port)
      await early.send(startup({ user: 'early', database: 'dev' }).subarray(0, 10))

      const startMs = performance.now()
      const stopping = server.stop()
      const lasts = await Promise.all(
        clients.map(async ([name, client]) => `${name}: ${await lastError(client)}`),
      )
      const told = 'FATAL 57P01 terminating connection due to administrator command'
      assert.deepEqual(new Set(lasts), new Set(names.map(name => `${name}: ${told}`)))
      await stopping
      assert.equal(server.exit, 0)
      assert.equal(server.log, '')
      assert(performance.now() - startMs < PATIENCE_MS)
      for (const client of [maker, deaf, early]) client.close()
    } finally {
      await server.stop()
    }
  })
})

async function inState(port: number, sends: readonly Buffer[], until: string): Promise<WireClient> {
  const client = await WireClient.open(port)
  await client.send(startup({ user: 'tester', database: 'dev' }))
  await client.readUntilReady()
  await client.send(...sends)
  while (until !== '') {
    const message = await client.read()
    assert(message !== undefined, 'the server is there')
    if (message.type === until) break
  }
  // What comes before the end waits in the network.
  client.pause()
  return client
}

/** What the server said last before it closed the connection. */
async function lastError(client: WireClient): Promise<string> {
  let last: string | undefined
  client.resume()
  for (let message = await client.read(); message !== undefined; message = await client.read()) {
    const { type, body } = message
    last = type === 'E' ? ['S', 'C', 'M'].map(field => errorField(body, field)).join(' ') : type
  }
  client.close()
  return last ?? 'nothing'
}
