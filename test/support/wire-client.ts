/** A bare client of the wire protocol for tests: sends bytes as told, reads messages, knows no SQL. */

import { connect, type Socket } from 'node:net'

/** A message of the server: its type letter and its body. */
export interface BackendMessage {
  readonly type: string
  readonly body: Buffer
}

export class WireClient {
  readonly #socket: Socket
  #buffer = Buffer.alloc(0)
  /** What came after `#buffer`; joined to it only when a message needs it. */
  #arrived: Buffer[] = []
  #arrivedBytes = 0
  #waiting: (() => void) | undefined
  #ended = false

  /** Over a socket that is connected. */
  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      this.#arrived.push(chunk)
      this.#arrivedBytes += chunk.length
      this.#waiting?.()
    })
    const end = (): void => {
      this.#ended = true
      this.#waiting?.()
    }
    socket.on('close', end)
    socket.on('error', end)
  }

  /** `address`: a port of 127.0.0.1, or the path of a Unix socket. */
  static async open(address: number | string): Promise<WireClient> {
    const socket = typeof address === 'string' ? connect(address) : connect(address, '127.0.0.1')
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new WireClient(socket)
  }

  /** Sends bytes in pieces that the kernel delivers one by one. */
  async send(...pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      if (piece.length === 0) continue
      await new Promise<void>(resolve => {
        this.#socket.write(piece, () => resolve())
      })
      if (pieces.length > 1)
        await new Promise(resolve => {
          setImmediate(resolve)
        })
    }
  }

  /** One untyped byte: the answer to SSLRequest. */
  async readByte(): Promise<string> {
    while (this.bufferedBytes < 1 && !this.#ended) await this.#more()
    this.#join()
    const byte = this.#buffer.toString('latin1', 0, 1)
    this.#buffer = this.#buffer.subarray(1)
    return byte
  }

  /** The next message; undefined when the server closed the connection. */
  async read(): Promise<BackendMessage | undefined> {
    while (!this.#complete()) {
      if (this.#ended) return undefined
      await this.#more()
    }
    const length = this.#buffer.readInt32BE(1)
    const message = {
      type: this.#buffer.toString('latin1', 0, 1),
      body: this.#buffer.subarray(5, length + 1),
    }
    this.#buffer = this.#buffer.subarray(length + 1)
    return message
  }

  /** Messages up to and with the `count`-th ReadyForQuery, or to the end of the connection. */
  async readUntilReady(count = 1): Promise<BackendMessage[]> {
    const messages: BackendMessage[] = []
    let ready = 0
    while (ready < count) {
      const message = await this.read()
      if (message === undefined) break
      messages.push(message)
      if (message.type === 'Z') ready++
    }
    return messages
  }

  #complete(): boolean {
    if (this.#buffer.length < 5 && this.bufferedBytes >= 5) this.#join()
    if (this.#buffer.length < 5) return false
    const length = this.#buffer.readInt32BE(1) + 1
    if (this.bufferedBytes < length) return false
    if (this.#buffer.length < length) this.#join()
    return true
  }

  #join(): void {
    if (this.#arrivedBytes === 0) return
    this.#buffer = Buffer.concat([this.#buffer, ...this.#arrived])
    this.#arrived = []
    this.#arrivedBytes = 0
  }

  #more(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting = () => {
        this.#waiting = undefined
        resolve()
      }
      if (this.#ended) this.#waiting()
    })
  }

  /** Bytes that arrived and were not read as messages. */
  get bufferedBytes(): number {
    return this.#buffer.length + this.#arrivedBytes
  }

  /** Stops taking bytes from the network. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Says that nothing more will be sent. */
  endSending(): void {
    this.#socket.end()
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** A CancelRequest for the session that sent `keyData`, the body of BackendKeyData. */
export function cancelRequest(keyData: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + keyData.length, 0)
  head.writeInt32BE(80877102, 4)
  return Buffer.concat([head, keyData])
}

/** A StartupMessage of protocol 3.0. */
export function startup(parameters: Readonly<Record<string, string>>, version = 3 << 16): Buffer {
  const text = Object.entries(parameters)
    .flat()
    .map(part => `${part}\0`)
    .join('')
  const body = Buffer.from(`${text}\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(body.length + 8, 0)
  head.writeInt32BE(version, 4)
  return Buffer.concat([head, body])
}

/** A typed message. */
export function frame(type: string, body: Buffer | string = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}

/**
 * Messages in a line, as the recorded traces write them: `1 2 T(2) D*3 C(SELECT 3) Z(I)`, errors as
 * `E(42703)`, notices left out.
 */
export function summary(messages: readonly BackendMessage[]): string {
  const words: string[] = []
  for (const message of messages) {
    const word = describeMessage(message)
    const last = words.at(-1)
    if (word === 'D' && last !== undefined && /^D(\*|$)/.test(last)) {
      words[words.length - 1] = `D*${Number(last.slice(2) || '1') + 1}`
    } else if (word !== 'N') words.push(word)
  }
  return words.join(' ')
}

function describeMessage({ type, body }: BackendMessage): string {
  const cstring = (): string => body.toString('utf8', 0, body.indexOf(0))
  switch (type) {
    case 'Z':
      return `Z(${body.toString('latin1')})`
    case 'C':
      return `C(${cstring()})`
    case 'T':
      return `T(${body.readInt16BE(0)})`
    case 't':
      return `t[${parameterOids(body)}]`
    case 'E':
      return `E(${errorField(body, 'C')})`
    default:
      return type
  }
}

function parameterOids(body: Buffer): number[] {
  return Array.from({ length: body.readInt16BE(0) }, (_, index) => body.readInt32BE(2 + index * 4))
}

/** A field of an ErrorResponse or NoticeResponse; '' when absent. */
export function errorField(body: Buffer, field: string): string {
  let at = 0
  while (body[at] !== 0) {
    const end = body.indexOf(0, at + 1)
    if (body.toString('latin1', at, at + 1) === field) return body.toString('utf8', at + 1, end)
    at = end + 1
  }
  return ''
}
