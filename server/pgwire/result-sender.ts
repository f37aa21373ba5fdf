/**
 * Sends results: rows with or without a limit, COPY output, command tags. Rows are pulled only as the client
 * takes them.
 */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { type Awaitable, repeat } from '../../executor/runtime/awaitable.ts'
import type { Slicer } from '../../executor/runtime/slicer.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { ResultRows, StatementResult } from '../session-contract.ts'
import {
  writeCommandComplete,
  writeCopyResponse,
  writeEmpty,
  writeRowDescription,
} from './backend-messages.ts'
import { type FrameSource, receiveCopy } from './copy-receiver.ts'
import { copyTuplesWriter, writeCopyTrailer } from './copy-tuples.ts'
import { copyRowsWriter, writeCopyHeader } from './copy-writer.ts'
import type { OutputBuffer } from './output-buffer.ts'
import type { WirePortal } from './portals.ts'
import { expandFormats, type RowsWriter, rowsWriter } from './row-writer.ts'

/** Where results go and how. */
export interface Sending {
  readonly output: OutputBuffer
  readonly context: EvaluationContext
  /** What the client sends meanwhile, for COPY FROM. */
  readonly frames: FrameSource
  readonly slicer: Slicer
  /** How long the client of a live result may take nothing. */
  readonly stallMs: number
}

/** One statement's result in the simple protocol: description, rows in text (but for BINARY cursors), tag. */
export async function sendSimpleResult(result: StatementResult, sending: Sending): Promise<void> {
  const { output, context } = sending
  switch (result.kind) {
    case 'empty':
      return writeEmpty(output, 'emptyQueryResponse')
    case 'command':
      return writeCommandComplete(output, result.commandTag)
    case 'rows': {
      const formats = expandFormats(result.isBinary === true ? [1] : [], result.fields.schema.length)
      writeRowDescription(output, result.fields, formats)
      const sent = await sendAll(result.rows, sending, batch => rowsWriter(batch, formats, output, context))
      return writeCommandComplete(output, result.commandTag(sent))
    }
    case 'copy_out':
      return sendCopy(result, sending)
    case 'copy_in':
      return writeCommandComplete(output, await receiveCopy(result, sending))
  }
}

type CopyOut = StatementResult & { readonly kind: 'copy_out' }

async function sendCopy(result: CopyOut, sending: Sending): Promise<void> {
  const { output, context } = sending
  writeCopyResponse(output, 'out', result.format.format, result.fields.schema.length)
  if (result.format.header) writeCopyHeader(result.fields.schema, result.format, output)
  const isBinary = result.format.format === 'binary'
  let isFirst = true
  const writerOf = (batch: DeltaBatch) => {
    if (!isBinary) return copyRowsWriter(batch, result.format, output, context)
    const writer = copyTuplesWriter(batch, output, isFirst)
    if (batch.length > 0) isFirst = false
    return writer
  }
  const sent = result.live
    ? await sendLive(result.rows, sending, writerOf)
    : await sendAll(result.rows, sending, writerOf)
  if (isBinary) writeCopyTrailer(output, sent === 0)
  writeEmpty(output, 'copyDone')
  writeCommandComplete(output, result.commandTag(sent))
}

/** Sends every row; returns how many. */
function sendAll(
  rows: ResultRows,
  { output }: Sending,
  writerOf: (batch: DeltaBatch) => RowsWriter,
): Awaitable<number> {
  let sent = 0
  const send = (batch: DeltaBatch | undefined): Awaitable<boolean> => {
    if (batch === undefined) return false
    sent += batch.length
    const sending = sendRows(writerOf(batch), 0, batch.length, output)
    return sending === undefined ? true : sending.then(() => true)
  }
  const end = () => {
    rows.close()
    return sent
  }
  try {
    const waiting = repeat(() => {
      const batch = rows.next()
      return batch instanceof Promise ? batch.then(send) : send(batch)
    })
    if (waiting !== undefined) return waiting.finally(() => rows.close()).then(end)
  } catch (error) {
    rows.close()
    throw error
  }
  return end()
}

/** As sendAll, each batch at once; a client that does not keep up is disconnected. */
async function sendLive(
  rows: ResultRows,
  { output, stallMs }: Sending,
  writerOf: (batch: DeltaBatch) => RowsWriter,
): Promise<number> {
  let sent = 0
  try {
    output.flush()
    for (let batch = await rows.next(); batch !== undefined; batch = await rows.next()) {
      await sendRows(writerOf(batch), 0, batch.length, output, stallMs)
      await output.ready(stallMs)
      sent += batch.length
    }
  } catch (error) {
    throw error instanceof SqlError && error.code === SqlState.outOfMemory ? fatal(error) : error
  } finally {
    rows.close()
  }
  return sent
}

/** The subscription outgrew its buffer: the client would only fall behind again. */
function fatal(error: SqlError): SqlError {
  return new SqlError(error.code, error.message, { ...error.fields, severity: 'FATAL' })
}

/** undefined when the client takes them as fast as they come. */
function sendRows(
  write: RowsWriter,
  from: number,
  to: number,
  output: OutputBuffer,
  stallMs = 0,
): Promise<void> | undefined {
  let row = from
  return repeat(() => {
    if (row >= to) return false
    row = write(row, to)
    return output.isFull ? output.ready(stallMs).then(() => true) : true
  })
}

export type PortalEnd = 'complete' | 'suspended'

/**
 * Execute: up to `rowsMax` rows (0 = all), then CommandComplete or PortalSuspended. Runs or continues the
 * portal. `isLast`: Sync comes next.
 */
export function sendPortal(
  wire: WirePortal,
  { rowsMax, isLast }: { readonly rowsMax: number; readonly isLast: boolean },
  sending: Sending,
): Awaitable<PortalEnd> {
  const result = wire.portal.execute(isLast, rowsMax)
  if (!(result instanceof Promise)) return sendExecuted(wire, result, rowsMax, sending)
  return result.then(executed => sendExecuted(wire, executed, rowsMax, sending))
}

function sendExecuted(
  wire: WirePortal,
  result: StatementResult,
  rowsMax: number,
  sending: Sending,
): Awaitable<PortalEnd> {
  if (result.kind !== 'rows') return sendSimpleResult(result, sending).then(() => 'complete')
  const { output, context } = sending
  const isLive = result.live === true
  if (isLive && rowsMax === 0) throw endlessResult()
  const sent = isLive
    ? sendChanges(wire, result.rows, rowsMax, sending)
    : sendAll(result.rows, sending, batch => rowsWriter(batch, wire.formats, output, context))
  const end = (count: number): PortalEnd => {
    if (isLive ? !wire.finished : rowsMax > 0 && count === rowsMax) {
      writeEmpty(output, 'portalSuspended')
      return 'suspended'
    }
    writeCommandComplete(output, result.commandTag(count))
    return 'complete'
  }
  return sent instanceof Promise ? sent.then(end) : end(sent)
}

/** Sends rows of a live result until there are none at the moment, or `limit` is reached. */
async function sendChanges(
  wire: WirePortal,
  rows: ResultRows,
  limit: number,
  { output, context }: Sending,
): Promise<number> {
  let sent = 0
  while (!wire.finished && sent < limit) {
    if (wire.batch === undefined || wire.row >= wire.batch.length) {
      if (sent > 0) break
      output.flush()
      wire.batch = await rows.next()
      wire.row = 0
      wire.finished = wire.batch === undefined
      continue
    }
    const to = Math.min(wire.batch.length, wire.row + limit - sent)
    await sendRows(rowsWriter(wire.batch, wire.formats, output, context), wire.row, to, output)
    sent += to - wire.row
    wire.row = to
  }
  return sent
}

function endlessResult(): SqlError {
  return notSupported('Execute of SUBSCRIBE without a row limit, whose result never ends,', {
    hint: 'Use COPY (SUBSCRIBE …) TO STDOUT, DECLARE a cursor FOR SUBSCRIBE, or a portal with a row limit.',
  })
}
