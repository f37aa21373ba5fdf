/**
 * Hostile clients against a server process, for a given time: no crash, no error of the server's own, no
 * growth of memory, no file descriptor left behind, and a well-behaved client is answered all the time.
 */

import { serialize } from 'pg-protocol'
import { Choices, fuzzTable } from '../server/pgwire/random-messages.ts'
import { CertificateFolder } from '../support/certificates.ts'
import { startup, WireClient } from '../support/wire-client.ts'
import { attacks, chooseAttack, type Target } from './hostile-clients.ts'
import { recordSessions } from './recorded-sessions.ts'
import { lapLine, ServerUnderLoad } from './server-under-load.ts'

export interface FuzzOptions {
  readonly seconds: number
  readonly seed: number
  /** Ends after so many clients; 0 = by time alone. */
  readonly clients: number
}

/** Hostile clients at a time. */
const CONCURRENT = 8
const LAPS = 5
/** Clients take a second, on a machine that is busy otherwise several. */
const CLIENT_MAX_MS = 60_000
/**
 * What the server may compute, in all, between a question and its answer. It is 50 ms at the most on a quiet
 * machine; a slow one that compiles the code meanwhile takes several times as long.
 */
const COMPUTED_MAX_MS = 1000

/** Rejects with what was found and how to repeat it. */
export async function fuzzWire(options: FuzzOptions, log: (line: string) => void): Promise<void> {
  const certificates = new CertificateFolder()
  try {
    const { certFile, keyFile } = certificates.issue('server')
    const tls = ['--ssl-cert-file', certFile, '--ssl-key-file', keyFile]
    let recorded: readonly Buffer[] = []
    const load = await ServerUnderLoad.start([...tls, '--set', 'statement_timeout=2s'], async port => {
      await createTable(port)
      recorded = await recordSessions(port)
    })
    try {
      await runLaps(load, { port: load.port, recorded }, options, log)
    } finally {
      await load.stop()
    }
  } finally {
    certificates.remove()
  }
}

async function runLaps(
  load: ServerUnderLoad,
  target: Target,
  { seconds, seed, clients }: FuzzOptions,
  log: (line: string) => void,
): Promise<void> {
  let next = seed
  const end = clients === 0 ? Number.POSITIVE_INFINITY : seed + clients
  for (let lap = 1; lap <= LAPS && next < end; lap++) {
    const until = performance.now() + (seconds * 1000) / LAPS
    const worker = async (): Promise<void> => {
      while (performance.now() < until && next < end) await attack(load, target, next++)
    }
    await Promise.all(Array.from({ length: CONCURRENT }, worker))
    log(`lap ${lap} of ${LAPS}, seeds ${seed} to ${next - 1}: ${lapLine(await load.endLap())}`)
  }
  load.checkMemory()
  load.checkAnswers(COMPUTED_MAX_MS)
}

async function attack(load: ServerUnderLoad, target: Target, seed: number): Promise<void> {
  const choices = new Choices(seed)
  const chosen = chooseAttack(choices)
  const repeat = `npm run fuzz:wire -- --seed ${seed} --clients 1`
  try {
    await inTime(chosen.run(target, choices, repeat))
    load.checkAlive()
  } catch (error) {
    throw new Error(`${chosen.name} (or one of the ${CONCURRENT - 1} before it): ${repeat}`, { cause: error })
  }
}

/** Rejects when the client does not come to its end. */
async function inTime(run: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${CLIENT_MAX_MS} ms`)), CLIENT_MAX_MS)
  })
  try {
    await Promise.race([run, late])
  } finally {
    clearTimeout(timer)
  }
}

async function createTable(port: number): Promise<void> {
  const client = await WireClient.open(port)
  await client.send(startup({ user: 'maker', database: 'dev' }), serialize.query(fuzzTable))
  await client.readUntilReady(2)
  client.close()
}

/** What the clients do, for a first line. */
export const attackNames = attacks.map(({ name }) => name).join(', ')
