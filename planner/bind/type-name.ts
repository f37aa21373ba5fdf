/**
 * A type as written to a DataType: names, aliases, modifiers, arrays (parse_type.c, and each type's
 * typmodin).
 */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import { ALL_FIELDS, FULL_PRECISION } from '../interval-fields.ts'
import type { TypeName } from '../sql/ast.ts'
import type { DataType, SimpleKind } from '../types.ts'
import { arrayOf, bpcharType, charType, intervalWith, numericType, varcharType } from '../types.ts'

/** Errors: 42704 for no such type, 0A000 for one of PostgreSQL's that we lack, 22023 for bad modifiers. */
export function bindTypeName(typeName: TypeName): DataType {
  const position = typeName.position || undefined
  if (typeName.setof) throw notSupported('SETOF', { position })
  const names = typeName.names
  const name = names[names.length - 1] ?? ''
  if (names.length > 1 && names[0] !== 'pg_catalog') throw unknownTypeName(names.join('.'), position)
  const isArray = typeName.arrayDimensions > 0
  if (name.startsWith('_') && findScalar(name.slice(1)) !== undefined) {
    return arrayOf(scalarType(name.slice(1), typeName))
  }
  const scalar = scalarType(name, typeName)
  return isArray ? arrayOf(scalar) : scalar
}

function scalarType(name: string, typeName: TypeName): DataType {
  const position = typeName.position || undefined
  const type = findScalar(name)
  if (type === undefined) {
    if (serialTypes.has(name)) throw notSupported(`type ${name}`, { position })
    if (missingTypes.has(name)) throw notSupported(`type ${name}`, { position })
    throw unknownTypeName(name, position)
  }
  return typeName.modifiers.length === 0 ? type : withModifiers(type, typeName.modifiers, position)
}

function unknownTypeName(name: string, position: number | undefined): SqlError {
  return new SqlError(SqlState.undefinedObject, `type "${name}" does not exist`, { position })
}

function withModifiers(type: DataType, modifiers: readonly number[], position: number | undefined): DataType {
  switch (type.kind) {
    case 'numeric':
      return numericWith(modifiers, position)
    case 'varchar':
    case 'bpchar':
      return { kind: type.kind, length: lengthOf(type.kind, modifiers, position) }
    case 'interval': {
      const [fields = ALL_FIELDS, precision = FULL_PRECISION] = modifiers
      return intervalWith(fields, precision === FULL_PRECISION ? precision : reducedPrecision(precision))
    }
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      if (modifiers.length !== 1) throw new SqlError(SqlState.invalidParameterValue, 'invalid type modifier')
      return { kind: type.kind, precision: reducedPrecision(modifiers[0]!) }
    default:
      throw new SqlError(SqlState.syntaxError, `type modifier is not allowed for type "${type.kind}"`, {
        position,
      })
  }
}

/** PostgreSQL takes 6 for more, too. */
export function reducedPrecision(precision: number): number {
  return Math.min(precision, SECOND_DIGITS_MAX)
}

function numericWith(modifiers: readonly number[], position: number | undefined): DataType {
  const [precision = 0, scale = 0] = modifiers
  const fail = (message: string) => new SqlError(SqlState.invalidParameterValue, message, { position })
  if (modifiers.length > 2) throw fail('invalid NUMERIC type modifier')
  if (precision < 1 || precision > 1000)
    throw fail(`NUMERIC precision ${precision} must be between 1 and 1000`)
  if (scale < -1000 || scale > 1000) throw fail(`NUMERIC scale ${scale} must be between -1000 and 1000`)
  return { kind: 'numeric', precision, scale }
}

const SECOND_DIGITS_MAX = 6
const lengthMax = 10485760

function lengthOf(
  kind: 'varchar' | 'bpchar',
  modifiers: readonly number[],
  position: number | undefined,
): number {
  const name = kind === 'varchar' ? 'varchar' : 'char'
  const length = modifiers[0] ?? 0
  const fail = (message: string) => new SqlError(SqlState.invalidParameterValue, message, { position })
  if (modifiers.length !== 1) throw fail('invalid type modifier')
  if (length < 1) throw fail(`length for type ${name} must be at least 1`)
  if (length > lengthMax) throw fail(`length for type ${name} cannot exceed ${lengthMax}`)
  return length
}

const simpleKinds: ReadonlySet<string> = new Set<SimpleKind>([
  'bool',
  'int2',
  'int4',
  'int8',
  'oid',
  'float4',
  'float8',
  'text',
  'name',
  'bytea',
  'uuid',
  'json',
  'jsonb',
  'date',
  'regclass',
  'regtype',
  'regproc',
  'regnamespace',
  'void',
])

/** The type of a catalog name (pg_type.typname); undefined when there is none. */
function findScalar(name: string): DataType | undefined {
  switch (name) {
    case 'numeric':
      return numericType
    case 'varchar':
      return varcharType
    case 'bpchar':
      return bpcharType
    case 'char':
      return charType
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
    case 'interval':
      return { kind: name }
    default:
      return simpleKinds.has(name) ? { kind: name as SimpleKind } : undefined
  }
}

const serialTypes: ReadonlySet<string> = new Set([
  'serial',
  'bigserial',
  'smallserial',
  'serial2',
  'serial4',
  'serial8',
])

/** PostgreSQL has them, this version does not. */
const missingTypes: ReadonlySet<string> = new Set([
  'bit',
  'varbit',
  'money',
  'inet',
  'cidr',
  'macaddr',
  'macaddr8',
  'point',
  'line',
  'lseg',
  'box',
  'path',
  'polygon',
  'circle',
  'xml',
  'tsvector',
  'tsquery',
  'jsonpath',
  'int4range',
  'int8range',
  'numrange',
  'tsrange',
  'tstzrange',
  'daterange',
  'pg_lsn',
  'xid',
  'cid',
  'tid',
  'xid8',
  'oidvector',
  'int2vector',
  'regprocedure',
  'regoper',
  'regoperator',
  'regrole',
  'regcollation',
  'regconfig',
  'regdictionary',
  'record',
  'cstring',
  'int4multirange',
  'int8multirange',
  'nummultirange',
  'tsmultirange',
  'tstzmultirange',
  'datemultirange',
  'pg_snapshot',
  'txid_snapshot',
  'refcursor',
  'aclitem',
])
