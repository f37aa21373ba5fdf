/**
 * Bytes on their way to a client: messages are written into one chunk, which goes to the socket when it is
 * full or flushed. `ready` is the backpressure: awaited between rows, it holds the row source while the
 * client is slow, so that a result of any size costs `bytesMax` and a chunk. Writers move `position` past a
 * message only when all of it is there: an error in the middle leaves nothing behind.
 */

import type { Socket } from 'node:net'
import type { Slicer } from '../../executor/runtime/slicer.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { ClientEncoding } from '../encoding/encoding-names.ts'

const CHUNK_BYTES = 64 * 1024
/** A chunk and the row that fills it. */
const ALLOCATION_BYTES = CHUNK_BYTES + 16 * 1024
/** Chunks that were sent and are used again while a result lasts. */
const SPARES_MAX = 4

export class OutputBuffer {
  /** Of the text in messages. */
  encoding: ClientEncoding = 'UTF8'
  /** Writers may put bytes at `position` after `reserve`. */
  bytes: Buffer = Buffer.allocUnsafe(ALLOCATION_BYTES)
  /** Of `bytes`. */
  view: DataView = viewOf(this.bytes)
  position = 0
  /** Where a writer of many rows stops, between two of them, to await `ready`. */
  fullAt = CHUNK_BYTES
  /** What lies before it was given to the socket. */
  #start = 0
  readonly #socket: Socket
  readonly #bytesMax: number
  readonly #slicer: Slicer
  readonly #spares: Buffer[] = []

  /** `bytesMax`: what the socket may hold back for a slow client before the writer waits. */
  constructor(socket: Socket, bytesMax: number, slicer: Slicer) {
    this.#socket = socket
    this.#bytesMax = bytesMax
    this.#slicer = slicer
  }

  get isFull(): boolean {
    return this.position >= this.fullAt
  }

  /** What the client has not taken. */
  get waitingBytes(): number {
    return this.#socket.writableLength + this.position - this.#start
  }

  /** Makes room for `count` more bytes at `position`. */
  reserve(count: number): void {
    if (this.position + count <= this.bytes.length) return
    const held = this.position - this.#start
    const grown = Buffer.allocUnsafe(Math.max(ALLOCATION_BYTES, held * 2, held + count))
    this.bytes.copy(grown, 0, this.#start, this.position)
    this.#use(grown, held)
  }

  /** Appends a whole message. */
  add(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.position)
    this.position += bytes.length
  }

  /** Gives everything to the socket. */
  flush(): void {
    const { position } = this
    if (position === this.#start) return
    if (this.#socket.destroyed || this.#socket.writableEnded) {
      this.position = this.#start
      return
    }
    const { bytes } = this
    const chunk = bytes.subarray(this.#start, position)
    // Short answers share an allocation.
    if (bytes.length - position >= ALLOCATION_BYTES - CHUNK_BYTES) {
      this.#start = position
      this.fullAt = position + CHUNK_BYTES
      this.#socket.write(chunk)
    } else {
      this.#use(this.#spares.pop() ?? Buffer.allocUnsafe(ALLOCATION_BYTES), 0)
      // What was written before of the same allocation is sent before.
      this.#socket.write(chunk, () => this.#keep(bytes))
    }
    if (this.#isBlocked) this.fullAt = 0
  }

  /** Nothing more is to be sent for now. */
  rest(): void {
    this.#spares.length = 0
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === ALLOCATION_BYTES && this.#spares.length < SPARES_MAX) this.#spares.push(bytes)
  }

  /**
   * Flushes and waits until the socket takes more, or is closed. With `stallMs` > 0 it rejects with 57P05
   * (FATAL) when the client takes nothing for that long.
   */
  async ready(stallMs = 0): Promise<void> {
    this.flush()
    if (this.#isBlocked && !this.#socket.destroyed) {
      await drained(this.#socket, stallMs)
      this.#slicer.restart()
    } else if (this.#slicer.expired()) await this.#slicer.pause()
    this.fullAt = this.#start + CHUNK_BYTES
  }

  get #isBlocked(): boolean {
    return this.#socket.writableLength >= this.#bytesMax
  }

  #use(bytes: Buffer, position: number): void {
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.#start = 0
    this.position = position
    this.fullAt = CHUNK_BYTES
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function drained(socket: Socket, stallMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const finish = (): void => {
      clearInterval(timer)
      socket.off('drain', done)
      socket.off('close', done)
    }
    const done = (): void => {
      finish()
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
    if (stallMs === 0) return
    let heldBytes = socket.writableLength
    timer = setInterval(() => {
      if (socket.writableLength < heldBytes) {
        heldBytes = socket.writableLength
        return
      }
      finish()
      reject(stalled())
    }, stallMs)
  })
}

function stalled(): SqlError {
  return new SqlError(
    SqlState.idleSessionTimeout,
    'terminating connection because the subscription is not being read',
    { severity: 'FATAL' },
  )
}
