/**
 * Bytes on their way to a client: messages are written into one growing chunk, which goes to the socket when
 * it is
 * full or flushed. `ready()` is the backpressure: awaited between rows, it holds the row source while the
 * client is slow,
 * so a result of any size costs one chunk plus what the socket takes.
 */

import type { Socket } from 'node:net'

const CHUNK_BYTES = 64 * 1024

export class OutputBuffer {
  /** The open chunk; writers may put bytes at `position` after `reserve`. */
  bytes: Buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  position = 0
  readonly #socket: Socket
  #blocked = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Makes room for `count` more bytes at `position`. */
  reserve(count: number): void {
    if (this.position + count <= this.bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.position + count))
    this.bytes.copy(grown, 0, 0, this.position)
    this.bytes = grown
  }

  /** Starts a message; returns where it starts, for `end`. */
  begin(type: number): number {
    this.reserve(5)
    const start = this.position
    this.bytes[start] = type
    this.position += 5
    return start
  }

  /** Fills in the length of the message that began at `start`. */
  end(start: number): void {
    this.bytes.writeInt32BE(this.position - start - 1, start + 1)
  }

  int16(value: number): void {
    this.reserve(2)
    this.bytes[this.position++] = value >>> 8
    this.bytes[this.position++] = value
  }

  int32(value: number): void {
    this.reserve(4)
    this.bytes[this.position++] = value >>> 24
    this.bytes[this.position++] = value >>> 16
    this.bytes[this.position++] = value >>> 8
    this.bytes[this.position++] = value
  }

  add(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.position)
    this.position += bytes.length
  }

  /** Text as UTF-8, without a terminator. */
  text(value: string): void {
    this.reserve(value.length * 3)
    this.position += this.bytes.write(value, this.position, 'utf8')
  }

  /** ASCII text, one byte a character. */
  ascii(value: string): void {
    this.reserve(value.length)
    this.position += this.bytes.write(value, this.position, 'latin1')
  }

  /** True when enough is buffered that the writer of many rows should await `ready`. */
  get isFull(): boolean {
    return this.position >= CHUNK_BYTES || this.#blocked
  }

  /** Gives everything to the socket. */
  flush(): void {
    if (this.position === 0 || this.#socket.destroyed) {
      this.position = 0
      return
    }
    const chunk = this.bytes.subarray(0, this.position)
    this.bytes = Buffer.allocUnsafe(CHUNK_BYTES)
    this.position = 0
    if (!this.#socket.write(chunk)) this.#blocked = true
  }

  /** Flushes and waits until the socket takes more, or is closed. */
  async ready(): Promise<void> {
    this.flush()
    if (!this.#blocked || this.#socket.destroyed) return
    await new Promise<void>(resolve => {
      const done = (): void => {
        this.#socket.off('drain', done)
        this.#socket.off('close', done)
        resolve()
      }
      this.#socket.on('drain', done)
      this.#socket.on('close', done)
    })
    this.#blocked = false
  }
}
