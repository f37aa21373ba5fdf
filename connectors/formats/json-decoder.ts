/**
 * JSON objects to typed columns, one message a row, without strings or objects on the common path.
 *
 * A message is scanned once: keys by prediction (json-keys.ts), unwanted values skipped by grammar, wanted
 * ones written by a scanner for the column's type (json-field.ts). What such a scanner does not take goes
 * through text (decode-value.ts) to the same value or to an error. Duplicate keys: the last wins. Missing
 * keys and null are NULL. A message that is not one JSON object, or has a value that its column cannot hold,
 * is a bad record as a whole. Guarded by test/bench/json-decode.bench.ts.
 */

import type { DecodedRecords, RecordDecoder, RecordRanges } from '../../executor/io/record-ranges.ts'
import type { BadRecord } from '../../executor/io/source.ts'
import type { Field } from '../../planner/schema.ts'
import { ColumnTarget } from './column-target.ts'
import { badRecord, type TimestampUnit, valueOfJsonToken } from './decode-value.ts'
import { FieldTarget, scanField } from './json-field.ts'
import { type JsonKey, JsonKeys, keyMatches } from './json-keys.ts'
import { createLane, type Lane, type LaneHost, type LaneKey } from './json-lane.ts'
import { INVALID, skipSpace, skipValue } from './json-scan.ts'

export interface JsonDecoderOptions {
  /** What numbers in timestamp columns mean. */
  readonly timestampUnit: TimestampUnit
}

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** A decoder of the columns `fields`, in that order. */
export function createJsonDecoder(fields: readonly Field[], options: JsonDecoderOptions): RecordDecoder {
  return new JsonDecoder(fields, options)
}

class JsonDecoder implements RecordDecoder {
  readonly #fields: readonly FieldTarget[]
  readonly #keys: JsonKeys
  readonly #scanned = new Float64Array(2)
  /**
   * Per field the mark of the message that set it last: 2 × message + 1 by an exact key, 2 × message
   * otherwise.
   */
  readonly #setBy: Int32Array
  #mark = 0
  /** Over the bytes being decoded. */
  #view: DataView = new DataView(new ArrayBuffer(0))
  #bytes: Uint8Array = new Uint8Array(0)
  /** Why a value was refused; undefined when the message is malformed. */
  #refusal: string | undefined
  #lane: Lane | undefined
  /** Fields whose keys the lane's messages do not have. */
  #missing: readonly FieldTarget[] = []
  readonly #host: LaneHost = {
    readSlowly: (field, position, row) => this.#readValue(field, this.#bytes, position, row),
    endsAt: (position, end) => this.#endsAt(this.#bytes, position, end, false),
    nullMissing: row => {
      for (const field of this.#missing) field.target.setNull(row)
    },
  }

  constructor(fields: readonly Field[], options: JsonDecoderOptions) {
    this.#fields = fields.map(
      ({ name, type }) => new FieldTarget(name, new ColumnTarget(type), options.timestampUnit),
    )
    this.#keys = new JsonKeys(fields.map(field => field.name))
    this.#setBy = new Int32Array(fields.length)
  }

  decode(records: RecordRanges, from: number, to: number): DecodedRecords {
    const { bytes, valueStarts, valueEnds } = records
    for (const field of this.#fields) field.target.begin(to - from)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#setBy.fill(0)
    this.#mark = 1
    const bad: BadRecord[] = []
    let rows: Int32Array | undefined
    let row = 0
    const fit = new LaneFit()
    for (let record = from; record < to; record++) {
      if (this.#lane !== undefined) {
        const run = this.#lane(this.#host, bytes, this.#view, valueStarts, valueEnds, record, to, row)
        if (rows !== undefined) for (let index = 0; index < run; index++) rows[row + index] = record + index
        fit.hits += run
        row += run
        record += run
        if (record === to) break
      }
      const start = valueStarts[record]!
      const end = valueEnds[record]!
      if (start >= 0 && this.#decodeRow(bytes, start, end, row)) {
        if (rows !== undefined) rows[row] = record
        row++
        if (fit.missed(this.#lane !== undefined)) this.#learn(start, fit)
        continue
      }
      if (rows === undefined) {
        rows = new Int32Array(to - from)
        for (let index = 0; index < row; index++) rows[index] = from + index
      }
      bad.push(badRecord(records, record, this.#explain(bytes, start, end)))
      for (const field of this.#fields) field.target.unsetNull(row)
    }
    const columns = this.#fields.map(field => field.target.finish(row, bytes))
    return { columns, length: row, weights: undefined, rows: rows?.subarray(0, row), bad }
  }

  /** Decodes the message [start, end) to `row`; false when it is bad. */
  #decodeRow(bytes: Uint8Array, start: number, end: number, row: number): boolean {
    const view = this.#view
    this.#mark += 2
    this.#refusal = undefined
    const keys = this.#keys
    let key: JsonKey = keys.root
    let unset = this.#fields.length
    let at = start
    for (;;) {
      const predicted = key.next
      const found =
        predicted !== undefined && keyMatches(view, at, predicted)
          ? predicted
          : keys.find(bytes, view, at, key)
      if (found === undefined) break
      key = found
      // A key that was learned without a space before its value may come with one now.
      at = skipSpace(bytes, at + key.length)
      const field = key.field
      if (field < 0) {
        at = skipValue(bytes, view, at)
      } else {
        const previous = this.#setBy[field]!
        at = this.#readField(key, previous, bytes, at, row)
        if (previous < this.#mark - 1) unset--
      }
      if (at < 0) return false
      if (bytes[at] === CLOSE_BRACE) break
    }
    if (unset > 0) this.#nullUnset(row)
    return this.#endsAt(bytes, at, end, key === keys.root)
  }

  /**
   * True when the object closes at `position` (after white space) and nothing but white space follows before
   * `end`.
   */
  #endsAt(bytes: Uint8Array, position: number, end: number, isEmpty: boolean): boolean {
    let at = skipSpace(bytes, position)
    if (isEmpty) {
      if (bytes[at] !== OPEN_BRACE) return false
      at = skipSpace(bytes, at + 1)
    }
    return at < end && bytes[at] === CLOSE_BRACE && skipSpace(bytes, at + 1) >= end
  }

  /** Reads the value of a wanted key; `previous` is the mark of who set the field last. */
  #readField(key: JsonKey, previous: number, bytes: Uint8Array, position: number, row: number): number {
    const field = this.#fields[key.field]!
    if (previous >= this.#mark - 1) {
      if (!key.exact && previous === this.#mark) return skipValue(bytes, this.#view, position)
      field.target.unsetNull(row)
    }
    this.#setBy[key.field] = key.exact ? this.#mark : this.#mark - 1
    return this.#readValue(field, bytes, position, row)
  }

  #readValue(field: FieldTarget, bytes: Uint8Array, position: number, row: number): number {
    const end = scanField(field, bytes, this.#view, position, row, this.#scanned)
    return end === INVALID ? this.#readGeneral(field, bytes, position, row) : end
  }

  /** The general path: null, and every value that the field's scanner does not take. */
  #readGeneral(field: FieldTarget, bytes: Uint8Array, position: number, row: number): number {
    const end = skipValue(bytes, this.#view, position)
    if (end < 0) return INVALID
    try {
      const token = Buffer.from(bytes.buffer, bytes.byteOffset + position, end - position).toString()
      field.target.set(row, valueOfJsonToken(field.type, token, field.timestampUnit))
      return end
    } catch (error) {
      this.#refusal = `column "${field.name}": ${(error as Error).message}`
      return INVALID
    }
  }

  /** Makes a lane for messages like the good one at `start`. */
  #learn(start: number, fit: LaneFit): void {
    const keys = fit.mayLearn() ? this.#keysOf(start) : []
    const present = new Set(keys.map(({ key }) => key.field))
    this.#lane = createLane(keys, this.#fields, this.#scanned)
    this.#missing = this.#fields.filter((_, field) => !present.has(field))
  }

  /** The keys of a good message. */
  #keysOf(start: number): LaneKey[] {
    const bytes = this.#bytes
    const view = this.#view
    const keys: LaneKey[] = []
    let previous = this.#keys.root
    let at = start
    for (;;) {
      const key =
        previous.next !== undefined && keyMatches(view, at, previous.next)
          ? previous.next
          : this.#keys.find(bytes, view, at, previous)
      if (key === undefined) return keys
      at = skipSpace(bytes, at + key.length)
      keys.push({ key, sample: bytes[at]! })
      at = skipValue(bytes, view, at)
      if (bytes[at] === CLOSE_BRACE) return keys
      previous = key
    }
  }

  #nullUnset(row: number): void {
    for (let field = 0; field < this.#fields.length; field++) {
      if (this.#setBy[field]! < this.#mark - 1) this.#fields[field]!.target.setNull(row)
    }
  }

  /** Why the message just refused is bad. */
  #explain(bytes: Uint8Array, start: number, end: number): string {
    if (start < 0) return 'the record has no value (a tombstone, which FORMAT PLAIN cannot express)'
    if (this.#refusal !== undefined) return this.#refusal
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString()
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'invalid UTF-8 in JSON'
      return 'the message is not a JSON object'
    } catch (error) {
      return `invalid JSON: ${(error as Error).message}`
    }
  }
}

/** How well a lane fits the messages of one call. */
class LaneFit {
  hits = 0
  #misses = 0
  #learned = 0

  /** Notes a good message that went without the lane; true when it should teach a new one. */
  missed(hasLane: boolean): boolean {
    this.#misses++
    return hasLane ? this.#misses > 16 + this.hits / 8 : this.#learned === 0
  }

  /** Counts lanes; false when messages change so much that none is worth having. */
  mayLearn(): boolean {
    this.hits = 0
    this.#misses = 0
    return ++this.#learned <= 4
  }
}
