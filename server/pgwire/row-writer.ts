/**
 * DataRow messages from the columns of a batch, in the formats that Bind asked for. A slice of rows is
 * rendered column by column, then each row is put together by copying.
 */

import type { Column } from '../../executor/batch/column.ts'
import { copyBytes } from '../../executor/batch/copy-bytes.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { ClientEncoding } from '../encoding/encoding-names.ts'
import { binaryRenderer } from './binary-values.ts'
import { latin1Renderer } from './latin1-values.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { textRenderer } from './text-values.ts'
import { type Renderer, SLICE_ROWS, ValueBytes } from './value-bytes.ts'

const DATA_ROW = 0x44
/** What clients and PostgreSQL itself take as one message. */
export const ROW_BYTES_MAX = 0x3fffffff

/**
 * Writes rows [from, to) of a batch; stops early, at a row boundary, when `output` is full. Returns the next
 * row.
 */
export type RowsWriter = (from: number, to: number) => number

/** `formats` has one code per column. */
export function rowsWriter(
  batch: DeltaBatch,
  formats: readonly number[],
  output: OutputBuffer,
  context: EvaluationContext,
): RowsWriter {
  const columns = batch.columns.map((column, index) => {
    const isBinary = formats[index] === 1
    const render = isBinary ? binaryRenderer(column) : textRenderer(column, context)
    return new RenderedColumn(column, encoded(column, isBinary ? 'binary' : 'text', render, output.encoding))
  })
  return sliceWriter(columns, (from, to) => writeRows(columns, from, to, output), output)
}

/** A column and the values of it that are rendered. */
export class RenderedColumn {
  readonly validity: Uint8Array | undefined
  readonly values = new ValueBytes()
  readonly render: Renderer

  constructor(column: Column, render: Renderer) {
    this.validity = column.validity
    this.render = render
  }
}

/** What `render` gives, in the client's encoding. */
export function encoded(
  column: Column,
  format: 'text' | 'binary',
  render: Renderer,
  encoding: ClientEncoding,
): Renderer {
  return encoding === 'LATIN1' ? latin1Renderer(column, format, render) : render
}

/** Renders a slice of the columns whenever `writeRendered` has written the one before. */
export function sliceWriter(
  columns: readonly RenderedColumn[],
  writeRendered: RowsWriter,
  output: OutputBuffer,
): RowsWriter {
  let renderedTo = 0
  return (from, to) => {
    let row = from
    while (row < to && !output.isFull) {
      if (row >= renderedTo) renderedTo = renderSlice(columns, row, Math.min(to, row + SLICE_ROWS))
      row = writeRendered(row, Math.min(to, renderedTo))
    }
    return row
  }
}

function renderSlice(columns: readonly RenderedColumn[], from: number, to: number): number {
  let end = to
  for (const column of columns) end = column.render(column.values, from, end)
  return end
}

function writeRows(
  columns: readonly RenderedColumn[],
  from: number,
  to: number,
  output: OutputBuffer,
): number {
  const count = columns.length
  let row = from
  for (; row < to && output.position < output.fullAt; row++) {
    const length = 6 + 4 * count + valueBytes(columns, row)
    if (length > ROW_BYTES_MAX) throw tooLong()
    output.reserve(length + 1)
    const { bytes, view } = output
    let at = output.position
    bytes[at] = DATA_ROW
    view.setInt32(at + 1, length)
    view.setInt16(at + 5, count)
    at += 7
    for (let index = 0; index < count; index++) {
      const column = columns[index]!
      const validity = column.validity
      if (validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0) {
        view.setInt32(at, -1)
        at += 4
        continue
      }
      const values = column.values
      const start = values.starts[row - values.base]!
      const end = values.ends[row - values.base]!
      view.setInt32(at, end - start)
      copyBytes(values.bytes, values.view, start, end, bytes, view, at + 4)
      at += 4 + end - start
    }
    output.position = at
  }
  return row
}

/** Bytes of the row's values that are not NULL. */
function valueBytes(columns: readonly RenderedColumn[], row: number): number {
  let bytes = 0
  for (let index = 0; index < columns.length; index++) {
    const { validity, values } = columns[index]!
    if (validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0) continue
    bytes += values.ends[row - values.base]! - values.starts[row - values.base]!
  }
  return bytes
}

export function tooLong(): SqlError {
  return new SqlError(SqlState.programLimitExceeded, 'a row of the result is longer than 1 GB')
}

/** One format code per column from Bind's list: none = text, one = for all. */
export function expandFormats(formats: readonly number[], columns: number): number[] {
  if (formats.length <= 1) return new Array<number>(columns).fill(formats[0] ?? 0)
  return [...formats]
}
