/** Runs a scripted session against a server and returns its transcript. */

import { cancelRequest, frame, startup, type WireClient } from '../../../support/wire-client.ts'
import type { Script, Step } from './script.ts'
import { TranscriptReader } from './transcript-reader.ts'

export interface Target {
  /** `isLocal`: over the Unix socket. */
  readonly connect: (isLocal: boolean) => Promise<WireClient>
  /** Until a session runs pg_sleep; needless where it does so before it takes another message. */
  readonly untilAsleep?: () => Promise<void>
  readonly user: string
  readonly database: string
}

const terminate = frame('X')
const END_WITHIN_MS = 15_000

export class ScriptRunner {
  readonly #target: Target
  /** For what other clients do. */
  #other: WireClient | undefined

  constructor(target: Target) {
    this.#target = target
  }

  /** To the end of the connection; `cut`: how the bytes of a step are divided. */
  async run(script: Script, cut: (bytes: Buffer) => readonly Buffer[] = bytes => [bytes]): Promise<string> {
    await this.setUp(script)
    const client = await this.#target.connect(script.isLocal === true)
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      client.close()
    }, END_WITHIN_MS)
    try {
      const reader = new TranscriptReader(client)
      if (script.isFromStart !== true) {
        await client.send(startup(login(this.#target)))
        await reader.skipStartup()
      }
      for (const step of script.steps) await this.#step(step, client, reader, cut)
      await client.send(terminate)
      const text = await reader.readToEnd()
      if (isLate) throw new Error(`${script.name}: no end, only\n${text}`)
      return text
    } finally {
      clearTimeout(timer)
      client.close()
    }
  }

  async setUp({ setup = [] }: Script): Promise<void> {
    for (const statement of setup) await this.#askOther(statement)
  }

  close(): void {
    this.#other?.close()
  }

  async #step(
    step: Step,
    client: WireClient,
    reader: TranscriptReader,
    cut: (bytes: Buffer) => readonly Buffer[],
  ): Promise<void> {
    if (Buffer.isBuffer(step)) return client.send(...cut(step))
    switch (step.kind) {
      case 'wait':
        return reader.readUntil(step.type, step.count)
      case 'byte':
        return reader.readByte()
      case 'other':
        return this.#askOther(step.query)
      case 'asleep':
        return this.#target.untilAsleep?.()
      case 'cancel': {
        const canceller = await this.#target.connect(false)
        await canceller.send(cancelRequest(reader.keyData))
        await canceller.read()
        return canceller.close()
      }
    }
  }

  async #askOther(statement: string): Promise<void> {
    if (this.#other === undefined) {
      this.#other = await this.#target.connect(false)
      await this.#other.send(startup(login(this.#target)))
      await this.#other.readUntilReady()
    }
    await this.#other.send(frame('Q', `${statement}\0`))
    const answers = await this.#other.readUntilReady()
    const failed = answers.find(({ type }) => type === 'E')
    if (failed !== undefined) throw new Error(`${statement}: ${failed.body.toString()}`)
  }
}

function login({ user, database }: Target): Record<string, string> {
  return { user, database }
}
