/** Reads a server's messages into a transcript. */

import { must } from '../../../../planner/assert.ts'
import type { BackendMessage, WireClient } from '../../../support/wire-client.ts'
import { transcript } from './transcript.ts'

export class TranscriptReader {
  readonly #client: Pick<WireClient, 'read' | 'readByte'>
  readonly #messages: BackendMessage[] = []
  #keyData: Buffer | undefined

  constructor(client: Pick<WireClient, 'read' | 'readByte'>) {
    this.#client = client
  }

  /** The body of BackendKeyData. */
  get keyData(): Buffer {
    return must(this.#keyData, 'the client logged in')
  }

  /** Up to the first ReadyForQuery; not part of the transcript. */
  async skipStartup(): Promise<void> {
    await this.readUntil('Z', 1)
    this.#messages.length = 0
  }

  async readUntil(type: string, count: number): Promise<void> {
    while (this.#messages.filter(message => message.type === type).length < count) {
      if ((await this.#next()) === undefined) throw new Error(`the connection ended: ${this.#text()}`)
    }
  }

  async readByte(): Promise<void> {
    this.#messages.push({ type: 'byte', body: Buffer.from(await this.#client.readByte()) })
  }

  async readToEnd(): Promise<string> {
    while ((await this.#next()) !== undefined);
    return this.#text()
  }

  async #next(): Promise<BackendMessage | undefined> {
    const message = await this.#client.read()
    if (message === undefined) return undefined
    if (message.type === 'K') this.#keyData = message.body
    this.#messages.push(message)
    return message
  }

  #text(): string {
    return transcript(this.#messages, this.#keyData?.readInt32BE(0) ?? 0).join('\n')
  }
}
