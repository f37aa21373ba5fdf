/**
 * Random clients: whatever they send, the server lives, answers the others, leaks nothing, and an answer is
 * never a bug of its own (XX000). `SEED=n` repeats a run, `ROUNDS=n` goes on for longer.
 */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import {
  type BackendMessage,
  cancelRequest,
  errorField,
  summary,
  WireClient,
} from '../../support/wire-client.ts'
import { TestServer, until } from '../../support/wire-server.ts'
import { Choices, conversation, fuzzTable, greeting } from './random-messages.ts'

const rounds = Number(process.env['ROUNDS'] ?? 500)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
/** Clients at a time. */
const CLIENTS = 5

describe('random messages', function () {
  this.timeout(30_000 + rounds * 200)
  let server: TestServer
  let witness: WireClient

  before(async () => {
    server = await TestServer.start({
      limits: { queryBytesMax: 20_000, messageBytesMax: 5000, inputBytesMax: 4000, outputBytesMax: 20_000 },
    })
    witness = await server.login()
    await ask(witness, fuzzTable)
  })
  after(() => server.close())

  it(`leave the server as it was (SEED=${seed} ROUNDS=${rounds})`, async () => {
    for (let round = 0; round < rounds; round += CLIENTS) {
      await Promise.all(
        Array.from({ length: CLIENTS }, async (_, index) => {
          const own = seed + round + index
          await converse(new Choices(own), `SEED=${own} ROUNDS=1`)
        }),
      )
      assert.equal(await ask(witness, 'SELECT 1'), 'T(1) D C(SELECT 1) Z(I)')
      assert.deepEqual(server.internalErrors, [], `SEED=${seed + round} ROUNDS=${CLIENTS}`)
    }
    await until(() => server.wire.connectionCount === 1)
    assert.equal(server.database.sessionCount, 1)
    await until(() => server.wire.inFlightBytes === 0)
  })

  async function converse(choices: Choices, name: string): Promise<void> {
    const client = await WireClient.open(server.wire.port)
    try {
      const hello = greeting(choices)
      await client.send(...cut(hello.bytes, choices))
      if (!hello.isRight) return
      const key = (await client.readUntilReady()).find(({ type }) => type === 'K')?.body
      assert(key !== undefined, name)
      const { bytes, isFramed, syncs, mayBeReady } = conversation(choices)
      const sent = client.send(...cut(bytes, choices))
      if (!isFramed || choices.chance(10)) {
        await Promise.race([sent, new Promise(resolve => setTimeout(resolve, choices.below(20)))])
        return
      }
      await sent
      const messages = await answers(client, key, syncs)
      checkAnswers(messages, syncs, mayBeReady, name)
    } finally {
      client.close()
    }
  }

  /** Everything up to the end of the conversation; what would wait for ever is cancelled. */
  async function answers(client: WireClient, key: Buffer, syncs: number): Promise<BackendMessage[]> {
    const marker = 'the end of this conversation'
    await client.send(serialize.copyFail('enough'), serialize.sync(), serialize.query(`SELECT '${marker}'`))
    const messages: BackendMessage[] = []
    const timer = setInterval(() => void cancel(key), 150)
    try {
      for (;;) {
        const message = await client.read()
        if (message === undefined) return messages
        messages.push(message)
        const isMarker = message.type === 'D' && message.body.includes(marker)
        if (isMarker) return [...messages, ...(await client.readUntilReady())]
        // In a failed transaction the marker is refused.
        if (message.type === 'Z' && message.body.toString() === 'E' && isLastError(messages, syncs))
          return messages
      }
    } finally {
      clearInterval(timer)
    }
  }

  async function cancel(key: Buffer): Promise<void> {
    const canceller = await WireClient.open(server.wire.port)
    await canceller.send(cancelRequest(key))
    await canceller.read()
    canceller.close()
  }
})

/** More ReadyForQuery than Syncs in the conversation, and the last one came after 25P02. */
function isLastError(messages: readonly BackendMessage[], syncs: number): boolean {
  const ready = messages.filter(({ type }) => type === 'Z').length
  const before = messages.at(-2)
  return ready > syncs + 1 && before?.type === 'E' && errorField(before.body, 'C') === '25P02'
}

function checkAnswers(
  messages: readonly BackendMessage[],
  syncs: number,
  mayBeReady: number,
  name: string,
): void {
  const errors = messages.filter(({ type }) => type === 'E')
  for (const { body } of errors) {
    assert(errorField(body, 'C') !== '' && errorField(body, 'M') !== '', name)
  }
  if (errors.some(({ body }) => errorField(body, 'S') === 'FATAL')) return
  const ready = messages.filter(({ type }) => type === 'Z').length
  // Each Sync is answered once, but for those that COPY FROM swallows, and so is each query that an error
  // did not skip; then come two more.
  const least = messages.some(({ type }) => type === 'G') ? 1 : syncs + 2
  assert(ready >= least && ready <= mayBeReady + 2, `${name}: ${ready} of ${least} to ${mayBeReady + 2}`)
}

async function ask(client: WireClient, sql: string): Promise<string> {
  await client.send(serialize.query(sql))
  return summary(await client.readUntilReady())
}

/** The bytes as the network may deliver them. */
function cut(bytes: Buffer, choices: Choices): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = choices.chance(30) ? 1 + choices.below(10) : bytes.length
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}
