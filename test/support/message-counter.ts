/** Counts the messages in a server's byte stream without keeping their bodies: for results of any size. */

export class MessageCounter {
  /** Messages seen so far, by type letter. */
  readonly counts = new Map<string, number>()
  #header = Buffer.alloc(5)
  #headerBytes = 0
  /** Bytes left of the present message's body. */
  #bodyBytes = 0

  count(type: string): number {
    return this.counts.get(type) ?? 0
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#bodyBytes > 0) {
        const here = Math.min(this.#bodyBytes, chunk.length - at)
        this.#bodyBytes -= here
        at += here
        continue
      }
      this.#header[this.#headerBytes++] = chunk[at++]!
      if (this.#headerBytes === 5) this.#start()
    }
  }

  #start(): void {
    this.#headerBytes = 0
    const type = String.fromCharCode(this.#header[0]!)
    this.counts.set(type, this.count(type) + 1)
    this.#bodyBytes = this.#header.readInt32BE(1) - 4
  }
}
