/** ENCODE BYTES: the record's value as it is, in one bytea column. */

import type { Column } from '../../executor/batch/column.ts'
import { bitmapBytes } from '../../executor/batch/column.ts'
import type { DecodedRecords, RecordDecoder, RecordRanges } from '../../executor/io/record-ranges.ts'
import type { Field } from '../../planner/schema.ts'

/** `fields` is the one column, or nothing when it is not wanted. */
export function createBytesDecoder(fields: readonly Field[]): RecordDecoder {
  return {
    decode(records: RecordRanges, from: number, to: number): DecodedRecords {
      const columns = fields.map(field =>
        rangesColumn(field, records.bytes, records.valueStarts, records.valueEnds, from, to),
      )
      return { columns, length: to - from, weights: undefined, rows: undefined, bad: [] }
    },
  }
}

/**
 * A bytes column over ranges [from, to) of records; a start of -1 is NULL. Copies the positions, not the
 * bytes.
 */
export function rangesColumn(
  field: Field,
  bytes: Uint8Array,
  starts: Int32Array,
  ends: Int32Array,
  from: number,
  to: number,
): Column {
  const length = to - from
  const column = {
    type: field.type,
    length,
    bytes,
    starts: starts.slice(from, to),
    ends: ends.slice(from, to),
  }
  let validity: Uint8Array | undefined
  for (let row = 0; row < length; row++) {
    if (column.starts[row]! >= 0) continue
    validity ??= new Uint8Array(bitmapBytes(length)).fill(0xff)
    validity[row >> 3]! &= ~(1 << (row & 7))
    column.starts[row] = column.ends[row] = 0
  }
  return { layout: 'bytes', ...column, validity }
}
