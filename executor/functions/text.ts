/**
 * Functions and operators of text: length, case, parts, padding, trimming, search and replacement. Positions
 * and lengths count characters (code points).
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { SignatureType } from '../../planner/function-signature.ts'
import { boolType, bpcharType, int4Type, textType } from '../../planner/types.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { castFunction } from '../expression/cast.ts'
import { characterCount, characterCountOfRange, sliceCharacters } from './code-points.ts'
import { defineFunction, defineOperator } from './define.ts'
import type { CallSite, ScalarFunction } from './scalar-function.ts'
import { trimEndSpaces, trimmedEnd } from './text-compare.ts'
import {
  buildConcatenation,
  buildLower,
  buildUpper,
  sliceField,
  sliceFrom,
  sliceFromFor,
  sliceLeft,
  sliceRight,
  sliceTrim,
  sliceTrimEnd,
  sliceTrimStart,
} from './text-slice.ts'

/** The longest text a function may make: what a JS string can hold. */
const TEXT_MAX = 2 ** 29 - 24

const never = { neverNull: true } as const
const text = textType
const int4 = int4Type
/** An array beside text that has no type yet takes the text for an array. */
const scalar: SignatureType = { kind: 'anynonarray' }

type Call = (...args: never[]) => unknown

/** A function of text (and int4s) that gives text. */
function textFunction(names: string, args: readonly SignatureType[], call: Call): ScalarFunction[] {
  return names.split(' ').map(name => defineFunction(name, args, text, { call }, never))
}

/** A function of text that gives a part of it. */
function sliceFunction(
  name: string,
  args: readonly SignatureType[],
  slice: (...args: never[]) => void,
  call: Call,
): ScalarFunction {
  return defineFunction(name, args, text, { slice, call })
}

export const textFunctions: readonly ScalarFunction[] = [
  defineOperator('||', [text, text], text, {
    build: buildConcatenation,
    call: (left: string, right: string) => left + right,
  }),
  defineOperator('||', [text, scalar], text, { prepare: site => concatenation(site, 1) }, never),
  defineOperator('||', [scalar, text], text, { prepare: site => concatenation(site, 0) }, never),
  ...['length', 'char_length', 'character_length'].flatMap(name => [
    defineFunction(name, [text], int4, { ranges: characterCountOfRange, call: characterCount }),
    defineFunction(name, [bpcharType], int4, {
      ranges: (bytes: Uint8Array, start: number, end: number) =>
        characterCountOfRange(bytes, start, trimmedEnd(bytes, start, end)),
      call: (value: string) => characterCount(trimEndSpaces(value)),
    }),
  ]),
  ...[text, bpcharType].map(type =>
    defineFunction('octet_length', [type], int4, { ranges: rangeLength, call: Buffer.byteLength }),
  ),
  defineFunction('bit_length', [text], int4, {
    ranges: (bytes: Uint8Array, start: number, end: number) => rangeLength(bytes, start, end) * 8,
    call: (value: string) => Buffer.byteLength(value) * 8,
  }),
  defineFunction('lower', [text], text, { build: buildLower, call: lower }),
  defineFunction('upper', [text], text, { build: buildUpper, call: upper }),
  ...textFunction('initcap', [text], initcap),
  ...['substring', 'substr'].flatMap(name => [
    sliceFunction(name, [text, int4], sliceFrom, (value: string, from: number) => substring(value, from)),
    sliceFunction(name, [text, int4, int4], sliceFromFor, substring),
  ]),
  sliceFunction('left', [text, int4], sliceLeft, left),
  sliceFunction('right', [text, int4], sliceRight, right),
  ...textFunction('lpad', [text, int4], (value: string, length: number) => pad(value, length, ' ', true)),
  ...textFunction('lpad', [text, int4, text], (value: string, length: number, fill: string) =>
    pad(value, length, fill, true),
  ),
  ...textFunction('rpad', [text, int4], (value: string, length: number) => pad(value, length, ' ', false)),
  ...textFunction('rpad', [text, int4, text], (value: string, length: number, fill: string) =>
    pad(value, length, fill, false),
  ),
  ...trimFunctions('ltrim', sliceTrimStart, true, false),
  ...trimFunctions('rtrim', sliceTrimEnd, false, true),
  ...trimFunctions('btrim', sliceTrim, true, true),
  defineFunction('strpos', [text, text], int4, { call: position }, never),
  defineFunction('position', [text, text], int4, { call: position }, never),
  ...textFunction('replace', [text, text, text], replace),
  ...textFunction('translate', [text, text, text], translate),
  ...textFunction('repeat', [text, int4], repeat),
  ...textFunction('reverse', [text], (value: string) => [...value].reverse().join('')),
  sliceFunction('split_part', [text, text, int4], sliceField, splitPart),
  ...textFunction('overlay', [text, text, int4], (value: string, by: string, from: number) =>
    overlay(value, by, from, characterCount(by)),
  ),
  ...textFunction('overlay', [text, text, int4, int4], overlay),
  defineFunction('ascii', [text], int4, { call: (value: string) => value.codePointAt(0) ?? 0 }, never),
  ...textFunction('chr', [int4], chr),
  defineFunction('starts_with', [text, text], boolType, startsWithBody()),
  defineOperator('^@', [text, text], boolType, startsWithBody()),
]

function startsWithBody(): { readonly ranges: Call; readonly call: Call } {
  return {
    ranges: rangeStartsWith as Call,
    call: ((value: string, prefix: string) => value.startsWith(prefix)) as Call,
  }
}

/** text || any: the other operand (at `index`) is cast to text. */
function concatenation(site: CallSite, index: number): (left: never, right: never) => string {
  const convert = castFunction(site.types[index]!, text, 'explicit')
  const format = (value: RuntimeValue): string => convert(site.context, value) as string
  return index === 1
    ? (left: string, right: RuntimeValue) => left + format(right)
    : (left: RuntimeValue, right: string) => format(left) + right
}

function rangeLength(_bytes: Uint8Array, start: number, end: number): number {
  return end - start
}

function rangeStartsWith(
  bytes: Uint8Array,
  start: number,
  end: number,
  prefixBytes: Uint8Array,
  prefixStart: number,
  prefixEnd: number,
): boolean {
  const length = prefixEnd - prefixStart
  if (length > end - start) return false
  for (let offset = 0; offset < length; offset++) {
    if (bytes[start + offset] !== prefixBytes[prefixStart + offset]) return false
  }
  return true
}

export function lower(value: string): string {
  return mapCase(value, value.toLowerCase(), char => char.toLowerCase())
}

export function upper(value: string): string {
  return mapCase(value, value.toUpperCase(), char => char.toUpperCase())
}

/** PostgreSQL maps one character to one, where Unicode's full mapping may give several. */
function mapCase(value: string, mapped: string, mapCharacter: (char: string) => string): string {
  if (mapped.length === value.length) return mapped
  return Array.from(value, char => {
    const one = mapCharacter(char)
    if (characterCount(one) === 1) return one
    return char === 'ß' ? 'ẞ' : char
  }).join('')
}

function initcap(value: string): string {
  return value.replaceAll(/[\p{L}\p{N}]+/gu, word => {
    const first = String.fromCodePoint(word.codePointAt(0)!)
    return upper(first) + lower(word.slice(first.length))
  })
}

/** From character `from` (1-based, may be below 1), `length` characters counted from there. */
function substring(value: string, from: number, length?: number): string {
  if (length === undefined) return sliceCharacters(value, Math.max(from - 1, 0), value.length)
  if (length < 0) throw new SqlError(SqlState.substringError, 'negative substring length not allowed')
  return sliceCharacters(value, Math.max(from - 1, 0), Math.max(from - 1 + length, 0))
}

/** A negative count leaves out that many from the end. */
function left(value: string, count: number): string {
  const length = count < 0 ? Math.max(characterCount(value) + count, 0) : count
  return sliceCharacters(value, 0, length)
}

function right(value: string, count: number): string {
  const length = characterCount(value)
  const start = count < 0 ? -count : length - count
  return sliceCharacters(value, Math.max(start, 0), length)
}

function pad(value: string, length: number, fill: string, isLeft: boolean): string {
  if (length <= 0) return ''
  if (length > TEXT_MAX) throw tooLarge()
  const missing = length - characterCount(value)
  if (missing <= 0) return sliceCharacters(value, 0, length)
  if (fill === '') return value
  const repeated = fill.repeat(Math.ceil(missing / characterCount(fill)))
  const padding = sliceCharacters(repeated, 0, missing)
  return isLeft ? padding + value : value + padding
}

function trimFunctions(
  name: string,
  slice: (...args: never[]) => void,
  atStart: boolean,
  atEnd: boolean,
): ScalarFunction[] {
  return [
    sliceFunction(name, [text], slice, (value: string) => trim(value, ' ', atStart, atEnd)),
    ...textFunction(name, [text, text], (value: string, set: string) => trim(value, set, atStart, atEnd)),
  ]
}

/** Removes characters of `set` from the ends. */
function trim(value: string, set: string, atStart: boolean, atEnd: boolean): string {
  const characters = new Set(set)
  let start = 0
  let end = value.length
  while (atStart && start < end) {
    const char = String.fromCodePoint(value.codePointAt(start)!)
    if (!characters.has(char)) break
    start += char.length
  }
  while (atEnd && end > start) {
    const width =
      end - start > 1 && /^[\ud800-\udbff][\udc00-\udfff]$/.test(value.slice(end - 2, end)) ? 2 : 1
    if (!characters.has(value.slice(end - width, end))) break
    end -= width
  }
  return value.slice(start, end)
}

/** 1-based; 0 when it does not occur, 1 for an empty text. */
function position(value: string, part: string): number {
  const index = value.indexOf(part)
  return index < 0 ? 0 : characterCount(value.slice(0, index)) + 1
}

function replace(value: string, from: string, to: string): string {
  return from === '' ? value : value.split(from).join(to)
}

/** Characters of `from` become those of `to` at the same place, or vanish. */
function translate(value: string, from: string, to: string): string {
  const targets = [...to]
  const map = new Map<string, string>()
  Array.from(from, (char, index) => map.has(char) || map.set(char, targets[index] ?? ''))
  return Array.from(value, char => map.get(char) ?? char).join('')
}

function repeat(value: string, count: number): string {
  if (count <= 0) return ''
  if (value.length * count > TEXT_MAX) throw tooLarge()
  return value.repeat(count)
}

/** A negative field counts from the end; fields outside are empty. */
function splitPart(value: string, delimiter: string, field: number): string {
  if (field === 0) throw new SqlError(SqlState.invalidParameterValue, 'field position must not be zero')
  if (value === '') return ''
  const fields = delimiter === '' ? [value] : value.split(delimiter)
  return fields.at(field > 0 ? field - 1 : field) ?? ''
}

function overlay(value: string, by: string, from: number, count: number): string {
  if (from <= 0) throw new SqlError(SqlState.substringError, 'negative substring length not allowed')
  const end = from - 1 + count
  if (end > 2147483646) throw new SqlError(SqlState.numericValueOutOfRange, 'integer out of range')
  const tail = sliceCharacters(value, Math.max(end, 0), value.length)
  return sliceCharacters(value, 0, from - 1) + by + tail
}

function chr(code: number): string {
  const { programLimitExceeded } = SqlState
  if (code < 0) throw new SqlError(SqlState.invalidParameterValue, 'character number must be positive')
  if (code === 0) throw new SqlError(programLimitExceeded, 'null character not permitted')
  if (code > 0x10ffff) {
    throw new SqlError(programLimitExceeded, `requested character too large for encoding: ${code}`)
  }
  if (code >= 0xd800 && code < 0xe000) {
    throw new SqlError(programLimitExceeded, `requested character not valid for encoding: ${code}`)
  }
  return String.fromCodePoint(code)
}

function tooLarge(): SqlError {
  return new SqlError(SqlState.programLimitExceeded, 'requested length too large')
}
