/** COPY … TO STDOUT in text and csv: one CopyData message a row, as PostgreSQL sends them. */

import { copyBytes } from '../../executor/batch/copy-bytes.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import type { Schema } from '../../planner/schema.ts'
import { encodeClientText } from '../encoding/client-text.ts'
import type { ClientEncoding } from '../encoding/encoding-names.ts'
import type { CopyFormat } from '../session-contract.ts'
import type { OutputBuffer } from './output-buffer.ts'
import {
  encoded,
  RenderedColumn,
  ROW_BYTES_MAX,
  type RowsWriter,
  sliceWriter,
  tooLong,
} from './row-writer.ts'
import { textRenderer } from './text-values.ts'

const COPY_DATA = 0x64
const BACKSLASH = 0x5c
const NEWLINE = 0x0a

/** As rowsWriter. */
export function copyRowsWriter(
  batch: DeltaBatch,
  format: CopyFormat,
  output: OutputBuffer,
  context: EvaluationContext,
): RowsWriter {
  const textEncoding = format.encoding ?? output.encoding
  const columns = batch.columns.map(column => {
    return new RenderedColumn(column, encoded(column, 'text', textRenderer(column, context), textEncoding))
  })
  const encoding = copyEncoding(format, columns.length === 1, textEncoding)
  return sliceWriter(columns, (from, to) => writeRows(columns, encoding, from, to, output), output)
}

/** The header line of csv (and, since PostgreSQL 15, text). */
export function writeCopyHeader(schema: Schema, format: CopyFormat, output: OutputBuffer): void {
  const textEncoding = format.encoding ?? output.encoding
  const encoding = copyEncoding(format, schema.length === 1, textEncoding)
  const names = schema.map(column => encodeClientText(column.name, textEncoding))
  const length = names.reduce((sum, name) => sum + 2 * name.length + 3, 0)
  output.reserve(5 + length)
  let at = output.position + 5
  names.forEach((name, index) => {
    if (index > 0) output.bytes[at++] = encoding.delimiter
    if (isPlain(name, 0, name.length, encoding)) at += name.copy(output.bytes, at)
    else at = writeValue(name, 0, name.length, encoding, output.bytes, at)
  })
  endRow(output, at)
}

/** A CopyFormat in bytes. */
interface CopyEncoding {
  readonly isCsv: boolean
  readonly delimiter: number
  readonly nullText: Buffer
  readonly quote: number
  readonly escape: number
  /** By byte: in text what follows the backslash that replaces it, in csv 1 where the value is quoted. */
  readonly special: Uint8Array
  readonly isSingle: boolean
  readonly forceQuote: readonly boolean[]
}

function copyEncoding(format: CopyFormat, isSingle: boolean, encoding: ClientEncoding): CopyEncoding {
  const isCsv = format.format === 'csv'
  const delimiter = format.delimiter.charCodeAt(0)
  const quote = format.quote.charCodeAt(0)
  const special = new Uint8Array(256)
  if (isCsv) {
    for (const byte of [delimiter, quote, NEWLINE, 0x0d]) special[byte] = 1
  } else {
    special[delimiter] = delimiter
    special[BACKSLASH] = BACKSLASH
    for (const [character, letter] of ['\bb', '\ff', '\nn', '\rr', '\tt', '\vv']) {
      special[character!.charCodeAt(0)] = letter!.charCodeAt(0)
    }
  }
  const nullText = encodeClientText(format.nullText, encoding)
  const { forceQuote } = format
  return {
    isCsv,
    delimiter,
    nullText,
    quote,
    escape: format.escape.charCodeAt(0),
    special,
    isSingle,
    forceQuote,
  }
}

function writeRows(
  columns: readonly RenderedColumn[],
  encoding: CopyEncoding,
  from: number,
  to: number,
  output: OutputBuffer,
): number {
  let row = from
  for (; row < to && output.position < output.fullAt; row++) {
    output.reserve(5 + rowBytesMax(columns, row, encoding))
    const { bytes, view } = output
    let at = output.position + 5
    for (let index = 0; index < columns.length; index++) {
      if (index > 0) bytes[at++] = encoding.delimiter
      const { validity, values } = columns[index]!
      if (validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0) {
        bytes.set(encoding.nullText, at)
        at += encoding.nullText.length
        continue
      }
      const start = values.starts[row - values.base]!
      const end = values.ends[row - values.base]!
      if (encoding.forceQuote[index] !== true && isPlain(values.bytes, start, end, encoding)) {
        copyBytes(values.bytes, values.view, start, end, bytes, view, at)
        at += end - start
      } else {
        at = writeValue(values.bytes, start, end, encoding, bytes, at)
      }
    }
    endRow(output, at)
  }
  return row
}

/** Every byte escaped, two quotes, a delimiter or the newline. */
function rowBytesMax(columns: readonly RenderedColumn[], row: number, encoding: CopyEncoding): number {
  let bytes = 1
  for (let index = 0; index < columns.length; index++) {
    const { values } = columns[index]!
    bytes += 2 * (values.ends[row - values.base]! - values.starts[row - values.base]!)
    bytes += encoding.nullText.length + 3
  }
  if (bytes > ROW_BYTES_MAX) throw tooLong()
  return bytes
}

/** Ends the line and the message whose body began 5 bytes after `position`. */
function endRow(output: OutputBuffer, end: number): void {
  output.bytes[end] = NEWLINE
  output.bytes[output.position] = COPY_DATA
  output.view.setInt32(output.position + 1, end - output.position)
  output.position = end + 1
}

/** The value goes out as it is. */
function isPlain(bytes: Uint8Array, start: number, end: number, encoding: CopyEncoding): boolean {
  const { special } = encoding
  for (let at = start; at < end; at++) if (special[bytes[at]!] !== 0) return false
  return !encoding.isCsv || !isTaken(bytes, start, end, encoding)
}

/** In csv: reads as NULL, or as the end of the data, unless it is quoted. */
function isTaken(bytes: Uint8Array, start: number, end: number, encoding: CopyEncoding): boolean {
  const { nullText, isSingle } = encoding
  if (isSingle && end - start === 2 && bytes[start] === BACKSLASH && bytes[start + 1] === 0x2e) return true
  if (end - start !== nullText.length) return false
  for (let index = 0; index < nullText.length; index++) {
    if (bytes[start + index] !== nullText[index]) return false
  }
  return true
}

function writeValue(
  source: Uint8Array,
  start: number,
  end: number,
  encoding: CopyEncoding,
  target: Uint8Array,
  position: number,
): number {
  const { special, quote, isCsv } = encoding
  let at = position
  if (!isCsv) {
    for (let from = start; from < end; from++) {
      const letter = special[source[from]!]!
      if (letter !== 0) target[at++] = BACKSLASH
      target[at++] = letter === 0 ? source[from]! : letter
    }
    return at
  }
  target[at++] = quote
  for (let from = start; from < end; from++) {
    const byte = source[from]!
    if (byte === quote || byte === encoding.escape) target[at++] = encoding.escape
    target[at++] = byte
  }
  target[at++] = quote
  return at
}
