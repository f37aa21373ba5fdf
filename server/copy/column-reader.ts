/** One column of a COPY FROM while its fields are read into a batch. */

import { ColumnTarget } from '../../connectors/formats/column-target.ts'
import type { Column } from '../../executor/batch/column.ts'
import { copyBytes, viewOf } from '../../executor/batch/copy-bytes.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { DataType } from '../../planner/types.ts'
import { type FieldRanges, MISSING_FIELD, NULL_FIELD, SLICE_ROWS } from './field-ranges.ts'
import { badFormat } from './row-scanner.ts'

/** Reads rows [from, to) of the slice into the target; leaves what it does not know to `readOther`. */
export type FieldLoop = (reader: ColumnReader, bytes: Buffer, from: number, to: number) => void

const NO_BYTES = new Uint8Array(0)

export class ColumnReader {
  readonly name: string
  readonly type: DataType
  readonly target: ColumnTarget
  readonly #loop: FieldLoop
  readonly #parse: (bytes: Buffer, start: number, end: number) => SqlValue
  /** Of the slice; the column's fields begin at `base`. */
  starts: Int32Array = new Int32Array(0)
  ends: Int32Array = new Int32Array(0)
  base = 0
  /** The slice's first row in the batch. */
  offset = 0
  /** The row being read when an error was thrown. */
  row = 0
  /** First row of the slice that is NULL; -1 = none. */
  firstNull = -1
  #view: DataView = viewOf(NO_BYTES)
  #viewed: Uint8Array = NO_BYTES
  #sideView: DataView = viewOf(NO_BYTES)
  #sideViewed: Uint8Array = NO_BYTES

  /** `loop` undefined: every value goes through `parse`, which gives the value of bytes [start, end). */
  constructor(
    name: string,
    type: DataType,
    loop: FieldLoop | undefined,
    parse: (bytes: Buffer, start: number, end: number) => SqlValue,
  ) {
    this.name = name
    this.type = type
    this.target = new ColumnTarget(type)
    this.#loop = loop ?? readAll
    this.#parse = parse
  }

  /** A new batch of up to `rows` rows. */
  begin(rows: number): void {
    this.target.begin(rows)
  }

  /**
   * Reads the first `rows` rows of a slice, which is to follow the batch's first `offset` rows. Throws with
   * `row` at the one that is wrong.
   */
  read(bytes: Buffer, ranges: FieldRanges, column: number, offset: number, rows: number): void {
    this.starts = ranges.starts
    this.ends = ranges.ends
    this.base = column * SLICE_ROWS
    this.offset = offset
    this.row = rows
    this.firstNull = -1
    this.#loop(this, bytes, 0, rows)
  }

  finish(length: number): Column {
    return this.target.finish(length, NO_BYTES)
  }

  /** NULL, a field that is not there, or a value that the loop does not know. */
  readOther(bytes: Buffer, row: number): void {
    this.row = row
    const start = this.starts[this.base + row]!
    if (start === NULL_FIELD) {
      this.target.setNull(this.offset + row)
      if (this.firstNull < 0) this.firstNull = row
    } else if (start === MISSING_FIELD) {
      throw badFormat(`missing data for column "${this.name}"`)
    } else {
      this.target.set(this.offset + row, this.#parse(bytes, start, this.ends[this.base + row]!))
    }
  }

  /** Room was made by target.reserveSide. */
  storeBytes(bytes: Buffer, start: number, end: number, row: number): void {
    const { target } = this
    if (this.#viewed !== bytes) {
      this.#viewed = bytes
      this.#view = viewOf(bytes)
    }
    if (this.#sideViewed !== target.side) {
      this.#sideViewed = target.side
      this.#sideView = viewOf(target.side)
    }
    const at = target.sideLength
    copyBytes(bytes, this.#view, start, end, target.side, this.#sideView, at)
    target.setSideRange(row, at, at + end - start)
  }
}

function readAll(reader: ColumnReader, bytes: Buffer, from: number, to: number): void {
  for (let row = from; row < to; row++) reader.readOther(bytes, row)
}
