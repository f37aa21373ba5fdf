/**
 * ENCODE CSV: one row a message (RFC 4180: fields may be quoted, a quote inside is doubled), columns by
 * position. An empty field without quotes is NULL. Too few fields, or too many, make a bad record.
 */

import type { DecodedRecords, RecordDecoder, RecordRanges } from '../../executor/io/record-ranges.ts'
import type { BadRecord } from '../../executor/io/source.ts'
import type { Field } from '../../planner/schema.ts'
import { ColumnTarget } from './column-target.ts'
import { badRecord, valueOfText } from './decode-value.ts'

const QUOTE = 0x22
const NEWLINE = 0x0a
const RETURN = 0x0d

/** `payload`: all columns of a line; `wanted`: the indexes of those that are decoded. */
export function createCsvDecoder(
  payload: readonly Field[],
  wanted: readonly number[],
  delimiter: number,
): RecordDecoder {
  return new CsvDecoder(payload, wanted, delimiter)
}

class CsvDecoder implements RecordDecoder {
  readonly #payload: readonly Field[]
  /** By position in the line; undefined where the column is not wanted. */
  readonly #targets: readonly (ColumnTarget | undefined)[]
  readonly #wanted: readonly ColumnTarget[]
  readonly #delimiter: number

  constructor(payload: readonly Field[], wanted: readonly number[], delimiter: number) {
    this.#payload = payload
    const targets = payload.map((field, index) =>
      wanted.includes(index) ? new ColumnTarget(field.type) : undefined,
    )
    this.#targets = targets
    this.#wanted = wanted.map(index => targets[index]!)
    this.#delimiter = delimiter
  }

  decode(records: RecordRanges, from: number, to: number): DecodedRecords {
    const { bytes, valueStarts, valueEnds } = records
    for (const target of this.#wanted) target.begin(to - from)
    const bad: BadRecord[] = []
    const rows = new Int32Array(to - from)
    let row = 0
    for (let record = from; record < to; record++) {
      const error = this.#decodeRow(bytes, valueStarts[record]!, valueEnds[record]!, row)
      if (error === undefined) {
        rows[row++] = record
      } else {
        bad.push(badRecord(records, record, error))
        for (const target of this.#wanted) target.unsetNull(row)
      }
    }
    const columns = this.#wanted.map(target => target.finish(row, bytes))
    const left = bad.length === 0 ? undefined : rows.subarray(0, row)
    return { columns, length: row, weights: undefined, rows: left, bad }
  }

  /** The error of a bad line, undefined for a good one. */
  #decodeRow(bytes: Uint8Array, start: number, lineEnd: number, row: number): string | undefined {
    if (start < 0) return 'the record has no value (a tombstone, which FORMAT PLAIN cannot express)'
    const end = trimLine(bytes, start, lineEnd)
    let at = start
    for (let index = 0; index < this.#payload.length; index++) {
      if (index > 0 && bytes[at++] !== this.#delimiter) return this.#countError(bytes, start, end)
      const fieldEnd =
        bytes[at] === QUOTE && at < end ? quotedEnd(bytes, at, end) : this.#plainEnd(bytes, at, end)
      if (fieldEnd < 0) return 'a quoted CSV field is not closed'
      const error = this.#setField(index, row, bytes, at, fieldEnd)
      if (error !== undefined) return error
      at = fieldEnd
      if (at === end && index < this.#payload.length - 1) return this.#countError(bytes, start, end)
    }
    return at === end ? undefined : this.#countError(bytes, start, end)
  }

  #plainEnd(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    while (at < end && bytes[at] !== this.#delimiter) at++
    return at
  }

  #setField(index: number, row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    const target = this.#targets[index]
    if (target === undefined) return undefined
    if (start === end) {
      target.setNull(row)
      return undefined
    }
    const isQuoted = bytes[start] === QUOTE
    if (!isQuoted && target.type.kind === 'text' && isAscii(bytes, start, end)) {
      target.starts[row] = start
      target.ends[row] = end
      return undefined
    }
    const raw = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString()
    const text = isQuoted ? raw.slice(1, -1).replaceAll('""', '"') : raw
    try {
      target.set(row, valueOfText(target.type, text))
      return undefined
    } catch (error) {
      return `column "${this.#payload[index]!.name}": ${(error as Error).message}`
    }
  }

  #countError(bytes: Uint8Array, start: number, end: number): string {
    let fields = 1
    for (let at = start; at < end; at++) if (bytes[at] === this.#delimiter) fields++
    return `the CSV line does not have ${this.#payload.length} fields (about ${fields} were found)`
  }
}

/** The end without a line break. */
function trimLine(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  if (at > start && bytes[at - 1] === NEWLINE) at--
  if (at > start && bytes[at - 1] === RETURN) at--
  return at
}

/** Behind the closing quote of the field at `start`; negative when there is none. */
function quotedEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    if (bytes[at] !== QUOTE) continue
    if (at + 1 < end && bytes[at + 1] === QUOTE) at++
    else return at + 1
  }
  return -1
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! >= 0x80) return false
  return true
}
