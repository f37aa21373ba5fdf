/**
 * How SQL types map to Arrow types, both ways. Where Arrow has no type that holds every value (unconstrained
 * numeric), the text form is used.
 */

import {
  Field as ArrowField,
  Schema as ArrowSchema,
  DataType as ArrowType,
  Binary,
  Bool,
  DateDay,
  Decimal,
  FixedSizeBinary,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Interval,
  IntervalUnit,
  List,
  Struct,
  TimeMicrosecond,
  TimestampMicrosecond,
  Uint32,
  Utf8,
} from 'apache-arrow'
import { notSupported } from '../../planner/errors.ts'
import type { Schema } from '../../planner/schema.ts'
import {
  arrayOf,
  boolType,
  byteaType,
  type DataType,
  dateType,
  float4Type,
  float8Type,
  int2Type,
  int4Type,
  int8Type,
  intervalType,
  oidType,
  textType,
  timestampType,
  timestamptzType,
  timeType,
  uuidType,
} from '../../planner/types.ts'

/** Digits of a 128-bit decimal. */
const DECIMAL_DIGITS = 38
const UUID_BYTES = 16

/** The Arrow type that columns of `type` become. */
export function arrowType(type: DataType): ArrowType {
  switch (type.kind) {
    case 'bool':
      return new Bool()
    case 'int2':
      return new Int16()
    case 'int4':
      return new Int32()
    case 'int8':
      return new Int64()
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return new Uint32()
    case 'float4':
      return new Float32()
    case 'float8':
      return new Float64()
    case 'date':
      return new DateDay()
    case 'time':
      return new TimeMicrosecond()
    case 'timestamp':
      return new TimestampMicrosecond()
    case 'timestamptz':
      return new TimestampMicrosecond('UTC')
    case 'interval':
      return new Interval(IntervalUnit.MONTH_DAY_NANO)
    case 'bytea':
      return new Binary()
    case 'uuid':
      return new FixedSizeBinary(UUID_BYTES)
    case 'numeric':
      return isDecimal(type) ? new Decimal(type.scale ?? 0, type.precision!) : new Utf8()
    case 'array':
      return new List(new ArrowField('item', arrowType(type.element), true))
    case 'record':
      return new Struct(type.fields.map(field => new ArrowField(field.name, arrowType(field.type), true)))
    default:
      return new Utf8()
  }
}

/** True for numerics whose values all fit a 128-bit decimal of one scale, NaN aside. */
export function isDecimal(type: DataType & { kind: 'numeric' }): boolean {
  return type.precision !== undefined && type.precision <= DECIMAL_DIGITS && (type.scale ?? 0) >= 0
}

export function arrowSchema(schema: Schema): ArrowSchema {
  return new ArrowSchema(
    schema.map(({ name, type, nullable }) => new ArrowField(name, arrowType(type), nullable)),
  )
}

/** The SQL type of an Arrow type; 0A000 for one that has none. */
export function sqlType(type: ArrowType): DataType {
  if (ArrowType.isBool(type)) return boolType
  if (ArrowType.isInt(type)) return sqlInteger(type.bitWidth, type.isSigned)
  if (ArrowType.isFloat(type)) return type.precision === 2 ? float8Type : float4Type
  if (ArrowType.isUtf8(type) || ArrowType.isLargeUtf8(type)) return textType
  if (ArrowType.isBinary(type) || ArrowType.isLargeBinary(type)) return byteaType
  if (ArrowType.isFixedSizeBinary(type)) return type.byteWidth === UUID_BYTES ? uuidType : byteaType
  if (ArrowType.isDate(type)) return dateType
  if (ArrowType.isTime(type)) return timeType
  if (ArrowType.isTimestamp(type)) return type.timezone ? timestamptzType : timestampType
  if (ArrowType.isInterval(type)) return intervalType
  if (ArrowType.isDecimal(type)) return { kind: 'numeric', precision: type.precision, scale: type.scale }
  if (ArrowType.isList(type)) return arrayOf(sqlType(type.valueType))
  if (ArrowType.isStruct(type)) {
    return {
      kind: 'record',
      fields: type.children.map(child => ({ name: child.name, type: sqlType(child.type) })),
    }
  }
  throw notSupported(`the Arrow type ${type}`)
}

function sqlInteger(bitWidth: number, isSigned: boolean): DataType {
  if (bitWidth <= 8) return int2Type
  if (bitWidth === 16) return isSigned ? int2Type : int4Type
  if (bitWidth === 32) return isSigned ? int4Type : oidType
  if (isSigned) return int8Type
  throw notSupported('the Arrow type Uint64')
}
