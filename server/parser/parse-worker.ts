/** The thread that parses long texts. Requests are handled in order. */

import { MessageChannel, parentPort } from 'node:worker_threads'
import { SqlError } from '../../planner/errors.ts'
import { loadParser, parse } from '../../planner/sql/parse.ts'
import type { ParseReply, ParseRequest } from './messages.ts'
import { cutIntoPieces } from './tree-pieces.ts'

await loadParser()

parentPort?.on('message', ({ id, text, bytesMax }: ParseRequest & { readonly id: number }) => {
  try {
    const pieces = cutIntoPieces(parse(text, bytesMax))
    const { port1, port2 } = new MessageChannel()
    for (const piece of pieces) port1.postMessage(piece)
    reply({ kind: 'parsed', id, port: port2, count: pieces.length })
  } catch (error) {
    reply(failure(id, error))
  }
})

function reply(message: ParseReply): void {
  parentPort?.postMessage(message, message.kind === 'parsed' ? [message.port] : [])
}

function failure(id: number, error: unknown): ParseReply {
  if (!(error instanceof SqlError)) return { kind: 'failed', id, message: String(error) }
  const { code, message } = error
  const { cause: _, ...fields } = error.fields
  return { kind: 'refused', id, code, message, fields }
}
