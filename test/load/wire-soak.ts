/**
 * Many connections for a long time: idle ones, and busy ones that check every answer. Memory and file
 * descriptors stay where they are, and no connection is starved by the others.
 */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { Choices } from '../server/pgwire/random-messages.ts'
import { startup, summary, WireClient } from '../support/wire-client.ts'
import { BusyClient, busyTable } from './busy-client.ts'
import { lapLine, ServerUnderLoad } from './server-under-load.ts'

export interface SoakOptions {
  readonly seconds: number
  readonly seed: number
  readonly idle: number
  readonly busy: number
}

const LAPS = 5
/** The most that the busiest client may be ahead of the least busy one, by activities. */
const UNFAIRNESS_MAX = 4
/** Far beyond a round in which each of the busy clients is served once: they take all that the server can. */
const COMPUTED_MAX_MS = 4000

/** Rejects with the first answer that was not right, or with what did not stay where it was. */
export async function soakWire(options: SoakOptions, log: (line: string) => void): Promise<void> {
  const { seed, idle, busy } = options
  const room = idle + busy * 3 + 100
  const limits = ['--limit', `max_connections=${room}`, '--limit', `max_connections_per_user=${room}`]
  const storms = ['--limit', `max_pending_connections=${room}`, '--limit', 'max_cancels_per_second=100000']
  const idleClients: WireClient[] = []
  const busyClients: BusyClient[] = []
  const load = await ServerUnderLoad.start([...limits, ...storms], async port => {
    await createTable(port)
    for (let index = 0; index < idle; index++) idleClients.push(await logIn(port, 'idle'))
    for (let index = 0; index < busy; index++) {
      busyClients.push(await BusyClient.start(port, index, new Choices(seed + index)))
    }
  })
  try {
    for (let lap = 1; lap <= LAPS; lap++) {
      const until = performance.now() + (options.seconds * 1000) / LAPS
      await Promise.all(busyClients.map(client => workUntil(client, until)))
      const line = lapLine(await load.endLap())
      log(`lap ${lap} of ${LAPS}: ${progressOf(busyClients)}; ${line}`)
    }
    load.checkMemory()
    load.checkAnswers(COMPUTED_MAX_MS)
    checkProgress(busyClients)
    for (const client of idleClients) await answers(client)
  } finally {
    for (const client of [...idleClients, ...busyClients]) client.close()
    await load.stop()
  }
}

async function workUntil(client: BusyClient, until: number): Promise<void> {
  while (performance.now() < until) await client.work()
}

function progressOf(clients: readonly BusyClient[]): string {
  const counts = clients.map(({ progress }) => progress)
  return `${clients.length} clients did ${Math.min(...counts)} to ${Math.max(...counts)} activities each`
}

function checkProgress(clients: readonly BusyClient[]): void {
  const counts = clients.map(({ progress }) => progress)
  // The small number is for runs so short that chance decides.
  const least = Math.max(...counts) / UNFAIRNESS_MAX - 5
  assert(Math.min(...counts) >= least, `a client is starved: ${progressOf(clients)}`)
}

async function createTable(port: number): Promise<void> {
  const client = await logIn(port, 'maker')
  await client.send(serialize.query(busyTable))
  assert.equal(summary(await client.readUntilReady()), 'C(CREATE TABLE) Z(I)')
  client.close()
}

async function logIn(port: number, user: string): Promise<WireClient> {
  const client = await WireClient.open(port)
  await client.send(startup({ user, database: 'dev' }))
  assert.match(summary(await client.readUntilReady()), /Z\(I\)$/)
  return client
}

async function answers(client: WireClient): Promise<void> {
  await client.send(serialize.query('SELECT 1'))
  assert.equal(summary(await client.readUntilReady()), 'T(1) D C(SELECT 1) Z(I)')
}
