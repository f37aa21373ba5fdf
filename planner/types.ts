/**
 * SQL types and how each is laid out in memory.
 *
 * `kind` names the SQL type, `PhysicalKind` the layout of its column (executor/batch/column.ts). Several SQL
 * types
 * share one layout: date is int32 days, timestamp is int64 microseconds, both since 1970-01-01 (the wire's
 * 2000-01-01
 * epoch is applied by the codecs alone).
 */

import { unreachable } from './assert.ts'
import { ALL_FIELDS, FULL_PRECISION, fieldsText } from './interval-fields.ts'

/**
 * Types without parameters. `unknown` is the type of an untyped literal or parameter, only inside the binder.
 */
export type SimpleKind =
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'oid'
  | 'float4'
  | 'float8'
  | 'text'
  | 'name'
  | 'char'
  | 'bytea'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'date'
  | 'regclass'
  | 'regtype'
  | 'regproc'
  | 'regnamespace'
  | 'void'
  | 'unknown'

export type TimeKind = 'time' | 'timetz' | 'timestamp' | 'timestamptz'

/** A field of a composite (record) type. */
export interface TypeField {
  readonly name: string
  readonly type: DataType
}

/** A SQL data type. Compare with `sameType`, not `===`. */
export type DataType =
  | { readonly kind: SimpleKind }
  /** precision undefined = unconstrained numeric; then scale is undefined too. */
  | { readonly kind: 'numeric'; readonly precision?: number | undefined; readonly scale?: number | undefined }
  /** length undefined = no limit. Characters, not bytes. */
  | { readonly kind: 'varchar'; readonly length?: number | undefined }
  | { readonly kind: 'bpchar'; readonly length?: number | undefined }
  /** precision: digits of the seconds, 0 to 6; undefined = all six. */
  | { readonly kind: TimeKind; readonly precision?: number | undefined }
  /** fields: the bits of interval-fields.ts; undefined = all. */
  | {
      readonly kind: 'interval'
      readonly fields?: number | undefined
      readonly precision?: number | undefined
    }
  | { readonly kind: 'array'; readonly element: DataType }
  | { readonly kind: 'record'; readonly fields: readonly TypeField[] }

export type TypeKind = DataType['kind']

/**
 * How a column of the type is stored:
 * - `bool` Uint8Array of 0/1, one byte a row; `int16` `int32` `float32` `float64` the typed array of that
 *   name
 *   (int32 also holds date, oid (as uint32 bits) and reg*); `int64` BigInt64Array (int8, time, timestamp,
 * timestamptz);
 * - `numeric` int64 coefficient + int16 scale a row, with a side list for values beyond int64;
 * - `bytes` byte ranges: text, varchar, bpchar, name, "char", bytea, json, jsonb (canonical text), uuid (16
 *   bytes),
 *   interval (16 bytes), timetz (12 bytes), arrays and records (executor/batch/value-codec.ts).
 */
export type PhysicalKind = 'bool' | 'int16' | 'int32' | 'int64' | 'float32' | 'float64' | 'numeric' | 'bytes'

/** The memory layout of a column of `type`. */
export function physicalKind(type: DataType): PhysicalKind {
  switch (type.kind) {
    case 'bool':
      return 'bool'
    case 'int2':
      return 'int16'
    case 'int4':
    case 'date':
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return 'int32'
    case 'int8':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return 'int64'
    case 'float4':
      return 'float32'
    case 'float8':
      return 'float64'
    case 'numeric':
      return 'numeric'
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'name':
    case 'char':
    case 'bytea':
    case 'uuid':
    case 'json':
    case 'jsonb':
    case 'timetz':
    case 'interval':
    case 'array':
    case 'record':
    case 'void':
    case 'unknown':
      return 'bytes'
    default:
      return unreachable(type)
  }
}

export const boolType: DataType = { kind: 'bool' }
export const int2Type: DataType = { kind: 'int2' }
export const int4Type: DataType = { kind: 'int4' }
export const int8Type: DataType = { kind: 'int8' }
export const oidType: DataType = { kind: 'oid' }
export const float4Type: DataType = { kind: 'float4' }
export const float8Type: DataType = { kind: 'float8' }
export const numericType: DataType = { kind: 'numeric' }
export const textType: DataType = { kind: 'text' }
export const varcharType: DataType = { kind: 'varchar' }
export const bpcharType: DataType = { kind: 'bpchar' }
export const nameType: DataType = { kind: 'name' }
export const charType: DataType = { kind: 'char' }
export const byteaType: DataType = { kind: 'bytea' }
export const uuidType: DataType = { kind: 'uuid' }
export const jsonType: DataType = { kind: 'json' }
export const jsonbType: DataType = { kind: 'jsonb' }
export const dateType: DataType = { kind: 'date' }
export const timeType: DataType = { kind: 'time' }
export const timestampType: DataType = { kind: 'timestamp' }
export const timestamptzType: DataType = { kind: 'timestamptz' }
export const timetzType: DataType = { kind: 'timetz' }
export const intervalType: DataType = { kind: 'interval' }
export const voidType: DataType = { kind: 'void' }
export const unknownType: DataType = { kind: 'unknown' }

/** The array type of `element`. */
export function arrayOf(element: DataType): DataType {
  return { kind: 'array', element }
}

const hashedKinds: readonly TypeKind[] = [
  'int2',
  'int4',
  'int8',
  'oid',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'text',
  'varchar',
  'name',
  'float4',
  'float8',
]

/**
 * Types of which a value is found in a JS Set: their equality is SameValueZero. bpchar ignores trailing
 * spaces, numeric has scales.
 */
export function hasHashedEquality(type: DataType): boolean {
  return hashedKinds.includes(type.kind)
}

/** True when both are the same SQL type including precision, length, element and field types. */
export function sameType(left: DataType, right: DataType): boolean {
  return sameBaseType(left, right) && typeModifier(left) === typeModifier(right)
}

/**
 * True when both are the same type, type modifiers (precision, length) aside: what overload resolution
 * compares.
 */
export function sameBaseType(left: DataType, right: DataType): boolean {
  if (left.kind !== right.kind) return false
  if (left.kind === 'array' && right.kind === 'array') return sameBaseType(left.element, right.element)
  if (left.kind === 'record' && right.kind === 'record') {
    return (
      left.fields.length === right.fields.length &&
      left.fields.every((field, index) => sameBaseType(field.type, right.fields[index]!.type))
    )
  }
  return true
}

/**
 * PostgreSQL's atttypmod: -1 when unconstrained; numeric ((p << 16) | s) + 4, varchar/bpchar length + 4,
 * times their precision, intervals (fields << 16) | precision.
 */
export function typeModifier(type: DataType): number {
  switch (type.kind) {
    case 'numeric':
      return type.precision === undefined ? -1 : ((type.precision << 16) | ((type.scale ?? 0) & 0x7ff)) + 4
    case 'varchar':
    case 'bpchar':
      return type.length === undefined ? -1 : type.length + 4
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      return type.precision ?? -1
    case 'interval': {
      const { fields, precision } = type
      if (fields === undefined && precision === undefined) return -1
      return ((fields ?? ALL_FIELDS) << 16) | (precision ?? FULL_PRECISION)
    }
    case 'array':
      return typeModifier(type.element)
    default:
      return -1
  }
}

/**
 * The type with the precision, scale, length or fields of an atttypmod; -1 and types without modifiers:
 * unchanged.
 */
export function withTypeModifier(type: DataType, modifier: number): DataType {
  if (modifier < 0) return type
  const value = modifier - 4
  switch (type.kind) {
    case 'numeric':
      return value < 0 ? type : { kind: 'numeric', precision: value >>> 16, scale: value & 0x7ff }
    case 'varchar':
    case 'bpchar':
      return value < 0 ? type : { kind: type.kind, length: value }
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      return { kind: type.kind, precision: modifier }
    case 'interval':
      return intervalWith(modifier >>> 16, modifier & FULL_PRECISION)
    case 'array':
      return { kind: 'array', element: withTypeModifier(type.element, modifier) }
    default:
      return type
  }
}

/** `fields` and `precision` as type modifiers have them. */
export function intervalWith(fields: number, precision: number): DataType {
  return {
    kind: 'interval',
    fields: fields === ALL_FIELDS ? undefined : fields,
    precision: precision === FULL_PRECISION ? undefined : precision,
  }
}

const displayNames: Partial<Record<TypeKind, string>> = {
  bool: 'boolean',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  varchar: 'character varying',
  bpchar: 'character',
  char: '"char"',
  time: 'time without time zone',
  timetz: 'time with time zone',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
}

/**
 * The type as PostgreSQL's format_type prints it, with its modifier: `numeric(10,2)`, `character varying(5)`.
 */
export function formatType(type: DataType): string {
  const name = displayNames[type.kind] ?? type.kind
  switch (type.kind) {
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      return type.precision === undefined ? name : name.replace(' ', `(${type.precision}) `)
    case 'interval': {
      const digits = type.precision === undefined ? '' : `(${type.precision})`
      return name + fieldsText(type.fields ?? ALL_FIELDS) + digits
    }
    case 'numeric':
      return type.precision === undefined ? name : `${name}(${type.precision},${type.scale ?? 0})`
    case 'varchar':
    case 'bpchar':
      return type.length === undefined ? name : `${name}(${type.length})`
    case 'array':
      return `${formatType(type.element)}[]`
    default:
      return name
  }
}

/** PostgreSQL's OIDs of the type and of its array. */
const oids: Record<
  Exclude<TypeKind, 'array'>,
  readonly [oid: number, arrayOid: number, byteLength: number]
> = {
  bool: [16, 1000, 1],
  bytea: [17, 1001, -1],
  char: [18, 1002, 1],
  name: [19, 1003, 64],
  int8: [20, 1016, 8],
  int2: [21, 1005, 2],
  int4: [23, 1007, 4],
  regproc: [24, 1008, 4],
  text: [25, 1009, -1],
  oid: [26, 1028, 4],
  json: [114, 199, -1],
  float4: [700, 1021, 4],
  float8: [701, 1022, 8],
  unknown: [705, 0, -2],
  bpchar: [1042, 1014, -1],
  varchar: [1043, 1015, -1],
  date: [1082, 1182, 4],
  time: [1083, 1183, 8],
  timestamp: [1114, 1115, 8],
  timestamptz: [1184, 1185, 8],
  interval: [1186, 1187, 16],
  timetz: [1266, 1270, 12],
  numeric: [1700, 1231, -1],
  regclass: [2205, 2210, 4],
  regtype: [2206, 2211, 4],
  record: [2249, 2287, -1],
  void: [2278, 0, 4],
  uuid: [2950, 2951, 16],
  jsonb: [3802, 3807, -1],
  regnamespace: [4089, 4090, 4],
}

/** Every type by its internal name, arrays too (`_int4`), for pg_type. */
export function allTypes(): readonly { readonly name: string; readonly type: DataType }[] {
  return [...typesByOid.values()].map(type => ({
    name: type.kind === 'array' ? `_${type.element.kind}` : type.kind,
    type,
  }))
}

/** PostgreSQL's OID of the type. Arrays of arrays are the same type as arrays, as in PostgreSQL. */
export function typeOid(type: DataType): number {
  if (type.kind !== 'array') return oids[type.kind][0]
  let element = type.element
  while (element.kind === 'array') element = element.element
  return oids[element.kind][1]
}

/** PostgreSQL's typlen: bytes, -1 for variable length, -2 for a C string. */
export function typeLength(type: DataType): number {
  return type.kind === 'array' ? -1 : oids[type.kind][2]
}

/** The type of an OID (without modifier); undefined for an OID that is not one of ours. */
export function typeFromOid(oid: number): DataType | undefined {
  return typesByOid.get(oid)
}

const typesByOid = new Map<number, DataType>()
for (const [kind, [oid, arrayOid]] of Object.entries(oids)) {
  const type = (kind === 'record' ? { kind, fields: [] } : { kind }) as DataType
  typesByOid.set(oid, type)
  if (arrayOid !== 0) typesByOid.set(arrayOid, { kind: 'array', element: type })
}

/** PostgreSQL's typcategory, which overload resolution and BI tools read. */
export type TypeCategory = 'A' | 'B' | 'C' | 'D' | 'N' | 'P' | 'S' | 'T' | 'U' | 'X' | 'Z'

/** The category of a type and whether it is the preferred one of its category. */
export function typeCategory(type: DataType): {
  readonly category: TypeCategory
  readonly preferred: boolean
} {
  switch (type.kind) {
    case 'bool':
      return { category: 'B', preferred: true }
    case 'int2':
    case 'int4':
    case 'int8':
    case 'float4':
    case 'numeric':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return { category: 'N', preferred: false }
    case 'float8':
    case 'oid':
      return { category: 'N', preferred: true }
    case 'text':
      return { category: 'S', preferred: true }
    case 'varchar':
    case 'bpchar':
    case 'name':
      return { category: 'S', preferred: false }
    case 'char':
      return { category: 'Z', preferred: false }
    case 'date':
    case 'time':
    case 'timetz':
    case 'timestamp':
      return { category: 'D', preferred: false }
    case 'timestamptz':
      return { category: 'D', preferred: true }
    case 'interval':
      return { category: 'T', preferred: true }
    case 'array':
      return { category: 'A', preferred: false }
    case 'record':
    case 'void':
      return { category: 'P', preferred: false }
    case 'unknown':
      return { category: 'X', preferred: false }
    case 'bytea':
    case 'uuid':
    case 'json':
    case 'jsonb':
      return { category: 'U', preferred: false }
    default:
      return unreachable(type)
  }
}
