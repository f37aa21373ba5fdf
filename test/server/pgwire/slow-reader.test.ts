/** A long result and a client that reads it slowly: what it costs the server, and the other clients. */

import { strict as assert } from 'node:assert'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { serialize } from 'pg-protocol'
import { MessageCounter } from '../../support/message-counter.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { cancelRequest, errorField, startup, summary, WireClient } from '../../support/wire-client.ts'

const MIB = 1024 * 1024
const ROWS = 1_000_000
const longResult =
  `SELECT g, g * 2.5 AS x, repeat('a text of some length ', 5) || g AS s, g % 7 = 0 AS b, ` +
  `timestamp '2026-01-01' + g * interval '1 s' AS t FROM generate_series(1, ${ROWS}) g`

/** Reads a result in bursts: never more than `burstBytes` between two pauses. */
class SlowReader {
  readonly counter = new MessageCounter()
  readonly #socket: Socket
  #burstBytes = 0

  constructor(socket: Socket) {
    this.#socket = socket
    socket.pause()
    socket.on('data', chunk => {
      this.counter.push(chunk)
      this.#burstBytes -= chunk.length
      if (this.#burstBytes <= 0) socket.pause()
    })
  }

  async readBurst(bytes: number): Promise<void> {
    this.#burstBytes = bytes
    this.#socket.resume()
    while (this.#burstBytes > 0 && this.counter.count('C') === 0) await sleep(1)
    this.#socket.pause()
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

async function login(port: number): Promise<{ client: WireClient; key: Buffer }> {
  const client = await WireClient.open(port)
  await client.send(startup({ user: 'tester', database: 'dev' }))
  const key = (await client.readUntilReady()).find(({ type }) => type === 'K')!.body
  return { client, key }
}

/** A client that has asked for the long result and reads as it is told. */
function askForLongResult(port: number): { socket: Socket; reader: SlowReader } {
  const socket = connect(port, '127.0.0.1')
  const reader = new SlowReader(socket)
  const request = [startup({ user: 'slow', database: 'dev' }), serialize.query(longResult)]
  socket.write(Buffer.concat(request))
  return { socket, reader }
}

/** Milliseconds until SELECT 1 is answered, the worst of `count`. */
async function worstAnswerMs(client: WireClient, count: number): Promise<number> {
  let worst = 0
  for (let turn = 0; turn < count; turn++) {
    const start = performance.now()
    await client.send(serialize.query('SELECT 1'))
    assert.equal(summary(await client.readUntilReady()), 'T(1) D C(SELECT 1) Z(I)')
    worst = Math.max(worst, performance.now() - start)
  }
  return worst
}

describe('a slow reader', function () {
  this.timeout(60_000)
  let server: ServerProcess

  before(async () => {
    server = await ServerProcess.start()
  })
  after(() => server.stop())

  it('of a million rows costs bounded memory, and leaves the others their turn', async () => {
    const { client: other } = await login(server.port)
    await worstAnswerMs(other, 50)
    // A first result brings the heap to where V8 lets it grow before it collects, 0.6 GB on Node 24; what a
    // result needs itself shows in the second.
    const { socket: first, reader: firstReader } = askForLongResult(server.port)
    while (firstReader.counter.count('C') === 0) await firstReader.readBurst(64 * MIB)
    first.destroy()
    const { socket, reader } = askForLongResult(server.port)
    const before = server.residentBytes()
    let peak = before
    let worst = 0
    for (let burst = 0; reader.counter.count('C') === 0; burst++) {
      await reader.readBurst(4 * MIB)
      if (burst % 5 === 0) worst = Math.max(worst, await worstAnswerMs(other, 5))
      peak = Math.max(peak, server.residentBytes())
    }
    assert.equal(reader.counter.count('D'), ROWS)
    const grown = (peak - before) / MIB
    process.stdout.write(
      `      memory +${grown.toFixed(0)} MiB, another client's SELECT 1 in ${worst.toFixed(1)} ms at worst\n`,
    )
    // The result has 175 MiB.
    assert(grown < 128, `the server grew by ${grown.toFixed(0)} MiB`)
    assert(worst < 2000, `SELECT 1 took ${worst.toFixed(0)} ms`)
    socket.destroy()
    other.close()
  })

  it('is told of a cancel once it reads again', async () => {
    const { client, key } = await login(server.port)
    client.pause()
    await client.send(serialize.query(longResult))
    const { client: other } = await login(server.port)
    await sleep(300)
    const cpuBefore = server.cpuMs()
    await sleep(300)
    assert(server.cpuMs() - cpuBefore < 200, 'nothing is computed for a client that does not read')
    const canceller = await WireClient.open(server.port)
    await canceller.send(cancelRequest(key))
    assert.equal(await canceller.read(), undefined)
    assert((await worstAnswerMs(other, 5)) < 2000)
    client.resume()
    const messages = await client.readUntilReady()
    assert.match(summary(messages), /^T\(5\) D\*\d+ E\(57014\) Z\(I\)$/)
    const error = messages.at(-2)!.body
    assert.equal(errorField(error, 'M'), 'canceling statement due to user request')
    assert(messages.length < ROWS / 2)
    await worstAnswerMs(client, 1)
    client.close()
    other.close()
  })
})
