/**
 * What generated code knows of a value: the locals that hold it. Three forms, so that text is not decoded and
 * decimals are not allocated before something needs it:
 *
 * - `js`: one local or constant with the JS value (see scalar-function.ts);
 * - `range`: a byte range of a buffer, for every type whose columns are `bytes`;
 * - `pair`: a numeric's int64 coefficient and scale; where scale is WIDE (-1), `wide` is source of the
 *   Numeric.
 *
 * Under NULL the locals hold garbage of the right JS type (an object: null), and ranges are empty.
 */

import { type DataType, physicalKind } from '../../planner/types.ts'
import type { Numeric } from '../batch/numeric.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'

interface CodeBase {
  /** Source of a boolean: 'false' (never NULL), 'true' (always), or a local. */
  readonly isNull: string
  /** The value where it is known when compiling; null for NULL. */
  readonly constant?: RuntimeValue | undefined
}

export interface JsCode extends CodeBase {
  readonly form: 'js'
  readonly source: string
}

export interface RangeCode extends CodeBase {
  readonly form: 'range'
  /** Name of the buffer: two ranges with the same name are in the same buffer. */
  readonly bytes: string
  readonly start: string
  readonly end: string
}

export interface PairCode extends CodeBase {
  readonly form: 'pair'
  readonly coefficient: string
  readonly scale: string
  readonly wide: string
}

export type Code = JsCode | RangeCode | PairCode

/** How a type's JS value behaves in generated code. */
export type JsClass = 'boolean' | 'number' | 'bigint' | 'string' | 'object'

export function jsClass(type: DataType): JsClass {
  switch (physicalKind(type)) {
    case 'bool':
      return 'boolean'
    case 'int16':
    case 'int32':
    case 'float32':
    case 'float64':
      return 'number'
    case 'int64':
      return 'bigint'
    case 'numeric':
      return 'object'
    case 'bytes':
      return isObjectType(type) ? 'object' : 'string'
  }
}

/** Source of what a local of the class holds before it is assigned, and under NULL. */
export function initialSource(kind: JsClass): string {
  return { boolean: 'false', number: '0', bigint: '0n', string: "''", object: 'null' }[kind]
}

/** True for types that functions may receive as UTF-8 or raw byte ranges: text-like types, bytea, uuid. */
export function isRangeType(type: DataType): boolean {
  return physicalKind(type) === 'bytes' && !['interval', 'timetz', 'array', 'record'].includes(type.kind)
}

/** NULL of a type. */
export function nullCode(type: DataType): JsCode {
  return { form: 'js', source: initialSource(jsClass(type)), isNull: 'true', constant: null }
}

/** Source that is true where any of the codes is NULL. */
export function anyNull(codes: readonly Code[]): string {
  const sources = new Set(codes.map(code => code.isNull))
  sources.delete('false')
  if (sources.has('true')) return 'true'
  return sources.size === 0 ? 'false' : [...sources].join(' || ')
}

/** `!source` with the constants folded. */
export function negate(source: string): string {
  if (source === 'true') return 'false'
  if (source === 'false') return 'true'
  if (/^\w+$/.test(source)) return `!${source}`
  return /^!\w+$/.test(source) ? source.slice(1) : `!(${source})`
}

/** `a && b` with the constants folded; the sources are locals, their negations, or in parentheses. */
export function conjunction(...sources: readonly string[]): string {
  const open = sources.filter(source => source !== 'true')
  if (open.includes('false')) return 'false'
  return open.length === 0 ? 'true' : open.join(' && ')
}

/** True when the numeric fits a column's int64 coefficient. */
export function fitsPair(value: Numeric): boolean {
  return value.special === undefined && BigInt.asIntN(64, value.coefficient) === value.coefficient
}

function isObjectType(type: DataType): boolean {
  return ['bytea', 'uuid', 'interval', 'timetz', 'array', 'record'].includes(type.kind)
}
