/**
 * Cuts the byte stream of a client into frames, wherever the network cut it. A frame that is longer than its
 * limit is
 * skipped as it arrives and reported with `skipped`, so that the connection can go on.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { WireLimits } from './limits.ts'

/** One message of a client: its type byte (0 in start-up frames, which have none) and its body. */
export interface Frame {
  readonly type: number
  readonly body: Buffer
  /** The body was over the limit of its type and is not here. */
  readonly skipped: boolean
}

const HEADER_BYTES = 5
const EXECUTE = 'E'.charCodeAt(0)
const SYNC = 'S'.charCodeAt(0)

export class FrameReader {
  readonly #limits: WireLimits
  #chunks: Buffer[] = []
  #bytes = 0
  /** Bytes of an oversized frame still to throw away, and its type. */
  #skipBytes = 0
  #skipType = 0

  constructor(limits: WireLimits) {
    this.#limits = limits
  }

  /** Bytes that are held and not yet read as frames. */
  get bufferedBytes(): number {
    return this.#bytes
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /**
   * The next start-up frame (length, then body), or undefined until it is complete. 08P01 for an absurd
   * length.
   */
  nextStartup(): Buffer | undefined {
    if (this.#bytes < 4) return undefined
    const length = this.#peek(4).readInt32BE(0)
    if (length < 8 || length > this.#limits.startupBytesMax) {
      throw new SqlError(SqlState.protocolViolation, 'invalid length of startup packet', {
        severity: 'FATAL',
      })
    }
    if (this.#bytes < length) return undefined
    return this.#take(length).subarray(4)
  }

  /** The next message, or undefined until it is complete. 08P01 for a length that cannot be. */
  next(): Frame | undefined {
    if (this.#skipBytes > 0 && !this.#skip()) return undefined
    if (this.#skipType !== 0) return this.#finishSkip()
    if (this.#bytes < HEADER_BYTES) return undefined
    const header = this.#peek(HEADER_BYTES)
    const type = header[0]!
    const length = header.readInt32BE(1)
    if (length < 4) {
      throw new SqlError(SqlState.protocolViolation, 'invalid message length', { severity: 'FATAL' })
    }
    if (length - 4 > this.#limitOf(type)) {
      this.#take(HEADER_BYTES)
      this.#skipBytes = length - 4
      this.#skipType = type
      return this.#skip() ? this.#finishSkip() : undefined
    }
    if (this.#bytes < length + 1) return undefined
    // Whether Sync follows decides when the statement commits; it must not depend on how the network cut the
    // bytes.
    if (type === EXECUTE && this.#bytes === length + 1) return undefined
    return { type, body: this.#take(length + 1).subarray(HEADER_BYTES), skipped: false }
  }

  /** True when the message after the one that `next` returned is Sync. */
  get isSyncNext(): boolean {
    return this.#chunks[0]?.[0] === SYNC
  }

  #limitOf(type: number): number {
    switch (String.fromCharCode(type)) {
      case 'Q':
      case 'P':
        return this.#limits.queryBytesMax
      case 'B':
        return this.#limits.bindBytesMax
      default:
        return this.#limits.messageBytesMax
    }
  }

  /** Throws away what is here of an oversized body; true when all of it has gone by. */
  #skip(): boolean {
    const here = Math.min(this.#skipBytes, this.#bytes)
    if (here > 0) this.#drop(here)
    this.#skipBytes -= here
    return this.#skipBytes === 0
  }

  #finishSkip(): Frame {
    const type = this.#skipType
    this.#skipType = 0
    return { type, body: Buffer.alloc(0), skipped: true }
  }

  #peek(bytes: number): Buffer {
    if (this.#chunks[0]!.length < bytes) this.#merge(bytes)
    return this.#chunks[0]!
  }

  #take(bytes: number): Buffer {
    const first = this.#peek(bytes)
    this.#drop(bytes)
    return first.subarray(0, bytes)
  }

  /** Makes the first chunk hold at least `bytes`; a long frame of many small chunks is joined once. */
  #merge(bytes: number): void {
    let joined = 0
    let count = 0
    while (joined < bytes) joined += this.#chunks[count++]!.length
    this.#chunks.splice(0, count, Buffer.concat(this.#chunks.slice(0, count), joined))
  }

  #drop(bytes: number): void {
    this.#bytes -= bytes
    let left = bytes
    while (left > 0) {
      const first = this.#chunks[0]!
      if (first.length > left) {
        this.#chunks[0] = first.subarray(left)
        return
      }
      left -= first.length
      this.#chunks.shift()
    }
  }
}
