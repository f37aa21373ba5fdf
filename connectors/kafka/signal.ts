/** Wakes up whoever waits: a condition variable for one event loop. */

export class Signal {
  #waiters: (() => void)[] = []

  /** Resolves at the next notify, or after `timeoutMs`. */
  wait(timeoutMs?: number): Promise<void> {
    return new Promise(resolve => {
      if (timeoutMs === undefined) {
        this.#waiters.push(resolve)
        return
      }
      const timer = setTimeout(done, timeoutMs)
      function done(): void {
        clearTimeout(timer)
        resolve()
      }
      this.#waiters.push(done)
    })
  }

  notify(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
