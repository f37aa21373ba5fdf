/**
 * The data of a COPY FROM, as it arrives, into batches of the table's columns. Bytes gather in a buffer;
 * whole rows of it are scanned into field positions, a slice at a time, which are then read column by column.
 *
 * Of the errors in a slice the one of the first row counts, and in it that of the first field, as if rows had
 * been read one by one.
 */

import { batchBytes } from '../../executor/batch/batch-bytes.ts'
import type { Column } from '../../executor/batch/column.ts'
import { readValue } from '../../executor/batch/column-reader.ts'
import { BATCH_ROWS, type DeltaBatch, deltaBatch } from '../../executor/batch/delta-batch.ts'
import { gatherBatch } from '../../executor/batch/gather.ts'
import { compilePredicate, compileProjection } from '../../executor/expression/compile.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { formatValue } from '../../executor/expression/text-format.ts'
import type { BoundCopyFrom } from '../../planner/bind/copy-from.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Expression } from '../../planner/expression.ts'
import { binaryColumn } from './binary-columns.ts'
import { BinaryScanner } from './binary-scanner.ts'
import type { ColumnReader } from './column-reader.ts'
import { CopyLocation } from './copy-location.ts'
import type { CopyOptions } from './copy-options.ts'
import { CsvScanner } from './csv-scanner.ts'
import { FieldRanges, MISSING_FIELD, NULL_FIELD, SLICE_ROWS } from './field-ranges.ts'
import { badFormat, NEWLINE, RETURN, type RowScanner } from './row-scanner.ts'
import { textColumn } from './text-columns.ts'
import { TextScanner } from './text-scanner.ts'
import { invalidBytes, isCleanUtf8 } from './utf8.ts'

const BUFFER_BYTES = 256 * 1024
/** PostgreSQL's own limit of a line. */
const ROW_BYTES_MAX = 0x3fffffff

/** Rows of the table, and the line of each. */
export interface CopiedBatch {
  readonly rows: DeltaBatch
  readonly lines: Float64Array
}

export class CopyReader {
  readonly #target: BoundCopyFrom
  readonly #options: CopyOptions
  readonly #context: EvaluationContext
  readonly #scanner: RowScanner
  readonly #columns: readonly ColumnReader[]
  readonly #ranges: FieldRanges
  readonly #location: CopyLocation
  readonly #batches: CopiedBatch[] = []
  /** Of the batches. */
  #bytes = 0
  /** Data in the first half, unescaped fields in the second. */
  #buffer = Buffer.allocUnsafe(BUFFER_BYTES * 2)
  #filled = 0
  #isHeaderNext: boolean
  /** Rows of the batch being filled, and how many it may have; 0 before it is begun. */
  #length = 0
  #capacity = 0
  #lines = new Float64Array(0)

  constructor(target: BoundCopyFrom, options: CopyOptions, context: EvaluationContext) {
    const names = target.columns.map(index => target.table.schema[index]!.name)
    const makeColumn = options.format === 'binary' ? binaryColumn : textColumn
    this.#target = target
    this.#options = options
    this.#context = context
    this.#scanner = createScanner(options, names)
    this.#columns = target.columns.map((index, field) => {
      return makeColumn(names[field]!, target.table.schema[index]!.type, context)
    })
    this.#ranges = new FieldRanges(names.length)
    this.#location = new CopyLocation(target.table.name)
    this.#isHeaderNext = options.header !== false
  }

  /** Takes bytes, cut anywhere. Throws the error of the rows that they complete. */
  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.#scanner.isDone; ) {
      const count = Math.min(bytes.length - at, this.#halfBytes - this.#filled)
      bytes.copy(this.#buffer, this.#filled, at, at + count)
      this.#filled += count
      at += count
      if (this.#filled === this.#halfBytes) this.flush()
    }
  }

  /** Reads the whole rows of what has arrived. */
  flush(): void {
    this.#drain(false)
    if (this.#filled === this.#halfBytes) this.#grow()
  }

  /** The data is complete: all of its rows. */
  finish(): readonly CopiedBatch[] {
    this.#drain(true)
    if (this.#isHeaderNext) this.#checkHeader([this.#options.nullText === '' ? undefined : ''], Buffer.of())
    this.#endBatch()
    return this.#batches
  }

  /** Of rows that were read and of data that was not. */
  get byteLength(): number {
    return this.#bytes + this.#buffer.length
  }

  /** With the line that is being read. */
  located(error: SqlError): SqlError {
    return this.#location.atLine(error, this.#scanner.line)
  }

  get #halfBytes(): number {
    return this.#buffer.length / 2
  }

  #grow(): void {
    if (this.#filled * 2 > ROW_BYTES_MAX) {
      throw this.located(new SqlError(SqlState.programLimitExceeded, 'a line of the data is too long'))
    }
    const grown = Buffer.allocUnsafe(this.#buffer.length * 2)
    this.#buffer.copy(grown, 0, 0, this.#filled)
    this.#buffer = grown
  }

  #drain(isEnd: boolean): void {
    const ranges = this.#ranges
    let from = 0
    for (let next = -1; next !== from && !this.#scanner.isDone; ) {
      if (next >= 0) from = next
      ranges.clear()
      if (this.#isHeaderNext) ranges.header = []
      next = this.#scanner.scan(this.#buffer, from, this.#filled, this.#halfBytes, isEnd, ranges)
      if (this.#isUnusedHeader) {
        // All that is left is one header line whose quotes stay open: it is skipped like any other.
        this.#filled = 0
        return
      }
      this.#checkText(from, next)
      if (this.#isHeaderNext && ranges.rowCount > 0) this.#checkHeader(ranges.header ?? [], this.#rowBytes(0))
      else this.#readSlice(ranges.rowCount)
      if (ranges.error !== undefined) throw this.#scanError(ranges.error)
    }
    this.#filled -= from
    if (this.#scanner.isDone) this.#filled = 0
    else this.#buffer.copyWithin(0, from, from + this.#filled)
  }

  get #isUnusedHeader(): boolean {
    const { format, header } = this.#options
    return this.#isHeaderNext && header === true && format === 'csv' && this.#ranges.errorStart >= 0
  }

  /** Rows that are not UTF-8 are left out, with the error of the first one. */
  #checkText(from: number, to: number): void {
    if (this.#options.format === 'binary' || isCleanUtf8(this.#buffer.subarray(from, to))) return
    const { rowStarts, rowEnds, lines, rowCount } = this.#ranges
    for (let row = 0; row < rowCount; row++) {
      const bytes = this.#buffer.subarray(rowStarts[row]!, rowEnds[row]!)
      if (isCleanUtf8(bytes)) continue
      this.#ranges.rowCount = row
      this.#ranges.fail(this.#location.atLine(invalidBytes(bytes), lines[row]!))
      return
    }
  }

  #scanError(error: SqlError): SqlError {
    if (error.fields.where !== undefined) return error
    const { line } = this.#scanner
    const { errorStart: start, errorColumn } = this.#ranges
    if (errorColumn >= 0) return this.#location.inColumn(error, line, this.#columns[errorColumn]!.name)
    if (start < 0) return this.#location.atLine(error, line)
    const end = this.#ranges.errorEnd < 0 ? this.#lineEnd(start) : this.#ranges.errorEnd
    return this.#location.atLine(error, line, this.#buffer.subarray(start, end))
  }

  #lineEnd(start: number): number {
    let end = start
    while (end < this.#filled && this.#buffer[end] !== NEWLINE && this.#buffer[end] !== RETURN) end++
    return end
  }

  #checkHeader(fields: readonly (string | undefined)[], line: Buffer): void {
    this.#isHeaderNext = false
    if (this.#options.header !== 'match') return
    const error = headerMismatch(fields, this.#columns, this.#options.nullText)
    if (error !== undefined) throw this.#location.atLine(error, 1, line)
  }

  #readSlice(rowCount: number): void {
    if (rowCount === 0) return
    if (this.#length + rowCount > this.#capacity) this.#beginBatch()
    let rows = rowCount
    let failure: SqlError | undefined
    for (const [index, column] of this.#columns.entries()) {
      try {
        column.read(this.#buffer, this.#ranges, index, this.#length, rows)
      } catch (error) {
        if (!(error instanceof SqlError)) throw error
        rows = column.row
        failure = this.#fieldError(error, index, rows)
      }
    }
    if (this.#target.where === undefined) this.#checkNotNull(rows)
    if (failure !== undefined) throw failure
    this.#lines.set(this.#ranges.lines.subarray(0, rows), this.#length)
    this.#length += rows
  }

  #fieldError(error: SqlError, column: number, row: number): SqlError {
    const line = this.#ranges.lines[row]!
    const index = column * SLICE_ROWS + row
    const start = this.#ranges.starts[index]!
    const isBinary = this.#options.format === 'binary'
    if (start === MISSING_FIELD) return this.#location.atLine(error, line, this.#rowBytes(row))
    const { name } = this.#columns[column]!
    if (isBinary) return this.#location.inColumn(error, line, name)
    const value = start === NULL_FIELD ? null : this.#buffer.subarray(start, this.#ranges.ends[index])
    return this.#location.inColumn(error, line, name, value)
  }

  /** Before the rows are stored, while the line is known. */
  #checkNotNull(rows: number): void {
    const { table, columns } = this.#target
    let first = rows
    let name = ''
    for (const [index, field] of table.schema.entries()) {
      if (field.nullable) continue
      const given = columns.indexOf(index)
      const isLeftOut = given < 0 && table.defaults[index] === undefined
      const row = given < 0 ? (isLeftOut ? 0 : -1) : this.#columns[given]!.firstNull
      if (row < 0 || row >= first) continue
      first = row
      name = field.name
    }
    if (first === rows) return
    const line = this.#ranges.lines[first]!
    const bytes = this.#options.format === 'binary' ? undefined : this.#rowBytes(first)
    throw this.#location.atLine(this.#notNullViolation(name, this.#length + first), line, bytes)
  }

  #notNullViolation(name: string, row: number): SqlError {
    const { name: table, schemaName } = this.#target.table
    const values = this.#tableColumns(row + 1).map(column => {
      const value = readValue(column, row)
      return value === null ? 'null' : formatValue(column.type, value, this.#context)
    })
    return new SqlError(
      SqlState.notNullViolation,
      `null value in column "${name}" of relation "${table}" violates not-null constraint`,
      { detail: `Failing row contains (${values.join(', ')}).`, schema: schemaName, table, column: name },
    )
  }

  #rowBytes(row: number): Buffer {
    return this.#buffer.subarray(this.#ranges.rowStarts[row]!, this.#ranges.rowEnds[row]!)
  }

  /** The first batch is small: most COPYs are. */
  #beginBatch(): void {
    this.#capacity = this.#capacity === 0 ? SLICE_ROWS : BATCH_ROWS
    this.#endBatch()
    this.#lines = new Float64Array(this.#capacity)
    for (const column of this.#columns) column.begin(this.#capacity)
  }

  #endBatch(): void {
    if (this.#length === 0) return
    const rows = deltaBatch(this.#tableColumns(this.#length), this.#length)
    const { where } = this.#target
    const kept = where === undefined ? { rows, lines: this.#lines } : this.#filter(rows, where)
    if (kept.rows.length > 0) {
      this.#batches.push(kept)
      this.#bytes += batchBytes(kept.rows) + kept.lines.byteLength
    }
    this.#length = 0
  }

  /** The table's columns of the batch's first rows: as given, or the defaults. */
  #tableColumns(length: number): readonly Column[] {
    const { table, columns } = this.#target
    const left = table.schema.map((_, index) => index).filter(index => !columns.includes(index))
    const defaults = left.map((index): Expression => {
      const { type } = table.schema[index]!
      return table.defaults[index] ?? { kind: 'literal', text: null, type, position: undefined }
    })
    const computed = compileProjection(defaults, [], this.#context)(deltaBatch([], length))
    return table.schema.map((_, index) => {
      const given = columns.indexOf(index)
      return given < 0 ? computed[left.indexOf(index)]! : this.#columns[given]!.finish(length)
    })
  }

  #filter(batch: DeltaBatch, where: Expression): CopiedBatch {
    const types = this.#target.table.schema.map(field => field.type)
    const rows = new Int32Array(batch.length)
    const count = compilePredicate(where, types, this.#context)(batch, rows)
    const lines = Float64Array.from(rows.subarray(0, count), row => this.#lines[row]!)
    return { rows: gatherBatch(batch, rows, count), lines }
  }
}

function createScanner(options: CopyOptions, names: readonly string[]): RowScanner {
  if (options.format === 'binary') return new BinaryScanner()
  const delimiter = options.delimiter.charCodeAt(0)
  const nullText = Buffer.from(options.nullText)
  if (options.format === 'text') return new TextScanner({ delimiter, nullText })
  return new CsvScanner({
    delimiter,
    nullText,
    quote: options.quote.charCodeAt(0),
    escape: options.escape.charCodeAt(0),
    forceNotNull: names.map(name => options.forceNotNull.includes(name)),
    forceNull: names.map(name => options.forceNull.includes(name)),
  })
}

function headerMismatch(
  fields: readonly (string | undefined)[],
  columns: readonly ColumnReader[],
  nullText: string,
): SqlError | undefined {
  if (fields.length !== columns.length) {
    return badFormat(
      `wrong number of fields in header line: got ${fields.length}, expected ${columns.length}`,
    )
  }
  const wrong = columns.findIndex(({ name }, index) => fields[index] !== name)
  if (wrong < 0) return undefined
  const field = fields[wrong]
  const got = field === undefined ? `null value ("${nullText}")` : `"${field}"`
  return badFormat(
    `column name mismatch in header line field ${wrong + 1}: got ${got}, expected "${columns[wrong]!.name}"`,
  )
}
