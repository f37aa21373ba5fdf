/**
 * Cuts long work into slices so that the event loop, and with it every client, gets its turn: after `sliceMs`
 * of work the worker waits for its next turn. Each concurrent piece of work has a slicer of its own.
 */

import type { Awaitable } from './awaitable.ts'
import type { Turns } from './turns.ts'

/**
 * Work begins with short slices, each in the next round of the event loop, which it shares with all the other
 * work that begins. What is not done then is long, and queues.
 */
const SHORT_SLICES = 3
/** Of a slice. */
const SHORT_SLICE = 0.4

export class Slicer {
  readonly #sliceMs: number
  readonly #monotonicMs: () => number
  readonly #turns: Turns
  #startedMs: number
  /** Used up so far. */
  #slices = 0

  /** `monotonicMs` never goes back; its zero does not matter. */
  constructor(sliceMs: number, monotonicMs: () => number, turns: Turns) {
    this.#sliceMs = sliceMs
    this.#monotonicMs = monotonicMs
    this.#turns = turns
    this.#startedMs = monotonicMs()
  }

  /** True when the slice is used up: await `pause` before going on. */
  expired(): boolean {
    const isShort = this.#slices < SHORT_SLICES
    return this.#monotonicMs() - this.#startedMs >= (isShort ? this.#sliceMs * SHORT_SLICE : this.#sliceMs)
  }

  /** Runs `work`; returns how much of a slice it took, 1 for all of one. */
  measure(work: () => void): number {
    const startedMs = this.#monotonicMs()
    work()
    return (this.#monotonicMs() - startedMs) / this.#sliceMs
  }

  /** Lets others have their turn, then starts a new slice. */
  async pause(): Promise<void> {
    this.#slices += 1
    if (this.#slices >= SHORT_SLICES) return this.queue()
    await new Promise<void>(resolve => {
      setImmediate(resolve)
    })
    this.restart()
  }

  /** Waits for a turn of its own, then starts a new slice. */
  async queue(): Promise<void> {
    this.#slices = SHORT_SLICES
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
    this.#slices = 0
    this.restart()
  }
}
