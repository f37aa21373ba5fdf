/**
 * Sessions of messages at random, beside a real PostgreSQL 15: message by message the same answers.
 * `SEED=n` repeats a run, `ROUNDS=n` goes on for longer.
 */

import { strict as assert } from 'node:assert'
import { tmpdir } from 'node:os'
import { usePostgres } from '../../support/postgres-server.ts'
import { TestServer } from '../../support/wire-server.ts'
import { Choices } from './random-messages.ts'
import { randomSession } from './sessions/random-session.ts'
import { ScriptRunner } from './sessions/run-script.ts'
import { listeningTarget, preparePostgres } from './sessions/targets.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const rounds = Number(process.env['ROUNDS'] ?? 50)

describe('random sessions', () => {
  const postgres = usePostgres()
  let server: TestServer
  let ours: ScriptRunner
  let theirs: ScriptRunner

  before(async () => {
    theirs = new ScriptRunner(await preparePostgres(postgres()))
    server = await TestServer.start()
    ours = new ScriptRunner(listeningTarget(server.wire.port, tmpdir()))
  })
  after(async () => {
    theirs?.close()
    ours?.close()
    await server?.close()
  })

  it(`are answered as PostgreSQL answers them (SEED=${seed} ROUNDS=${rounds})`, async function () {
    this.timeout(rounds * 2000)
    for (let round = 0; round < rounds; round++) {
      const session = randomSession(`SEED=${seed + round} ROUNDS=1`, new Choices(seed + round))
      const [answer, expected] = await Promise.all([ours.run(session), theirs.run(session)])
      assert.equal(answer, expected, session.name)
    }
    assert.deepEqual(server.internalErrors, [])
  })
})
