/**
 * Who may hold how many bytes. Limits stand in one another: what a query holds counts for the server too.
 * Holders say from time to time how much they have, when it is there already: a limit is passed by a batch or
 * so before it is noticed.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'

/** Who holds too much, for the error. */
export interface Refusal {
  /** "The transaction holds". */
  readonly holder: string
  readonly hint?: string | undefined
}

export class MemoryLimit {
  readonly #bytesMax: number
  readonly #refusal: Refusal
  #within: MemoryLimit | undefined
  #bytes = 0

  /** `within`: counts there too, until it is closed. */
  constructor(bytesMax: number, refusal: Refusal, within?: MemoryLimit) {
    this.#bytesMax = bytesMax
    this.#refusal = refusal
    this.#within = within
  }

  get bytes(): number {
    return this.#bytes
  }

  /** 53200 when there is no room for so many bytes more, here or in what it stands in. */
  refusal(more: number): SqlError | undefined {
    const bytes = this.#bytes + more
    if (bytes <= this.#bytesMax) return this.#within?.refusal(more)
    const { holder, hint } = this.#refusal
    const detail = `${holder} ${bytes} bytes; ${this.#bytesMax} are allowed.`
    return new SqlError(SqlState.outOfMemory, 'out of memory', { detail, hint })
  }

  add(more: number): void {
    this.#bytes += more
    this.#within?.add(more)
  }

  /** All is given back to what it stands in, also what is still held here, and what will be. */
  close(): void {
    this.#within?.add(-this.#bytes)
    this.#within = undefined
  }
}

/** What one holder has of a limit. */
export class MemoryShare {
  readonly #limit: MemoryLimit
  #bytes = 0

  constructor(limit: MemoryLimit) {
    this.#limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The holder has so many bytes now. 53200 when it may not have them; then it counts what it had. */
  hold(bytes: number): void {
    const refusal = this.refusal(bytes)
    if (refusal !== undefined) throw refusal
    this.#limit.add(bytes - this.#bytes)
    this.#bytes = bytes
  }

  /** Why it may not have so many bytes. */
  refusal(bytes: number): SqlError | undefined {
    return bytes <= this.#bytes ? undefined : this.#limit.refusal(bytes - this.#bytes)
  }

  free(): void {
    this.hold(0)
  }
}
