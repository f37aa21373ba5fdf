/** INCLUDE columns: what a record carries besides its value. */

import type { Column } from '../../executor/batch/column.ts'
import { columnFromValues } from '../../executor/batch/column-builder.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { formatJson, type Json, jsonObject } from '../../executor/functions/json-value.ts'
import type { RecordRanges } from '../../executor/io/record-ranges.ts'
import type { IncludeColumn } from '../../planner/bind/bound-statement.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Field } from '../../planner/schema.ts'
import { type DataType, formatType } from '../../planner/types.ts'
import { int64Halves, loadInt64, storeInt64 } from '../int64.ts'
import { ByteCursor } from './byte-cursor.ts'

/** Checks that the declared type can hold the metadata. */
export function checkIncludeType(what: IncludeColumn['what'], field: Field): void {
  if (allowedTypes[what].includes(field.type.kind)) return
  throw new SqlError(
    SqlState.datatypeMismatch,
    `INCLUDE ${what.toUpperCase()} column "${field.name}" cannot be of type ${formatType(field.type)}`,
    { hint: `It may be of type ${allowedTypes[what].join(', ')}.` },
  )
}

const allowedTypes: Readonly<Record<IncludeColumn['what'], readonly DataType['kind'][]>> = {
  key: ['bytea', 'text', 'varchar'],
  partition: ['int4', 'int8', 'text', 'varchar'],
  offset: ['int8', 'text', 'varchar'],
  timestamp: ['timestamptz', 'timestamp', 'int8'],
  headers: ['jsonb', 'json', 'text'],
}

/** The metadata column of records `rows` (indexes into `records`). */
export function metadataColumn(
  what: IncludeColumn['what'],
  type: DataType,
  records: RecordRanges,
  rows: Int32Array,
): Column {
  if (what === 'partition' && type.kind === 'int4') {
    return int32Column(type, new Int32Array(rows.length).fill(records.partition))
  }
  if (what === 'offset' && type.kind === 'int8') return int64Column(type, pick(records.offsets, rows, 1))
  if (what === 'timestamp')
    return int64Column(type, pick(records.timestamps, rows, type.kind === 'int8' ? 1 : 1000))
  return columnFromValues(
    type,
    Array.from(rows, record => metadataValue(what, type, records, record)),
  )
}

function int32Column(type: DataType, values: Int32Array): Column {
  return { layout: 'int32', type, length: values.length, validity: undefined, values }
}

function int64Column(type: DataType, values: BigInt64Array): Column {
  return { layout: 'int64', type, length: values.length, validity: undefined, values }
}

/** values[rows[r]] × scale, without BigInts. */
function pick(values: BigInt64Array, rows: Int32Array, scale: number): BigInt64Array {
  const picked = new BigInt64Array(rows.length)
  const from = int64Halves(values)
  const to = int64Halves(picked)
  for (let row = 0; row < rows.length; row++) storeInt64(to, row, loadInt64(from, rows[row]!) * scale)
  return picked
}

function metadataValue(
  what: Exclude<IncludeColumn['what'], 'timestamp'>,
  type: DataType,
  records: RecordRanges,
  record: number,
): SqlValue {
  switch (what) {
    case 'key': {
      const start = records.keyStarts[record]!
      if (start < 0) return null
      const key = Uint8Array.from(records.bytes.subarray(start, records.keyEnds[record]!))
      return type.kind === 'bytea' ? key : Buffer.from(key).toString()
    }
    case 'partition':
      return asType(type, BigInt(records.partition))
    case 'offset':
      return asType(type, records.offsets[record]!)
    case 'headers':
      return headersJson(records.bytes, records.headerStarts[record]!, records.headerEnds[record]!)
  }
}

function asType(type: DataType, value: bigint): SqlValue {
  if (type.kind === 'int8') return value
  return type.kind === 'int4' ? Number(value) : String(value)
}

/**
 * Header values as text in an object by name; of headers with the same name the last one. NULL when there are
 * none.
 */
function headersJson(bytes: Uint8Array, start: number, end: number): string | null {
  const cursor = new ByteCursor(bytes, start)
  const count = cursor.varint()
  if (count <= 0) return null
  const headers = new Map<string, Json>()
  for (let index = 0; index < count && cursor.position < end; index++) {
    const name = headerText(cursor)
    headers.set(name ?? '', headerText(cursor))
  }
  return formatJson(jsonObject(headers))
}

function headerText(cursor: ByteCursor): string | null {
  const length = cursor.varint()
  if (length < 0) return null
  const start = cursor.position
  cursor.position += length
  return Buffer.from(cursor.bytes.subarray(start, start + length)).toString()
}
