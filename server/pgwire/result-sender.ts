/**
 * Sends results: rows with or without a limit, COPY output, command tags. Rows are pulled only as the client
 * takes them.
 */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import type { ResultRows, StatementResult } from '../session-contract.ts'
import {
  writeCommandComplete,
  writeCopyOutResponse,
  writeEmpty,
  writeRowDescription,
} from './backend-messages.ts'
import { copyRowsWriter, writeCopyHeader } from './copy-writer.ts'
import type { OutputBuffer } from './output-buffer.ts'
import type { WirePortal } from './portals.ts'
import { expandFormats, type RowsWriter, rowsWriter } from './row-writer.ts'

/** One statement's result in the simple protocol: description, rows in text, tag. */
export async function sendSimpleResult(
  result: StatementResult,
  output: OutputBuffer,
  context: EvaluationContext,
): Promise<void> {
  switch (result.kind) {
    case 'empty':
      return writeEmpty(output, 'emptyQueryResponse')
    case 'command':
      return writeCommandComplete(output, result.commandTag)
    case 'rows': {
      const formats = expandFormats([], result.fields.schema.length)
      writeRowDescription(output, result.fields, formats)
      const sent = await sendAll(result.rows, output, batch => rowsWriter(batch, formats, output, context))
      return writeCommandComplete(output, result.commandTag(sent))
    }
    case 'copy_out':
      return sendCopy(result, output, context)
  }
}

type CopyOut = StatementResult & { readonly kind: 'copy_out' }

async function sendCopy(result: CopyOut, output: OutputBuffer, context: EvaluationContext): Promise<void> {
  writeCopyOutResponse(output, result.fields.schema.length)
  if (result.format.header) writeCopyHeader(result.fields.schema, result.format, output)
  if (result.live) output.flush()
  const sent = await sendAll(
    result.rows,
    output,
    batch => copyRowsWriter(batch, result.format, output, context),
    result.live,
  )
  writeEmpty(output, 'copyDone')
  writeCommandComplete(output, result.commandTag(sent))
}

/** Sends every row; returns how many. A live result goes to the client batch by batch. */
async function sendAll(
  rows: ResultRows,
  output: OutputBuffer,
  writerOf: (batch: DeltaBatch) => RowsWriter,
  live = false,
): Promise<number> {
  let sent = 0
  try {
    for (let batch = await rows.next(); batch !== undefined; batch = await rows.next()) {
      const write = writerOf(batch)
      let row = 0
      while (row < batch.length) {
        row = write(row, batch.length)
        if (output.isFull) await output.ready()
      }
      sent += batch.length
      if (live) await output.ready()
    }
  } finally {
    rows.close()
  }
  return sent
}

/**
 * Execute: up to `rowsMax` rows (0 = all), then CommandComplete or PortalSuspended. Runs or continues the
 * portal. `isLast`: Sync comes next.
 */
export async function sendPortal(
  wire: WirePortal,
  { rowsMax, isLast }: { readonly rowsMax: number; readonly isLast: boolean },
  output: OutputBuffer,
  context: EvaluationContext,
): Promise<void> {
  wire.result ??= await wire.portal.execute(isLast)
  const result = wire.result
  if (result.kind !== 'rows') return sendSimpleResult(result, output, context)
  let sent = 0
  while (!wire.finished && (rowsMax === 0 || sent < rowsMax)) {
    if (wire.batch === undefined || wire.row >= wire.batch.length) {
      wire.batch = await result.rows.next()
      wire.row = 0
      wire.finished = wire.batch === undefined
      continue
    }
    sent += await sendSome(
      wire,
      wire.batch,
      rowsMax === 0 ? Number.POSITIVE_INFINITY : rowsMax - sent,
      output,
      context,
    )
  }
  if (!wire.finished) return writeEmpty(output, 'portalSuspended')
  result.rows.close()
  writeCommandComplete(output, result.commandTag(sent))
}

async function sendSome(
  wire: WirePortal,
  batch: DeltaBatch,
  limit: number,
  output: OutputBuffer,
  context: EvaluationContext,
): Promise<number> {
  const write = rowsWriter(batch, wire.formats, output, context)
  const from = wire.row
  const to = Math.min(batch.length, from + limit)
  while (wire.row < to) {
    wire.row = write(wire.row, to)
    if (output.isFull) await output.ready()
  }
  return wire.row - from
}
