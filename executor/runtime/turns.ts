/**
 * Whose turn it is. All pieces of long work share one queue, of which one goes on every few rounds of the
 * event loop: however many statements run, a round is no longer than a slice, and with it the wait of a
 * client that asks for something short.
 */

/** Node accepts one connection a round: so many can come in beside each slice. Empty rounds cost little. */
const ROUNDS = 4

export class Turns {
  readonly #waiting: (() => void)[] = []
  /** Rounds until the next turn; 0 = nobody waits. */
  #roundsLeft = 0

  /** Resolves in the turn of the caller, after a round of the event loop at least. */
  next(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      if (this.#roundsLeft === 0) this.#schedule()
    })
  }

  #schedule(): void {
    this.#roundsLeft = this.#waiting.length === 0 ? 0 : ROUNDS
    if (this.#roundsLeft > 0) setImmediate(() => this.#endRound())
  }

  #endRound(): void {
    if (--this.#roundsLeft > 0) {
      setImmediate(() => this.#endRound())
      return
    }
    this.#waiting.shift()!()
    this.#schedule()
  }
}
