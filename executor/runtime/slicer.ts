/**
 * Cuts long work into slices so that the event loop, and with it every client, gets its turn: after `sliceMs`
 * of work the worker waits for one round of the event loop. Each concurrent piece of work has a slicer of its
 * own.
 */

export class Slicer {
  readonly #sliceMs: number
  readonly #monotonicMs: () => number
  #startedMs: number

  /** `monotonicMs` never goes back; its zero does not matter. */
  constructor(sliceMs: number, monotonicMs: () => number) {
    this.#sliceMs = sliceMs
    this.#monotonicMs = monotonicMs
    this.#startedMs = monotonicMs()
  }

  /** True when the slice is used up: await `pause` before going on. */
  expired(): boolean {
    return this.#monotonicMs() - this.#startedMs >= this.#sliceMs
  }

  /** Runs `work`; returns how much of a slice it took, 1 for all of one. */
  measure(work: () => void): number {
    const startedMs = this.#monotonicMs()
    work()
    return (this.#monotonicMs() - startedMs) / this.#sliceMs
  }

  /** Lets the event loop run once, then starts a new slice. */
  async pause(): Promise<void> {
    await new Promise<void>(resolve => setImmediate(resolve))
    this.#startedMs = this.#monotonicMs()
  }

  /** The work was idle meanwhile (it awaited something else): a new slice starts now. */
  restart(): void {
    this.#startedMs = this.#monotonicMs()
  }
}
