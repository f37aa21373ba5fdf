/** How long one client may keep the event loop before others have their turn. */

export class Turn {
  readonly #ms: number
  #startMs = performance.now()

  constructor(ms: number) {
    this.#ms = ms
  }

  /** True when the turn is used up: await `next` before going on. */
  get isOver(): boolean {
    return performance.now() - this.#startMs >= this.#ms
  }

  /** Lets the event loop run once, then begins a new turn. */
  async next(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    this.restart()
  }

  /** Others had their turn meanwhile. */
  restart(): void {
    this.#startMs = performance.now()
  }
}
