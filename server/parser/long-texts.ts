/**
 * Long texts are parsed in a thread of their own: PostgreSQL's parser reads a text in one piece, for up to
 * some hundred milliseconds, which other clients of the server would wait for.
 */

import { receiveMessageOnPort } from 'node:worker_threads'
import { WorkerClient } from '../../executor/io/worker-client.ts'
import { orAborted, untilAborted } from '../../executor/runtime/cancellation.ts'
import type { Slicer } from '../../executor/runtime/slicer.ts'
import { must } from '../../planner/assert.ts'
import { SqlError } from '../../planner/errors.ts'
import type { ParsedStatement } from '../../planner/sql/parse.ts'
import type { ParseReply, ParseRequest } from './messages.ts'
import { joinPieces } from './tree-pieces.ts'

/** Takes about 3 ms to parse. */
const LONG_TEXT = 16_384

export function isLong(text: string): boolean {
  return text.length > LONG_TEXT
}

export interface LongTextsOptions {
  readonly bytesMax: number
  createSlicer(): Slicer
}

export class LongTexts {
  readonly #options: LongTextsOptions
  readonly #worker = new WorkerClient<ParseRequest, ParseReply>(
    new URL('./parse-worker.js', import.meta.url),
    'the parser thread',
  )

  constructor(options: LongTextsOptions) {
    this.#options = options
  }

  /** As parse in planner/sql/parse.ts; rejects with the signal's reason when it aborts. */
  async parse(text: string, signal: AbortSignal): Promise<readonly ParsedStatement[]> {
    const { bytesMax, createSlicer } = this.#options
    const replied = this.#worker.request({ text, bytesMax })
    const reply = await orAborted(replied, signal).catch(error => {
      // Nobody reads what it parses.
      replied.then(closePort, () => {})
      throw error
    })
    if (reply.kind === 'refused') throw new SqlError(reply.code, reply.message, reply.fields)
    if (reply.kind === 'failed') throw new Error(reply.message)
    const { port, count } = reply
    try {
      const pieces = joinPieces(count, () => must(receiveMessageOnPort(port), 'every piece was sent').message)
      return (await createSlicer().run(untilAborted(pieces, () => signal))) as readonly ParsedStatement[]
    } finally {
      port.close()
    }
  }

  close(): Promise<void> {
    return this.#worker.close()
  }
}

function closePort(reply: ParseReply): void {
  if (reply.kind === 'parsed') reply.port.close()
}
