/**
 * A TCP connection to a broker whose 'data' events are whole responses: the kernel writes a response straight
 * into the one buffer that its length field asks for. A stream would make a 64 KiB buffer per read, which
 * kafkajs then joins: two more copies of everything that is fetched, and most of the garbage.
 */

import { createConnection, type Socket } from 'node:net'
import type { FetchMemory } from './fetch-memory.ts'

export interface SocketAddress {
  readonly host: string
  readonly port: number
}

const LENGTH_BYTES = 4
const KEEP_ALIVE_DELAY_MS = 60_000
/** No broker sends more: what claims to is no broker, and its first bytes are no length. */
const FRAME_BYTES_MAX = 1_200_000_000

export function connectFrames(
  { host, port }: SocketAddress,
  memory: FetchMemory,
  onConnect: () => void,
): Socket {
  const frames = new FrameBuffer(memory)
  const onread = {
    buffer: () => frames.free(),
    callback: (bytes: number): boolean => {
      const frame = frames.filled(bytes)
      if (frame === 'invalid') socket.destroy(new Error('the other side does not speak the Kafka protocol'))
      else if (frame !== undefined) socket.emit('data', frame)
      return true
    },
  }
  // The types of @types/node know onread's buffer as an array only; Node.js takes a function as well.
  const socket = createConnection({ host, port, onread: onread as never }, onConnect)
  return socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
}

/** Where the next bytes go: first the length of a frame, then the frame itself. */
export class FrameBuffer {
  readonly #memory: FetchMemory
  #length = Buffer.allocUnsafeSlow(LENGTH_BYTES)
  #frame: Buffer | undefined
  #position = 0

  constructor(memory: FetchMemory) {
    this.#memory = memory
  }

  /** Room for what is missing of the frame, or of its length. */
  free(): Uint8Array {
    return (this.#frame ?? this.#length).subarray(this.#position)
  }

  /**
   * So many bytes were written to what `free` gave. Returns a frame that is complete now, length included.
   */
  filled(bytes: number): Buffer | 'invalid' | undefined {
    this.#position += bytes
    if (this.#frame === undefined) {
      if (this.#position < LENGTH_BYTES) return undefined
      const size = this.#length.readInt32BE()
      if (size < 0 || size > FRAME_BYTES_MAX) return 'invalid'
      this.#frame = this.#memory.take(LENGTH_BYTES + size)
      this.#length.copy(this.#frame)
    }
    if (this.#position < this.#frame.length) return undefined
    const frame = this.#frame
    this.#frame = undefined
    this.#position = 0
    return frame
  }
}
