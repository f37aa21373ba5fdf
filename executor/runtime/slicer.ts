/**
 * Cuts long work into slices so that the event loop, and with it every client, gets its turn: after `sliceMs`
 * of work the worker waits for its next turn. Each concurrent piece of work has a slicer of its own.
 */

import type { Awaitable } from './awaitable.ts'
import type { Turns } from './turns.ts'

export class Slicer {
  readonly #sliceMs: number
  readonly #monotonicMs: () => number
  readonly #turns: Turns
  #startedMs: number
  #hasPaused = false

  /** `monotonicMs` never goes back; its zero does not matter. */
  constructor(sliceMs: number, monotonicMs: () => number, turns: Turns) {
    this.#sliceMs = sliceMs
    this.#monotonicMs = monotonicMs
    this.#turns = turns
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

  /**
   * Lets others have their turn, then starts a new slice. At first that is a round of the event loop: short
   * work whose slice others used up, while it waited, is not to queue behind all the long work.
   */
  async pause(): Promise<void> {
    if (this.#hasPaused) return this.queue()
    this.#hasPaused = true
    await new Promise<void>(resolve => {
      setImmediate(resolve)
    })
    this.restart()
  }

  /** Waits for a turn of its own, then starts a new slice. */
  async queue(): Promise<void> {
    this.#hasPaused = true
    await this.#turns.next()
    this.restart()
  }

  /** Runs the steps, pausing where a slice ends, to their result: a promise when there was a pause. */
  run<T>(steps: Iterator<void, T>): Awaitable<T> {
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      if (this.expired()) return this.pause().then(() => this.run(steps))
    }
  }

  /** The work was idle meanwhile (it awaited something else): a new slice starts now. */
  restart(): void {
    this.#startedMs = this.#monotonicMs()
  }

  /** Other work begins, which did not pause yet. */
  begin(): void {
    this.#hasPaused = false
    this.restart()
  }
}
