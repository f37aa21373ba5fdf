/**
 * Whose turn it is. All pieces of long work share one queue, of which one goes on per round of the event
 * loop: however many statements run, a round is no longer than a slice, and with it the wait of a client that
 * connects (Node accepts one connection a round) or asks for something short.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #isScheduled = false

  /** Resolves in the turn of the caller, after a round of the event loop at least. */
  next(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#waiting.shift()?.()
      if (this.#waiting.length > 0) this.#schedule()
    })
  }
}
