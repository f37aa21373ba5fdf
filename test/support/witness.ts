/**
 * A well-behaved client beside badly behaved ones: asks SELECT 1 every few milliseconds from a thread of its
 * own and says how long the answers took.
 */

import { Worker } from 'node:worker_threads'

/** What the thread is given. */
export interface WitnessRequest {
  readonly port: number
  /** Of the server. */
  readonly processId: number
  /** Pause after an answer. */
  readonly everyMs: number
}

export interface WitnessSample {
  readonly wallMs: number
  /** What the server's main thread computed between question and answer. */
  readonly computedMs: number
}

/** Milliseconds. `computed` is the part that the server can answer for, whatever else the machine does. */
export interface WitnessReport {
  readonly answers: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly computedMax: number
}

export class Witness {
  readonly #thread: Worker
  readonly #exited: Promise<void>
  #failure: Error | undefined

  private constructor(thread: Worker) {
    this.#thread = thread
    this.#exited = new Promise(resolve => {
      thread.on('exit', () => resolve())
    })
    thread.on('error', error => {
      this.#failure = error as Error
    })
  }

  static async start(request: WitnessRequest): Promise<Witness> {
    const thread = new Worker(new URL('./witness-thread.js', import.meta.url), { workerData: request })
    const witness = new Witness(thread)
    await witness.#message()
    return witness
  }

  /** The answers since the last call. */
  async take(): Promise<WitnessReport> {
    this.#thread.postMessage('take')
    return report((await this.#message()) as WitnessSample[])
  }

  async stop(): Promise<void> {
    this.#thread.postMessage('stop')
    await this.#exited
  }

  async #message(): Promise<unknown> {
    const message = await Promise.race([
      new Promise(resolve => this.#thread.once('message', resolve)),
      this.#exited,
    ])
    if (this.#failure !== undefined) throw this.#failure
    return message
  }
}

function report(samples: readonly WitnessSample[]): WitnessReport {
  const walls = samples.map(({ wallMs }) => wallMs).sort((left, right) => left - right)
  const at = (share: number): number => walls[Math.floor(share * (walls.length - 1))] ?? 0
  return {
    answers: walls.length,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    computedMax: samples.reduce((most, { computedMs }) => Math.max(most, computedMs), 0),
  }
}
