/**
 * The thread of a Witness: SELECT 1, again and again, on a connection of its own. Beside the wall clock it
 * reads what the server's main thread computed meanwhile: on a machine that is busy with other things an
 * answer may take long without anybody in the server being in the way.
 */

import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { serialize } from 'pg-protocol'
import { startup, summary, WireClient } from './wire-client.ts'
import type { WitnessRequest, WitnessSample } from './witness.ts'

const { port, processId, everyMs } = workerData as WitnessRequest
const main = parentPort!
let samples: WitnessSample[] = []
let asked: 'take' | 'stop' | undefined

main.on('message', (message: 'take' | 'stop') => {
  asked = message
})

const client = await WireClient.open(port)
await client.send(startup({ user: 'witness', database: 'dev' }))
await client.readUntilReady()
const question = serialize.query('SELECT 1')
main.postMessage('ready')
while (asked !== 'stop') {
  const askedMs = performance.now()
  const cpuMs = computedMs()
  await client.send(question)
  const answer = summary(await client.readUntilReady())
  assert.equal(answer, 'T(1) D C(SELECT 1) Z(I)')
  samples.push({ wallMs: performance.now() - askedMs, computedMs: computedMs() - cpuMs })
  if (asked === 'take') {
    asked = undefined
    main.postMessage(samples)
    samples = []
  }
  await new Promise(resolve => setTimeout(resolve, everyMs))
}
client.close()
main.close()

/** CPU time of the server's main thread so far; 0 where the system does not tell. */
function computedMs(): number {
  try {
    const stat = readFileSync(`/proc/${processId}/task/${processId}/schedstat`, 'latin1')
    return Number(stat.split(' ')[0]) / 1e6
  } catch {
    return 0
  }
}
