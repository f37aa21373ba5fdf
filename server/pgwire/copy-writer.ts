/** COPY … TO STDOUT in text and csv: CopyData messages that end at row boundaries. */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import type { Schema } from '../../planner/schema.ts'
import type { CopyFormat } from '../session-contract.ts'
import type { OutputBuffer } from './output-buffer.ts'
import type { RowsWriter } from './row-writer.ts'
import { textWriter, type ValueWriter } from './text-values.ts'

const COPY_DATA = 0x64

/** As rowsWriter, one CopyData per row (PostgreSQL does the same). */
export function copyRowsWriter(
  batch: DeltaBatch,
  format: CopyFormat,
  output: OutputBuffer,
  context: EvaluationContext,
): RowsWriter {
  const columns = batch.columns.map(column => ({
    validity: column.validity,
    write: textWriter(column, output, context),
  }))
  const escaper = format.format === 'csv' ? csvEscaper(format) : textEscaper(format)
  return (from, to) => {
    let row = from
    while (row < to && !output.isFull) {
      const start = output.begin(COPY_DATA)
      columns.forEach((column, index) => {
        if (index > 0) output.ascii(format.delimiter)
        writeField(column.validity, column.write, row, format, output, escaper)
      })
      output.ascii('\n')
      output.end(start)
      row++
    }
    return row
  }
}

/** The header line of csv (and, since PostgreSQL 15, text). */
export function writeCopyHeader(schema: Schema, format: CopyFormat, output: OutputBuffer): void {
  const start = output.begin(COPY_DATA)
  const escaper = format.format === 'csv' ? csvEscaper(format) : textEscaper(format)
  schema.forEach((column, index) => {
    if (index > 0) output.ascii(format.delimiter)
    output.text(escaper(column.name))
  })
  output.ascii('\n')
  output.end(start)
}

function writeField(
  validity: Uint8Array | undefined,
  write: ValueWriter,
  row: number,
  format: CopyFormat,
  output: OutputBuffer,
  escaper: (text: string) => string,
): void {
  if (validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0) {
    output.text(format.nullText)
    return
  }
  const start = output.position
  write(row)
  if (!needsEscape(output, start, format)) return
  const text = output.bytes.toString('utf8', start, output.position)
  const escaped = escaper(text)
  if (escaped === text) return
  output.position = start
  output.text(escaped)
}

/**
 * A cheap look for any byte that could need escaping; the escapers decide. Empty csv values and NULL
 * look-alikes do.
 */
function needsEscape(output: OutputBuffer, start: number, format: CopyFormat): boolean {
  const { bytes, position } = output
  if (format.format === 'csv' && position - start <= format.nullText.length) return true
  const delimiter = format.delimiter.charCodeAt(0)
  const quote = format.quote.charCodeAt(0)
  const isCsv = format.format === 'csv'
  for (let at = start; at < position; at++) {
    const byte = bytes[at]!
    if (byte < 32 || byte === delimiter || byte === 92 || (isCsv && byte === quote)) return true
  }
  return false
}

const textEscapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

function textEscaper(format: CopyFormat): (text: string) => string {
  const delimiter = format.delimiter
  return text =>
    text.replace(
      /[\b\f\n\r\t\v\\]|./gsu,
      character => textEscapes[character] ?? (character === delimiter ? '\\' + character : character),
    )
}

function csvEscaper(format: CopyFormat): (text: string) => string {
  const { quote, escape: escapeCharacter, delimiter, nullText } = format
  return text => {
    const special =
      text === nullText ||
      text === '\\.' ||
      text.includes(delimiter) ||
      text.includes(quote) ||
      text.includes('\n') ||
      text.includes('\r')
    if (!special) return text
    const body = [...text]
      .map(character =>
        character === quote || character === escapeCharacter ? escapeCharacter + character : character,
      )
      .join('')
    return quote + body + quote
  }
}
