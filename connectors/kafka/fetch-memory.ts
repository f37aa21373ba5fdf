/**
 * Memory of fetch responses that is used again once every record in it was decoded and no column points into
 * it. Fresh memory costs page faults and, since V8 counts what buffers hold, a garbage collection per 64 MiB
 * that were read.
 */

/** Smaller responses are not worth keeping. */
const KEPT_BYTES_MIN = 64 << 10
/** One response is being read and some wait to be decoded; more than this many are never free for long. */
const FREE_MAX = 2
/** Responses differ a little in size; memory is made in these steps, so that it fits the next one. */
const STEP_BYTES = 1 << 20

export class FetchMemory {
  readonly #free: ArrayBuffer[] = []

  /** Uninitialised memory of exactly so many bytes. */
  take(bytes: number): Buffer {
    if (bytes < KEPT_BYTES_MIN) return Buffer.allocUnsafeSlow(bytes)
    const fitting = this.#free.findIndex(
      ({ byteLength }) => byteLength >= bytes && byteLength <= bytes * 2 + STEP_BYTES,
    )
    if (fitting >= 0) return Buffer.from(this.#free.splice(fitting, 1)[0]!, 0, bytes)
    const rounded = Math.ceil(bytes / STEP_BYTES) * STEP_BYTES
    return Buffer.allocUnsafeSlow(rounded).subarray(0, bytes)
  }

  /** Nothing reads or points into `memory` any more. */
  release(memory: ArrayBufferLike): void {
    if (!(memory instanceof ArrayBuffer) || memory.byteLength < KEPT_BYTES_MIN) return
    if (this.#free.length === FREE_MAX) this.#free.shift()
    this.#free.push(memory)
  }
}
