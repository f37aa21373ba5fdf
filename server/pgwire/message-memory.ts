/** Counts the bytes of messages that all clients of a server have sent and that are not handled yet. */

export class MessageMemory {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  get isExceeded(): boolean {
    return this.#bytes > this.#bytesMax
  }

  take(bytes: number): void {
    this.#bytes += bytes
  }

  free(bytes: number): void {
    this.#bytes -= bytes
  }
}
