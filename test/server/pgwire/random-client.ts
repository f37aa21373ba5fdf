/** A client that sends a random conversation and checks that the answers follow the protocol's rules. */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { SqlState } from '../../../planner/errors.ts'
import {
  type BackendMessage,
  cancelRequest,
  errorField,
  summary,
  WireClient,
} from '../../support/wire-client.ts'
import { type Choices, conversation, greeting } from './random-messages.ts'

/** Connects, talks, leaves. `name` says in failures how to repeat it. */
export async function converse(port: number, choices: Choices, name: string): Promise<void> {
  const client = await WireClient.open(port)
  try {
    const hello = greeting(choices)
    await client.send(...cut(hello.bytes, choices))
    if (!hello.isRight) return
    const greeted = await client.readUntilReady()
    const key = greeted.find(({ type }) => type === 'K')?.body
    // Too many clients at a time: refused, or dropped in start-up for newer ones.
    if (key === undefined) return assert.match(summary(greeted), /^(E\(53300\))?$/, name)
    const { bytes, isFramed, syncs, mayBeReady } = conversation(choices)
    const sent = client.send(...cut(bytes, choices))
    if (!isFramed || choices.chance(10)) {
      await Promise.race([sent, new Promise(resolve => setTimeout(resolve, choices.below(20)))])
      return
    }
    await sent
    const { messages, asked } = await answers(port, client, key, syncs)
    checkAnswers(messages, syncs, mayBeReady + asked, name)
  } finally {
    client.close()
  }
}

interface Answers {
  readonly messages: readonly BackendMessage[]
  /** How often the end was asked for. */
  readonly asked: number
}

/** Everything up to the end of the conversation; what would wait for ever is cancelled. */
async function answers(port: number, client: WireClient, key: Buffer, syncs: number): Promise<Answers> {
  const marker = 'the end of this conversation'
  const end = serialize.query(`SELECT '${marker}'`)
  await client.send(serialize.copyFail('enough'), serialize.sync(), end)
  let asked = 1
  const messages: BackendMessage[] = []
  const timer = setInterval(() => void cancel(port, key), 150)
  try {
    for (;;) {
      const message = await client.read()
      if (message === undefined) return { messages, asked }
      messages.push(message)
      const isMarker = message.type === 'D' && message.body.includes(marker)
      if (isMarker) return { messages: [...messages, ...(await client.readUntilReady())], asked }
      if (message.type !== 'Z') continue
      // In a failed transaction the marker is refused.
      if (message.body.toString() === 'E' && isLastError(messages, syncs)) return { messages, asked }
      // It may have been the marker that was cancelled.
      if (codeBefore(messages) !== SqlState.queryCanceled) continue
      await client.send(end)
      asked++
    }
  } finally {
    clearInterval(timer)
  }
}

async function cancel(port: number, key: Buffer): Promise<void> {
  const canceller = await WireClient.open(port)
  await canceller.send(cancelRequest(key))
  await canceller.read()
  canceller.close()
}

/** More ReadyForQuery than Syncs in the conversation, and the last one came after 25P02. */
function isLastError(messages: readonly BackendMessage[], syncs: number): boolean {
  const ready = messages.filter(({ type }) => type === 'Z').length
  return ready > syncs + 1 && codeBefore(messages) === SqlState.inFailedSqlTransaction
}

/** The code of the error before the last message. */
function codeBefore(messages: readonly BackendMessage[]): string | undefined {
  const before = messages.at(-2)
  return before?.type === 'E' ? errorField(before.body, 'C') : undefined
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
  // did not skip; then come one more, and the answers to what asks for the end.
  const least = messages.some(({ type }) => type === 'G') ? 1 : syncs + 2
  assert(ready >= least && ready <= mayBeReady + 1, `${name}: ${ready} of ${least} to ${mayBeReady + 1}`)
}

/** The bytes as the network may deliver them. */
export function cut(bytes: Buffer, choices: Choices): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = choices.chance(30) ? 1 + choices.below(10) : bytes.length
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}
