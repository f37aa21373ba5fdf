/**
 * Random clients: whatever they send, the server lives, answers the others, leaks nothing, and an answer is
 * never a bug of its own (XX000). `SEED=n` repeats a run, `ROUNDS=n` goes on for longer.
 */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { summary, type WireClient } from '../../support/wire-client.ts'
import { TestServer, until } from '../../support/wire-server.ts'
import { converse } from './random-client.ts'
import { Choices, fuzzTable } from './random-messages.ts'

const rounds = Number(process.env['ROUNDS'] ?? 500)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
/** Clients at a time. */
const CLIENTS = 5

describe('random messages', function () {
  this.timeout(30_000 + rounds * 200)
  let server: TestServer
  let witness: WireClient

  before(async () => {
    server = await TestServer.start({
      limits: { queryBytesMax: 20_000, messageBytesMax: 5000, inputBytesMax: 4000, outputBytesMax: 20_000 },
    })
    witness = await server.login()
    await ask(witness, fuzzTable)
  })
  after(() => server.close())

  it(`leave the server as it was (SEED=${seed} ROUNDS=${rounds})`, async () => {
    for (let round = 0; round < rounds; round += CLIENTS) {
      await Promise.all(
        Array.from({ length: CLIENTS }, async (_, index) => {
          const own = seed + round + index
          await converse(server.wire.port, new Choices(own), `SEED=${own} ROUNDS=1`)
        }),
      )
      assert.equal(await ask(witness, 'SELECT 1'), 'T(1) D C(SELECT 1) Z(I)')
      assert.deepEqual(server.internalErrors, [], `SEED=${seed + round} ROUNDS=${CLIENTS}`)
    }
    await until(() => server.wire.connectionCount === 1)
    assert.equal(server.database.sessionCount, 1)
    await until(() => server.wire.inFlightBytes === 0)
  })
})

async function ask(client: WireClient, sql: string): Promise<string> {
  await client.send(serialize.query(sql))
  return summary(await client.readUntilReady())
}
