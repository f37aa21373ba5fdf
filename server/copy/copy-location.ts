/** Where in the data of a COPY an error is, as PostgreSQL's CONTEXT says it. */

import { SqlError } from '../../planner/errors.ts'

/** Bytes of data that are shown. */
const SHOWN_BYTES_MAX = 100

export class CopyLocation {
  readonly #table: string

  constructor(table: string) {
    this.#table = table
  }

  /** `row`: its bytes, where they are known. Line 0 is before the data. */
  atLine(error: SqlError, line: number, row?: Buffer): SqlError {
    if (line === 0) return error
    const text = row === undefined ? '' : `: "${shown(row)}"`
    return withWhere(error, `COPY ${this.#table}, line ${line}${text}`)
  }

  /** `value`: the field's bytes, null when it is NULL, undefined when it is not text. */
  inColumn(error: SqlError, line: number, column: string, value?: Buffer | null): SqlError {
    const text = value === undefined ? '' : value === null ? ': null input' : `: "${shown(value)}"`
    return withWhere(error, `COPY ${this.#table}, line ${line}, column ${column}${text}`)
  }
}

function withWhere(error: SqlError, where: string): SqlError {
  return new SqlError(error.code, error.message, { ...error.fields, where })
}

/** Cut at a character. */
function shown(bytes: Buffer): string {
  if (bytes.length <= SHOWN_BYTES_MAX) return bytes.toString()
  let end = SHOWN_BYTES_MAX
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return `${bytes.toString('utf8', 0, end)}...`
}
