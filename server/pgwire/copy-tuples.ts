/** COPY … TO STDOUT in binary: one CopyData message a tuple; the signature goes with the first one. */

import { copyBytes } from '../../executor/batch/copy-bytes.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { BINARY_SIGNATURE } from '../copy/binary-scanner.ts'
import { binaryRenderer } from './binary-values.ts'
import type { OutputBuffer } from './output-buffer.ts'
import {
  encoded,
  RenderedColumn,
  ROW_BYTES_MAX,
  type RowsWriter,
  sliceWriter,
  tooLong,
} from './row-writer.ts'

const COPY_DATA = 0x64
/** No flags and no header extension. */
const HEADER = Buffer.concat([BINARY_SIGNATURE, Buffer.alloc(8)])
const TRAILER = Buffer.from([0xff, 0xff])

/** As rowsWriter; `isFirst`: of the whole output. */
export function copyTuplesWriter(batch: DeltaBatch, output: OutputBuffer, isFirst: boolean): RowsWriter {
  const columns = batch.columns.map(column => {
    return new RenderedColumn(column, encoded(column, 'binary', binaryRenderer(column), output.encoding))
  })
  return sliceWriter(columns, (from, to) => writeTuples(columns, from, to, output, isFirst), output)
}

/** The trailer, a message of its own, after the signature if there was no row to carry it. */
export function writeCopyTrailer(output: OutputBuffer, isFirst: boolean): void {
  const body = isFirst ? Buffer.concat([HEADER, TRAILER]) : TRAILER
  output.reserve(5 + body.length)
  output.bytes[output.position] = COPY_DATA
  output.view.setInt32(output.position + 1, 4 + body.length)
  output.bytes.set(body, output.position + 5)
  output.position += 5 + body.length
}

function writeTuples(
  columns: readonly RenderedColumn[],
  from: number,
  to: number,
  output: OutputBuffer,
  isFirst: boolean,
): number {
  let row = from
  for (; row < to && output.position < output.fullAt; row++) {
    const header = isFirst && row === 0 ? HEADER.length : 0
    const bytesMax = 7 + header + tupleBytes(columns, row)
    if (bytesMax > ROW_BYTES_MAX) throw tooLong()
    output.reserve(bytesMax)
    const { bytes, view, position } = output
    let at = position + 5
    if (header > 0) bytes.set(HEADER, at)
    at += header
    view.setInt16(at, columns.length)
    at += 2
    for (let index = 0; index < columns.length; index++) {
      const { validity, values } = columns[index]!
      if (validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0) {
        view.setInt32(at, -1)
        at += 4
        continue
      }
      const start = values.starts[row - values.base]!
      const end = values.ends[row - values.base]!
      view.setInt32(at, end - start)
      copyBytes(values.bytes, values.view, start, end, bytes, view, at + 4)
      at += 4 + end - start
    }
    bytes[position] = COPY_DATA
    view.setInt32(position + 1, at - position - 1)
    output.position = at
  }
  return row
}

/** At most; NULLs take less. */
function tupleBytes(columns: readonly RenderedColumn[], row: number): number {
  let bytes = 0
  for (let index = 0; index < columns.length; index++) {
    const { values } = columns[index]!
    bytes += 4 + Math.max(0, values.ends[row - values.base]! - values.starts[row - values.base]!)
  }
  return bytes
}
