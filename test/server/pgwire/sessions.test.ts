/**
 * Scripted sessions: what PostgreSQL 15 was recorded to answer is what we answer, message by message, also
 * when the client's bytes come one at a time; and a real one still answers that. Any other cut of the bytes
 * makes the same messages of them (frame-reader.test.ts).
 */

import { strict as assert } from 'node:assert'
import { tmpdir } from 'node:os'
import { usePostgres } from '../../support/postgres-server.ts'
import { TestServer } from '../../support/wire-server.ts'
import { scriptsByTopic } from './sessions/all-scripts.ts'
import { memoryTarget } from './sessions/memory-target.ts'
import { readRecording } from './sessions/recording.ts'
import { ScriptRunner } from './sessions/run-script.ts'
import { type Script, withDifference } from './sessions/script.ts'
import { listeningTarget, preparePostgres } from './sessions/targets.ts'

/** Runs `test` for each script, with what PostgreSQL answered. */
function forEachScript(test: (script: Script, recorded: string) => void): void {
  for (const [topic, scripts] of Object.entries(scriptsByTopic)) {
    const recording = readRecording(topic)
    describe(topic, () => {
      for (const script of scripts) test(script, recording.get(script.name) ?? 'not recorded')
    })
  }
}

describe('scripted sessions', () => {
  let server: TestServer
  let runner: ScriptRunner

  before(async () => {
    server = await TestServer.start({ socketDir: tmpdir() })
    runner = new ScriptRunner(listeningTarget(server.wire.port, tmpdir()))
  })
  after(async () => {
    runner.close()
    await server.close()
    assert.deepEqual(server.internalErrors, [])
  })

  forEachScript((script, recorded) => {
    it(script.name, async () => {
      assert.equal(await runner.run(script), withDifference(script, recorded))
    })
  })
})

describe('scripted sessions, a byte at a time', () => {
  let server: TestServer
  let runner: ScriptRunner

  before(async () => {
    server = await TestServer.start()
    runner = new ScriptRunner(memoryTarget(server.database, server.internalErrors))
  })
  after(async () => {
    runner.close()
    await server.close()
    assert.deepEqual(server.internalErrors, [])
  })

  forEachScript((script, recorded) => {
    it(script.name, async () => {
      assert.equal(await runner.run(script, everyByte), withDifference(script, recorded))
    })
  })
})

function everyByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))
}

describe('scripted sessions on PostgreSQL 15', () => {
  const postgres = usePostgres()
  let runner: ScriptRunner

  before(async () => {
    runner = new ScriptRunner(await preparePostgres(postgres()))
  })
  after(() => runner?.close())

  forEachScript((script, recorded) => {
    it(script.name, async () => {
      assert.equal(await runner.run(script), recorded)
    })
  })
})
