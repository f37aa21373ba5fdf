/** Clients that do harm, each one connection or a burst of them, for a second at most. */

import { connect, type Socket } from 'node:net'
import { serialize } from 'pg-protocol'
import { converse } from '../server/pgwire/random-client.ts'
import type { Choices } from '../server/pgwire/random-messages.ts'
import { cancelRequest, startup } from '../support/wire-client.ts'
import { hostileBytes, hostileGreeting } from './hostile-bytes.ts'

/** What the clients of one run share. */
export interface Target {
  readonly port: number
  /** What real drivers sent. */
  readonly recorded: readonly Buffer[]
}

export interface Attack {
  readonly name: string
  /** Of 100 clients, about so many. */
  readonly share: number
  /** `seed`: how to repeat it, for failures. */
  run(target: Target, choices: Choices, seed: string): Promise<void>
}

const hello = startup({ user: 'hostile', database: 'dev' })
/** Patience with a server that has nothing to say. */
const PATIENCE_MS = 300

export const attacks: readonly Attack[] = [
  {
    name: 'random messages',
    share: 40,
    run: ({ port }, choices, seed) => converse(port, choices, seed),
  },
  {
    name: 'hostile messages',
    share: 20,
    run: ({ port }, choices) => sendAndLeave(port, Buffer.concat([hello, hostileBytes(choices)]), choices),
  },
  {
    name: 'hostile greeting',
    share: 8,
    run: ({ port }, choices) => sendAndLeave(port, hostileGreeting(choices), choices),
  },
  {
    name: 'changed traffic of real drivers',
    share: 15,
    run: ({ port, recorded }, choices) => {
      return sendAndLeave(port, changed(choices.of(recorded), choices), choices)
    },
  },
  { name: 'connection storm', share: 3, run: storm },
  { name: 'cancel flood', share: 3, run: cancelFlood },
  { name: 'half a message, then nothing', share: 4, run: halfOpen },
  { name: 'a byte at a time', share: 4, run: byByte },
  { name: 'asks and does not read', share: 3, run: deaf },
]

/** An attack by its share. */
export function chooseAttack(choices: Choices): Attack {
  let left = choices.below(attacks.reduce((sum, { share }) => sum + share, 0))
  for (const attack of attacks) {
    left -= attack.share
    if (left < 0) return attack
  }
  throw new RangeError('shares add up to their sum')
}

/** Sends everything, reads for a while, and goes: politely or not. */
async function sendAndLeave(port: number, bytes: Buffer, choices: Choices): Promise<void> {
  const socket = await open(port)
  socket.write(bytes)
  socket.resume()
  if (choices.chance(50)) socket.end()
  await closedOr(socket, choices.of([0, 20, PATIENCE_MS]))
  leave(socket, choices)
}

/** Bytes of a real session with some of them replaced, left out, repeated or out of place. */
function changed(session: Buffer, choices: Choices): Buffer {
  let bytes = session
  for (let times = 1 + choices.below(4); times > 0; times--) {
    const at = choices.below(bytes.length)
    const length = choices.below(Math.min(200, bytes.length - at))
    const piece = bytes.subarray(at, at + length)
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + length)]
    bytes = choices.of([
      Buffer.concat([before, choices.bytes(length), after]),
      Buffer.concat([before, after]),
      Buffer.concat([before, piece, piece, piece, after]),
      Buffer.concat([before, after, piece]),
      Buffer.concat([before, Buffer.alloc(4, choices.of([0, 0xff])), after]),
    ])
  }
  return bytes
}

async function storm({ port }: Target, choices: Choices): Promise<void> {
  const sockets = Array.from({ length: 20 + choices.below(60) }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) {
    socket.on('error', () => {}) // the server may have dropped it
    if (choices.chance(50)) socket.write(hello)
  }
  await sleep(choices.below(50))
  for (const socket of sockets) leave(socket, choices)
}

async function cancelFlood({ port }: Target, choices: Choices): Promise<void> {
  for (let burst = 0; burst < 5; burst++) {
    const sockets = Array.from({ length: 40 }, () => {
      const key = Buffer.concat([Buffer.from([0, 0, 0, choices.below(200)]), choices.bytes(4)])
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {}) // the server may have dropped it
      socket.resume()
      socket.end(cancelRequest(key))
      return socket
    })
    await Promise.all(sockets.map(socket => closedOr(socket, PATIENCE_MS)))
    for (const socket of sockets) socket.destroy()
  }
}

async function halfOpen({ port }: Target, choices: Choices): Promise<void> {
  const socket = await open(port)
  const long = serialize.query(`SELECT '${'x'.repeat(choices.below(100_000))}'`)
  const bytes = Buffer.concat([hello, long])
  socket.write(bytes.subarray(0, choices.below(bytes.length)))
  if (choices.chance(50)) socket.end()
  await sleep(PATIENCE_MS)
  leave(socket, choices)
}

async function byByte({ port }: Target, choices: Choices): Promise<void> {
  const socket = await open(port)
  socket.resume()
  const bytes = Buffer.concat([hello, serialize.parse({ text: 'SELECT 1' }), serialize.sync()])
  for (const byte of bytes) {
    socket.write(Buffer.from([byte]))
    await sleep(choices.below(5))
  }
  leave(socket, choices)
}

/** Long results that nobody takes. */
async function deaf({ port }: Target, choices: Choices): Promise<void> {
  const socket = await open(port)
  const result = choices.of([
    'SELECT g, repeat($$x$$, 1000) FROM generate_series(1, 10000000) g',
    'COPY (SELECT g FROM generate_series(1, 10000000) g) TO STDOUT',
    'COPY (SUBSCRIBE f) TO STDOUT',
    "SELECT repeat('x', 10000000)",
  ])
  socket.write(Buffer.concat([hello, ...new Array<Buffer>(5).fill(serialize.query(result))]))
  await sleep(choices.of([10, PATIENCE_MS, 1000]))
  leave(socket, choices)
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {}) // the server may close it at any time
  return socket
}

function leave(socket: Socket, choices: Choices): void {
  if (choices.chance(50)) socket.destroy()
  else socket.resetAndDestroy()
}

async function closedOr(socket: Socket, ms: number): Promise<void> {
  if (socket.destroyed) return
  let timer: NodeJS.Timeout | undefined
  await Promise.race([
    new Promise(resolve => socket.once('close', resolve)),
    new Promise(resolve => {
      timer = setTimeout(resolve, ms)
    }),
  ])
  clearTimeout(timer)
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
