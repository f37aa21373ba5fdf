/**
 * A client that costs next to nothing: what the server sends is read into one buffer and dropped, and only
 * the end of it is looked at.
 */

import { connect, type Socket } from 'node:net'
import { serialize } from 'pg-protocol'
import { frame, startup } from '../../support/wire-client.ts'
import type { BenchServer } from './bench-server.ts'

const CHUNK_BYTES = 64 * 1024
/** ReadyForQuery without its status. */
const READY = Buffer.from('Z\0\0\0\x05')
const READY_BYTES = READY.length + 1
/** Kept of the stream's end: a command tag and ReadyForQuery. */
const TAIL_BYTES = 256

export class RawClient {
  readonly #socket: Socket
  #tail = Buffer.alloc(0)
  #isDone: () => boolean = () => false
  #settle: ((error?: Error) => void) | undefined

  private constructor(server: BenchServer) {
    this.#socket = connect({
      port: server.port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(256 * 1024),
        callback: (length, buffer) => {
          this.#onBytes(Buffer.from(buffer.buffer, buffer.byteOffset, length))
          return true
        },
      },
    })
    this.#socket.on('error', error => this.#settle?.(error))
    this.#socket.on('close', () => this.#settle?.(new Error('the server closed the connection')))
  }

  static async open(server: BenchServer): Promise<RawClient> {
    const client = new RawClient(server)
    await client.#exchange(startup({ user: server.user, database: server.database }))
    return client
  }

  async query(text: string): Promise<void> {
    await this.#exchange(serialize.query(text))
  }

  /** Reads a result of `rowCount` rows to its end. */
  async result(text: string, format: 'text' | 'binary', rowCount: number): Promise<void> {
    const steps = [
      serialize.parse({ text }),
      serialize.bind({ binary: format === 'binary' }),
      serialize.execute({}),
      serialize.sync(),
    ]
    await this.#exchange(Buffer.concat(steps))
    if (!this.#tail.includes(`SELECT ${rowCount}\0`)) throw new Error(`not ${rowCount} rows`)
  }

  /** COPY FROM STDIN; `data` comes from `copyData`. */
  async copyIn(command: string, data: Buffer): Promise<void> {
    await this.#exchange(serialize.query(command), () => this.#tail.includes('G\0\0\0'))
    await this.#exchange(data)
    if (!this.#tail.includes('COPY ')) throw new Error('COPY failed')
  }

  close(): void {
    this.#settle = undefined
    this.#socket.destroy()
  }

  #exchange(bytes: Buffer, isDone = () => this.#isReady()): Promise<void> {
    this.#tail = Buffer.alloc(0)
    this.#isDone = isDone
    return new Promise((resolve, reject) => {
      this.#settle = error => (error === undefined ? resolve() : reject(error))
      this.#socket.write(bytes)
    })
  }

  #onBytes(bytes: Buffer): void {
    const end = bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES))
    this.#tail = Buffer.concat([this.#tail, end]).subarray(-TAIL_BYTES)
    if (this.#tail.includes('SERROR\0')) this.#settle?.(new Error(this.#tail.toString('latin1')))
    else if (this.#isDone()) this.#settle?.()
  }

  #isReady(): boolean {
    const at = this.#tail.length - READY_BYTES
    return at >= 0 && this.#tail.subarray(at, at + READY.length).equals(READY)
  }
}

/** The messages of COPY FROM STDIN with this data. */
export function copyData(data: Buffer): Buffer {
  const messages: Buffer[] = []
  for (let at = 0; at < data.length; at += CHUNK_BYTES)
    messages.push(frame('d', data.subarray(at, at + CHUNK_BYTES)))
  messages.push(frame('c'))
  return Buffer.concat(messages)
}
