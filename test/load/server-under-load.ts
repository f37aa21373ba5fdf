/**
 * A server process under bad treatment: what must hold meanwhile and afterwards. It lives, logs no error of
 * its own, answers a well-behaved client, and gives back memory and file descriptors.
 */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { ServerProcess } from '../support/server-process.ts'
import { startup, WireClient } from '../support/wire-client.ts'
import { Witness, type WitnessReport } from '../support/witness.ts'

const MIB = 1024 * 1024
/**
 * What may come to memory from the first measurement to the last. Every cache has a limit, but five minutes
 * do not fill them: 4096 compiled functions, plans, 512 regular expressions, the most that the parser needed.
 */
const GROWTH_MAX_BYTES = 48 * MIB
const WITNESS_EVERY_MS = 5
/** For connections to be noticed as closed, and what they ran to be cancelled. */
const SETTLE_MS = 15_000

/** What a measurement between two laps found. */
export interface LapReport {
  readonly answers: WitnessReport
  /** After a full collection. */
  readonly heapBytes: number
  /** What the heap holds outside. */
  readonly externalBytes: number
  readonly residentBytes: number
}

export class ServerUnderLoad {
  readonly server: ServerProcess
  readonly #witness: Witness
  readonly #descriptors: number
  readonly #laps: LapReport[] = []

  private constructor(server: ServerProcess, witness: Witness, descriptors: number) {
    this.server = server
    this.#witness = witness
    this.#descriptors = descriptors
  }

  /** `prepare` runs before anything is measured. */
  static async start(
    options: readonly string[],
    prepare: (port: number) => Promise<void>,
  ): Promise<ServerUnderLoad> {
    const server = await ServerProcess.start([], options)
    try {
      await startParserThread(server.port)
      await prepare(server.port)
      const { port, processId } = server
      const witness = await Witness.start({ port, processId, everyMs: WITNESS_EVERY_MS })
      const descriptors = await fewestDescriptors(server, 0)
      return new ServerUnderLoad(server, witness, descriptors)
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  get port(): number {
    return this.server.port
  }

  /** After a lap, when all its clients have gone. */
  async endLap(): Promise<LapReport> {
    this.checkAlive()
    const answers = await this.#witness.take()
    const descriptors = await fewestDescriptors(this.server, this.#descriptors)
    const problem = `${descriptors} file descriptors are open, ${this.#descriptors} were`
    assert(descriptors <= this.#descriptors, problem)
    const { heapBytes, externalBytes, residentBytes } = await this.server.memory()
    // The pause for collecting is nobody's fault.
    await this.#witness.take()
    const lap = { answers, heapBytes, externalBytes, residentBytes }
    this.#laps.push(lap)
    return lap
  }

  checkAlive(): void {
    assert.equal(this.server.exit, undefined, 'the server ended')
    assert.equal(this.server.log, '', 'the server logged errors')
  }

  /** From the end of the first lap, which filled caches, to the end of the last. */
  checkMemory(): void {
    const [first, last] = [this.#laps[0]!, this.#laps.at(-1)!]
    const grown = last.heapBytes + last.externalBytes - first.heapBytes - first.externalBytes
    assert(grown < GROWTH_MAX_BYTES, `memory in use grew by ${mebibytes(grown)}`)
  }

  /** No answer took the server longer than this; a machine that is busy otherwise does not count. */
  checkAnswers(computedMaxMs: number): void {
    const worst = Math.max(...this.#laps.map(({ answers }) => answers.computedMax))
    assert(worst <= computedMaxMs, `a well-behaved client waited for ${worst.toFixed(0)} ms of computing`)
  }

  async stop(): Promise<void> {
    await this.#witness.stop()
    await this.server.stop()
  }
}

/** With the first long text, and its file descriptors stay open. */
async function startParserThread(port: number): Promise<void> {
  const client = await WireClient.open(port)
  const longText = `SELECT 1 /* ${'long '.repeat(10_000)} */`
  await client.send(startup({ user: 'root', database: 'dev' }), serialize.query(longText))
  await client.readUntilReady(2)
  client.close()
}

export function lapLine({ answers, heapBytes, externalBytes, residentBytes }: LapReport): string {
  const { p50, p99, max, computedMax } = answers
  const [median, nearlyAll, most, computed] = [p50, p99, max, computedMax].map(ms => ms.toFixed(1))
  const [heap, outside, resident] = [heapBytes, externalBytes, residentBytes].map(mebibytes)
  return (
    `memory ${heap} heap, ${outside} outside, ${resident} resident; another client's SELECT 1 ` +
    `${answers.answers} times in ${median} ms, p99 ${nearlyAll}, max ${most} (computed ${computed})`
  )
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`
}

/** The number of descriptors once it is down at `wanted`, or has not changed for a while. */
async function fewestDescriptors(server: ServerProcess, wanted: number): Promise<number> {
  const deadline = performance.now() + (wanted === 0 ? 500 : SETTLE_MS)
  let fewest = server.descriptorCount()
  while (fewest > wanted && performance.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 50))
    fewest = Math.min(fewest, server.descriptorCount())
  }
  return fewest
}
