/**
 * Where the fields of some rows are in the bytes of a COPY: scanners fill it row by row, column readers take
 * it column by column.
 */

import type { SqlError } from '../../planner/errors.ts'

/** Rows scanned at once: their bytes stay in the caches until they are read. */
export const SLICE_ROWS = 1024
/** A field's start when it is NULL, and when the row ended before it. */
export const NULL_FIELD = -1
export const MISSING_FIELD = -2

export class FieldRanges {
  readonly columnCount: number
  /** The field of `row` in `column` is bytes [starts[i], ends[i]) with i = column * SLICE_ROWS + row. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** The row itself, without its line break, and its line number in the data, from 1. */
  readonly rowStarts: Int32Array = new Int32Array(SLICE_ROWS)
  readonly rowEnds: Int32Array = new Int32Array(SLICE_ROWS)
  readonly lines: Float64Array = new Float64Array(SLICE_ROWS)
  rowCount = 0
  /** Set to scan one row, of any number of fields, as the header: its fields go here, NULL as undefined. */
  header: (string | undefined)[] | undefined
  /** What is wrong behind the rows that are here. */
  error: SqlError | undefined
  /** Where the wrong row begins, if it is whole but for that; -1 = not known. */
  errorStart = -1
  /** Where it ends; -1 = at the next line break. */
  errorEnd = -1
  /** The field that is wrong; -1 = not known. */
  errorColumn = -1

  constructor(columnCount: number) {
    this.columnCount = columnCount
    this.starts = new Int32Array(SLICE_ROWS * columnCount)
    this.ends = new Int32Array(SLICE_ROWS * columnCount)
  }

  get rowsMax(): number {
    return this.header === undefined ? SLICE_ROWS : 1
  }

  clear(): void {
    this.rowCount = 0
    this.header = undefined
    this.error = undefined
    this.errorStart = -1
    this.errorEnd = -1
    this.errorColumn = -1
  }

  /** Nothing behind the present rows is read. */
  fail(error: SqlError, start = -1, end = -1): void {
    this.error = error
    this.errorStart = start
    this.errorEnd = end
  }

  /** Marks the fields of the row being scanned from `column` on as not there. */
  miss(column: number): void {
    for (let index = column; index < this.columnCount; index++) {
      this.starts[index * SLICE_ROWS + this.rowCount] = MISSING_FIELD
    }
  }

  /** The row being scanned is whole. */
  endRow(start: number, end: number, line: number): void {
    this.rowStarts[this.rowCount] = start
    this.rowEnds[this.rowCount] = end
    this.lines[this.rowCount] = line
    this.rowCount++
  }
}
