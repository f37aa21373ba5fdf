/**
 * Cuts the byte stream of a client into frames, wherever the network cut it. A frame over the limit of its
 * type, or one for which the server has no memory left, is skipped as it arrives and reported as refused, so
 * that the connection can go on.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { WireLimits } from './limits.ts'
import type { MessageMemory } from './message-memory.ts'

/** One message of a client: its type byte and its body. */
export interface Frame {
  readonly type: number
  readonly body: Buffer
  /** The body is not here: too long, or too much with what the other clients sent. */
  readonly refusal: 'too_long' | 'no_memory' | undefined
}

const HEADER_BYTES = 5
const QUERY = 'Q'.charCodeAt(0)
const PARSE = 'P'.charCodeAt(0)
const BIND = 'B'.charCodeAt(0)
const EXECUTE = 'E'.charCodeAt(0)
const COPY_DATA = 'd'.charCodeAt(0)
const SYNC = 'S'.charCodeAt(0)
const PASSWORD = 'p'.charCodeAt(0)
/** What PostgreSQL takes for a length at all. */
const LENGTH_MAX = 0x3fffffff
/** Chunks below this are joined with their like, so that a byte at a time does not cost a chunk each. */
const SMALL_CHUNK_BYTES = 16 * 1024

/** The messages that a client may send after start-up: Bind, Close, CopyData and so on. */
const knownTypes = new Set([...'BCDEFHPQSXcdf'].map(letter => letter.charCodeAt(0)))

export class FrameReader {
  readonly #limits: WireLimits
  readonly #memory: MessageMemory
  /** None is read to its end. */
  #chunks: Buffer[] = []
  /** Where the first chunk has been read up to. */
  #at = 0
  #bytes = 0
  /** Bytes of the frame that was handed out last. */
  #takenBytes = 0
  /** Bytes of a refused frame still to throw away, its type and why. */
  #skipBytes = 0
  #skipType = 0
  #skipReason: Frame['refusal']

  /** What is held here, up to the frame that is being handled, counts in `memory`. */
  constructor(limits: WireLimits, memory: MessageMemory) {
    this.#limits = limits
    this.#memory = memory
  }

  /** Bytes that are held and not yet read as frames. */
  get bufferedBytes(): number {
    return this.#bytes
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#bytes += chunk.length
    this.#memory.take(chunk.length)
    if (this.#at > 0) this.#cutFirst()
    let last = chunk
    let before = this.#chunks.at(-1)
    while (before !== undefined && before.length <= last.length && last.length < SMALL_CHUNK_BYTES) {
      last = Buffer.concat([before, last])
      this.#chunks.pop()
      before = this.#chunks.at(-1)
    }
    this.#chunks.push(last)
  }

  /** The last frame was handled. */
  release(): void {
    if (this.#takenBytes > 0) this.#memory.free(this.#takenBytes)
    this.#takenBytes = 0
  }

  /** Forgets everything: the connection is closed. */
  close(): void {
    this.release()
    this.#memory.free(this.#bytes)
    this.#bytes = 0
    this.#chunks = []
    this.#at = 0
  }

  /**
   * The next start-up frame (length, then body), or undefined until it is complete. 08P01 for an absurd
   * length.
   */
  nextStartup(): Buffer | undefined {
    if (this.#bytes < 4) return undefined
    const length = this.#peek(4).readInt32BE(this.#at)
    if (length < 8 || length > this.#limits.startupBytesMax) throw fatal('invalid length of startup packet')
    if (this.#bytes < length) return undefined
    return this.#take(4, length)
  }

  /** The body of the answer to a password or SASL request, or undefined until it is complete. 08P01. */
  nextPassword(): Buffer | undefined {
    if (this.#bytes < 1) return undefined
    const type = this.#peek(1)[this.#at]!
    if (type !== PASSWORD) throw fatal(`expected password response, got message type ${type}`)
    if (this.#bytes < HEADER_BYTES) return undefined
    const length = this.#peek(HEADER_BYTES).readInt32BE(this.#at + 1)
    if (length < 4 || length > this.#limits.passwordBytesMax) throw fatal('invalid message length')
    if (this.#bytes < length + 1) return undefined
    return this.#take(HEADER_BYTES, length + 1)
  }

  /** The next message, or undefined until it is complete. 08P01 for a type or length that cannot be. */
  next(): Frame | undefined {
    if (this.#skipBytes > 0 && !this.#skip()) return undefined
    if (this.#skipReason !== undefined) return this.#finishSkip()
    if (this.#bytes < HEADER_BYTES) return undefined
    const header = this.#peek(HEADER_BYTES)
    const type = header[this.#at]!
    const length = header.readInt32BE(this.#at + 1)
    if (!knownTypes.has(type)) throw fatal(`invalid frontend message type ${type}`)
    if (length < 4 || length > LENGTH_MAX) throw fatal('invalid message length')
    const refusal = this.#refusalOf(type, length)
    if (refusal !== undefined) {
      this.#drop(HEADER_BYTES)
      this.#skipBytes = length - 4
      this.#skipType = type
      this.#skipReason = refusal
      return this.#skip() ? this.#finishSkip() : undefined
    }
    if (this.#bytes < length + 1) return undefined
    // Whether Sync follows decides when the statement commits; it must not depend on how the network cut the
    // bytes.
    if (type === EXECUTE && this.#bytes === length + 1) return undefined
    return { type, body: this.#take(HEADER_BYTES, length + 1), refusal: undefined }
  }

  /** True when the message after the one that `next` returned is Sync. */
  get isSyncNext(): boolean {
    return this.#chunks[0]?.[this.#at] === SYNC
  }

  #refusalOf(type: number, length: number): Frame['refusal'] {
    if (length - 4 > this.#limitOf(type)) return 'too_long'
    return length > this.#limits.smallMessageBytes && this.#memory.isExceeded ? 'no_memory' : undefined
  }

  #limitOf(type: number): number {
    switch (type) {
      case QUERY:
      case PARSE:
        return this.#limits.queryBytesMax
      case BIND:
        return this.#limits.bindBytesMax
      case COPY_DATA:
        return this.#limits.copyDataBytesMax
      default:
        return this.#limits.messageBytesMax
    }
  }

  /** Throws away what is here of a refused body; true when all of it has gone by. */
  #skip(): boolean {
    const here = Math.min(this.#skipBytes, this.#bytes)
    if (here > 0) this.#drop(here)
    this.#skipBytes -= here
    return this.#skipBytes === 0
  }

  #finishSkip(): Frame {
    const refusal = this.#skipReason
    this.#skipReason = undefined
    return { type: this.#skipType, body: Buffer.alloc(0), refusal }
  }

  /**
   * The first chunk, made to hold at least `bytes` from #at on; a long frame of many chunks is joined once.
   */
  #peek(bytes: number): Buffer {
    const first = this.#chunks[0]!
    if (first.length - this.#at >= bytes) return first
    this.#cutFirst()
    let joined = 0
    let count = 0
    while (joined < bytes) joined += this.#chunks[count++]!.length
    const whole = Buffer.concat(this.#chunks.slice(0, count), joined)
    this.#chunks.splice(0, count, whole)
    return whole
  }

  /** Bytes [from, to) of what comes next, read up to there; all of it counts until `release`. */
  #take(from: number, to: number): Buffer {
    const taken = this.#peek(to).subarray(this.#at + from, this.#at + to)
    this.#takenBytes += to
    this.#pass(to)
    return taken
  }

  #drop(bytes: number): void {
    this.#memory.free(bytes)
    this.#pass(bytes)
  }

  #pass(bytes: number): void {
    this.#bytes -= bytes
    this.#at += bytes
    while (this.#chunks.length > 0 && this.#at >= this.#chunks[0]!.length) {
      this.#at -= this.#chunks.shift()!.length
    }
  }

  #cutFirst(): void {
    this.#chunks[0] = this.#chunks[0]!.subarray(this.#at)
    this.#at = 0
  }
}

function fatal(message: string): SqlError {
  return new SqlError(SqlState.protocolViolation, message, { severity: 'FATAL' })
}
