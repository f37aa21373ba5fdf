/**
 * Two ends of a connection without a network: what one end writes arrives at the other in the same pieces,
 * which a kernel does not promise.
 */

import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { must } from '../../../../planner/assert.ts'

class MemorySocket extends Duplex {
  #peer: MemorySocket | undefined

  constructor() {
    super({ allowHalfOpen: false })
  }

  connect(peer: MemorySocket): void {
    this.#peer = peer
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // As from a network: never while the other end is between two of its promises.
    setImmediate(() => {
      must(this.#peer, 'both ends are connected').push(chunk)
      done()
    })
  }

  override _final(done: () => void): void {
    this.#peer?.push(null)
    done()
  }

  override _destroy(_error: Error | null, done: () => void): void {
    if (this.#peer?.readableEnded === false) this.#peer.push(null)
    done()
  }

  // What a network has and memory has not.
  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setTimeout(): this {
    return this
  }
}

export function memorySockets(): readonly [Socket, Socket] {
  const [left, right] = [new MemorySocket(), new MemorySocket()]
  left.connect(right)
  right.connect(left)
  // All of a socket that connections use.
  return [left as unknown as Socket, right as unknown as Socket]
}
