/**
 * Functions and operators of text: length, case, parts, padding, trimming, search and replacement. Positions
 * and lengths count characters (code points).
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { SignatureType } from '../../planner/function-signature.ts'
import { boolType, bpcharType, int4Type, textType } from '../../planner/types.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { castFunction } from '../expression/cast.ts'
import { characterCount, characterCountOfRange } from './code-points.ts'
import { defineFunction, defineOperator } from './define.ts'
import type { CallSite, ScalarFunction, TextSink } from './scalar-function.ts'
import {
  buildConcatenation,
  buildOverlay,
  buildPadLeft,
  buildPadRight,
  buildRepeat,
  buildReplace,
  buildReverse,
  buildTranslate,
} from './text-build.ts'
import { characterWidth, codePointAt } from './text-bytes.ts'
import { buildInitcap, buildLower, buildUpper } from './text-case.ts'
import { trimEndSpaces, trimmedEnd } from './text-compare.ts'
import { find, searchPart } from './text-search.ts'
import {
  sliceField,
  sliceFrom,
  sliceFromFor,
  sliceLeft,
  sliceRight,
  sliceTrim,
  sliceTrimEnd,
  sliceTrimSet,
  sliceTrimSetEnd,
  sliceTrimSetStart,
  sliceTrimStart,
} from './text-slice.ts'

const never = { neverNull: true } as const
const text = textType
const int4 = int4Type
/** An array beside text that has no type yet takes the text for an array. */
const scalar: SignatureType = { kind: 'anynonarray' }

type Call = (...args: never[]) => unknown

/** A function of text (and int4s) that writes its result. */
function buildFunction(
  name: string,
  args: readonly SignatureType[],
  build: (sink: TextSink, ...args: never[]) => number,
): ScalarFunction {
  return defineFunction(name, args, text, { build })
}

/** A function of text that gives a part of it. */
function sliceFunction(
  name: string,
  args: readonly SignatureType[],
  slice: (...args: never[]) => void,
): ScalarFunction {
  return defineFunction(name, args, text, { slice })
}

export const textFunctions: readonly ScalarFunction[] = [
  defineOperator('||', [text, text], text, { build: buildConcatenation }),
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
  buildFunction('lower', [text], buildLower),
  buildFunction('upper', [text], buildUpper),
  buildFunction('initcap', [text], buildInitcap),
  ...['substring', 'substr'].flatMap(name => [
    sliceFunction(name, [text, int4], sliceFrom),
    sliceFunction(name, [text, int4, int4], sliceFromFor),
  ]),
  sliceFunction('left', [text, int4], sliceLeft),
  sliceFunction('right', [text, int4], sliceRight),
  buildFunction('lpad', [text, int4], buildPadLeft),
  buildFunction('lpad', [text, int4, text], buildPadLeft),
  buildFunction('rpad', [text, int4], buildPadRight),
  buildFunction('rpad', [text, int4, text], buildPadRight),
  sliceFunction('ltrim', [text], sliceTrimStart),
  sliceFunction('rtrim', [text], sliceTrimEnd),
  sliceFunction('btrim', [text], sliceTrim),
  sliceFunction('ltrim', [text, text], sliceTrimSetStart),
  sliceFunction('rtrim', [text, text], sliceTrimSetEnd),
  sliceFunction('btrim', [text, text], sliceTrimSet),
  defineFunction('strpos', [text, text], int4, { ranges: position }),
  defineFunction('position', [text, text], int4, { ranges: position }),
  buildFunction('replace', [text, text, text], buildReplace),
  buildFunction('translate', [text, text, text], buildTranslate),
  buildFunction('repeat', [text, int4], buildRepeat),
  buildFunction('reverse', [text], buildReverse),
  sliceFunction('split_part', [text, text, int4], sliceField),
  buildFunction('overlay', [text, text, int4], buildOverlay),
  buildFunction('overlay', [text, text, int4, int4], buildOverlay),
  defineFunction('ascii', [text], int4, { ranges: firstCodePoint }),
  defineFunction('chr', [int4], text, { call: chr }, never),
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

/** 1-based; 0 when it does not occur, 1 for an empty text. */
function position(
  bytes: Uint8Array,
  start: number,
  end: number,
  partBytes: Uint8Array,
  partStart: number,
  partEnd: number,
): number {
  if (partStart === partEnd) return 1
  const at = find(bytes, start, end, searchPart(partBytes, partStart, partEnd, end - start))
  return at === end ? 0 : characterCountOfRange(bytes, start, at) + 1
}

/** 0 for an empty text. */
function firstCodePoint(bytes: Uint8Array, start: number, end: number): number {
  return start === end ? 0 : codePointAt(bytes, start, characterWidth(bytes[start]!))
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
