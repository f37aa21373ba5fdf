/** concat, concat_ws, format and the quote_… functions: text built from values of any type. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { SignatureType } from '../../planner/function-signature.ts'
import { int4Type, textType } from '../../planner/types.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { formatRuntime } from '../expression/text-format.ts'
import { characterCount } from './code-points.ts'
import { defineFunction } from './define.ts'
import { isQuotedKeyword } from './keywords.ts'
import type { CallSite, ScalarFunction } from './scalar-function.ts'

const anyType: SignatureType = { kind: 'any' }
const anyElement: SignatureType = { kind: 'anyelement' }
const variadic = { variadic: true, strict: false, volatility: 'stable' } as const
const never = { neverNull: true } as const

export const textBuildingFunctions: readonly ScalarFunction[] = [
  defineFunction('concat', [anyType], textType, { prepare: concat }, { ...variadic, ...never }),
  defineFunction('concat_ws', [textType, anyType], textType, { prepare: concatWithSeparator }, variadic),
  defineFunction(
    'format',
    [textType],
    textType,
    { prepare: format },
    { strict: false, volatility: 'stable' },
  ),
  defineFunction('format', [textType, anyType], textType, { prepare: format }, variadic),
  defineFunction('quote_ident', [textType], textType, { call: quoteIdentifier }, never),
  defineFunction('quote_literal', [textType], textType, { call: quoteLiteral }, never),
  defineFunction(
    'quote_literal',
    [anyElement],
    textType,
    { prepare: quoteAnyLiteral },
    { volatility: 'stable' },
  ),
  defineFunction(
    'quote_nullable',
    [textType],
    textType,
    { call: quoteNullable },
    { strict: false, ...never },
  ),
  defineFunction(
    'quote_nullable',
    [anyElement],
    textType,
    { prepare: quoteAnyNullable },
    { strict: false, volatility: 'stable', ...never },
  ),
  defineFunction(
    'num_nulls',
    [anyType],
    int4Type,
    { call: countNulls },
    { variadic: true, strict: false, ...never },
  ),
  defineFunction(
    'num_nonnulls',
    [anyType],
    int4Type,
    { call: (...values: readonly RuntimeValue[]) => values.length - countNulls(...values) },
    { variadic: true, strict: false, ...never },
  ),
]

type Values = readonly RuntimeValue[]

/** The arguments' texts, null for NULL. */
function texts(site: CallSite, values: Values, from: number): (string | null)[] {
  return values.slice(from).map((value, index) => {
    return value === null ? null : formatRuntime(site.types[from + index]!, value, site.context)
  })
}

/** NULLs count as nothing. */
function concat(site: CallSite): (...values: Values) => string {
  return (...values) => texts(site, values, 0).join('')
}

function concatWithSeparator(site: CallSite): (...values: Values) => string | null {
  return (...values) => {
    const separator = values[0] ?? null
    if (separator === null) return null
    return texts(site, values, 1)
      .filter(value => value !== null)
      .join(separator as string)
  }
}

const specifierPattern = /%(?:(\d+)\$)?(-)?(?:(\d+)|\*(?:(\d+)\$)?)?(.)?/gsu

/** format('%s %I %L %%', …) with positions (n$), widths, and - for left alignment. */
function format(site: CallSite): (...values: Values) => string | null {
  return (...values) => {
    const template = values[0] ?? null
    if (template === null) return null
    const args = texts(site, values, 1)
    let next = 0
    const take = (position: string | undefined): string | null => {
      const index = position === undefined ? next : Number(position) - 1
      if (position === '0')
        throw formatError('format specifies argument 0, but arguments are numbered from 1')
      if (index >= args.length) throw formatError('too few arguments for format()')
      next = index + 1
      return args[index]!
    }
    const convert = (...groups: (string | undefined)[]): string => {
      const [match, position, minus, width, starPosition, type] = groups
      if (type === undefined) throw formatError('unterminated format() type specifier', unterminatedHint)
      if (type === '%') return '%'
      const isStar = match!.includes('*')
      const given = isStar ? Number(take(starPosition) ?? 0) : Number(width ?? 0)
      if (!'sIL'.includes(type)) {
        throw formatError(`unrecognized format() type specifier "${type}"`, unterminatedHint)
      }
      return align(convertArgument(type, take(position)), Math.abs(given), minus !== undefined || given < 0)
    }
    return (template as string).replaceAll(specifierPattern, convert)
  }
}

const unterminatedHint = 'For a single "%" use "%%".'

function convertArgument(type: string, value: string | null): string {
  if (type === 's') return value ?? ''
  if (type === 'L') return quoteNullable(value)
  if (value === null) {
    throw new SqlError(SqlState.nullValueNotAllowed, 'null values cannot be formatted as an SQL identifier')
  }
  return quoteIdentifier(value)
}

function align(value: string, width: number, isLeft: boolean): string {
  const padding = ' '.repeat(Math.max(width - characterCount(value), 0))
  return isLeft ? value + padding : padding + value
}

/** In double quotes unless it is a plain lower-case name that is no keyword. */
export function quoteIdentifier(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name) && !isQuotedKeyword(name)
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`
}

/** In single quotes; with backslashes as an E'' string. */
export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return value.includes('\\') ? `E${quoted}` : quoted
}

function quoteNullable(value: string | null): string {
  return value === null ? 'NULL' : quoteLiteral(value)
}

function quoteAnyLiteral(site: CallSite): (value: RuntimeValue) => string {
  return value => quoteLiteral(formatRuntime(site.types[0]!, value, site.context))
}

function quoteAnyNullable(site: CallSite): (value: RuntimeValue) => string {
  return value => (value === null ? 'NULL' : quoteLiteral(formatRuntime(site.types[0]!, value, site.context)))
}

function countNulls(...values: Values): number {
  return values.filter(value => value === null).length
}

function formatError(message: string, hint?: string): SqlError {
  return new SqlError(SqlState.invalidParameterValue, message, { hint })
}
