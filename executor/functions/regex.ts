/**
 * Regular expressions: the operators ~ ~* !~ !~* and the regexp_ functions. Patterns are compiled once
 * (regex-compile.ts); positions and counts are in characters.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import { arrayOf, boolType, bpcharType, int4Type, nameType, textType } from '../../planner/types.ts'
import { defineFunction, defineOperator } from './define.ts'
import type { Regex, RegexMatch } from './regex-compile.ts'
import { compileRegex, parseFlags } from './regex-compile.ts'
import type { RegexOptions } from './regex-options.ts'
import { defaultOptions } from './regex-options.ts'
import { similarToRegex } from './regex-similar.ts'
import type { CallSite, ScalarFunction } from './scalar-function.ts'

const ignoreCase: RegexOptions = { ...defaultOptions, ignoreCase: true }

/** A pattern's regex, the last one kept: at most call sites it is a constant. */
function regexResolver(options: RegexOptions): (pattern: string) => Regex {
  let lastPattern: string | undefined
  let lastRegex: Regex | undefined
  return pattern => {
    if (lastRegex === undefined || pattern !== lastPattern) {
      lastRegex = compileRegex(pattern, options)
      lastPattern = pattern
    }
    return lastRegex
  }
}

function matchOperators(
  name: string,
  negator: string,
  options: RegexOptions,
  negated: boolean,
): ScalarFunction[] {
  const prepare = (_site: CallSite) => {
    const resolve = regexResolver(options)
    return (text: string, pattern: string) => resolve(pattern).test(text) !== negated
  }
  return [textType, bpcharType, nameType].map(type =>
    defineOperator(name, [type, textType], boolType, { prepare }, { negator, neverNull: true }),
  )
}

/** All matches, or the first alone, from character position `start` (0-based UTF-16 index). */
export function* eachMatch(regex: Regex, text: string, start: number): Generator<RegexMatch> {
  const find = regex.within(text)
  let from = start
  while (from <= text.length) {
    const match = find(from)
    if (match === undefined) return
    yield match
    from = match.end > match.start ? match.end : next(text, match.end)
  }
}

/** The index after the character at `index`. */
function next(text: string, index: number): number {
  return index + ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1)
}

/** The groups of a match as regexp_match returns them: the whole match when the pattern has no groups. */
export function matchGroups(regex: Regex, text: string, match: RegexMatch): (string | null)[] {
  if (regex.captures === 0) return [text.slice(match.start, match.end)]
  return match.groups.map(group => group ?? null)
}

function refuseGlobal(flags: string, name: string, hint: string | undefined): RegexOptions {
  const { options, global } = parseFlags(flags)
  if (global) {
    throw new SqlError(SqlState.invalidParameterValue, `${name}() does not support the "global" option`, {
      hint,
    })
  }
  return options
}

function regexpMatch(text: string, pattern: string, flags = ''): (string | null)[] | null {
  const regex = compileRegex(
    pattern,
    refuseGlobal(flags, 'regexp_match', 'Use the regexp_matches function instead.'),
  )
  const match = regex.match(text)
  return match === undefined ? null : matchGroups(regex, text, match)
}

/** `\1`, `\&`, `\\` in a replacement; other text as it is. */
type Replacement = readonly (string | number)[]

function parseReplacement(text: string): Replacement {
  if (!text.includes('\\')) return [text]
  const parts: (string | number)[] = []
  let literal = ''
  for (let index = 0; index < text.length; index++) {
    const following = text[index] === '\\' ? text[index + 1] : undefined
    if (following === undefined) {
      literal += text[index]
      continue
    }
    index++
    if (following !== '&' && (following < '1' || following > '9')) {
      literal += following === '\\' ? '\\' : '\\' + following
      continue
    }
    parts.push(literal, following === '&' ? 0 : Number(following))
    literal = ''
  }
  parts.push(literal)
  return parts
}

function expand(parts: Replacement, text: string, match: RegexMatch): string {
  let result = ''
  for (const part of parts) {
    if (typeof part === 'string') result += part
    else result += part === 0 ? text.slice(match.start, match.end) : (match.groups[part - 1] ?? '')
  }
  return result
}

/** Replaces the `nth` match (1-based), or all when 0, of those from `start` on. */
function replace(regex: Regex, text: string, start: number, replacement: string, nth: number): string {
  const find = regex.within(text)
  let match = find(start)
  if (match === undefined) return text
  const parts = parseReplacement(replacement)
  let result = ''
  let copied = 0
  for (let count = 1; match !== undefined; count++) {
    if (nth === 0 || count === nth) {
      result += text.slice(copied, match.start) + expand(parts, text, match)
      copied = match.end
      if (nth !== 0) break
    }
    const from: number = match.end > match.start ? match.end : next(text, match.end)
    match = from > text.length ? undefined : find(from)
  }
  return result + text.slice(copied)
}

function regexpReplace(text: string, pattern: string, replacement: string, flags = ''): string {
  if (/^[0-9]/.test(flags)) {
    throw new SqlError(
      SqlState.invalidParameterValue,
      `invalid regular expression option: "${[...flags][0]}"`,
      {
        hint:
          'If you meant to use regexp_replace() with a start parameter, ' +
          'cast the fourth argument to integer explicitly.',
      },
    )
  }
  const { options, global } = parseFlags(flags)
  return replace(compileRegex(pattern, options), text, 0, replacement, global ? 0 : 1)
}

function regexpReplaceFrom(
  text: string,
  pattern: string,
  replacement: string,
  start: number,
  nth = 1,
  flags = '',
): string {
  const from = startIndex(text, start)
  if (nth < 0) throw invalidParameter('n', nth)
  const { options, global } = parseFlags(flags)
  // Without an explicit n the g flag decides.
  const count = nth === 1 && global ? 0 : nth
  return replace(compileRegex(pattern, options), text, from, replacement, count)
}

function invalidParameter(name: string, value: number): SqlError {
  return new SqlError(SqlState.invalidParameterValue, `invalid value for parameter "${name}": ${value}`)
}

/** The UTF-16 index of 1-based character `start`; beyond the text when it is longer. */
function startIndex(text: string, start: number): number {
  if (start <= 0) throw invalidParameter('start', start)
  let index = 0
  for (let character = 1; character < start; character++) {
    if (index > text.length) break
    index = next(text, index)
  }
  return index
}

/** The pieces between matches. Empty matches at the ends, or right behind another match, do not split. */
export function regexpSplit(
  text: string,
  pattern: string,
  flags = '',
  name = 'regexp_split_to_array',
): string[] {
  const regex = compileRegex(pattern, refuseGlobal(flags, name, undefined))
  const parts: string[] = []
  let previousEnd = 0
  for (const match of eachMatch(regex, text, 0)) {
    const empty = match.end === match.start
    if (empty && (match.start === previousEnd || match.start >= text.length)) continue
    parts.push(text.slice(previousEnd, match.start))
    previousEnd = match.end
  }
  parts.push(text.slice(previousEnd))
  return parts
}

function regexpLike(text: string, pattern: string, flags = ''): boolean {
  return compileRegex(pattern, refuseGlobal(flags, 'regexp_like', undefined)).test(text)
}

function regexpCount(text: string, pattern: string, start = 1, flags = ''): number {
  const from = startIndex(text, start)
  const regex = compileRegex(pattern, refuseGlobal(flags, 'regexp_count', undefined))
  let count = 0
  for (const _match of eachMatch(regex, text, from)) count++
  return count
}

/** The `nth` match from `start` on. */
function nthMatch(regex: Regex, text: string, start: number, nth: number): RegexMatch | undefined {
  let count = 0
  for (const match of eachMatch(regex, text, start)) if (++count === nth) return match
  return undefined
}

function regexpInstr(
  text: string,
  pattern: string,
  start = 1,
  nth = 1,
  endOption = 0,
  flags = '',
  group = 0,
): number {
  const from = startIndex(text, start)
  if (nth <= 0) throw invalidParameter('n', nth)
  if (endOption !== 0 && endOption !== 1) throw invalidParameter('endoption', endOption)
  if (group < 0) throw invalidParameter('subexpr', group)
  const regex = compileRegex(pattern, refuseGlobal(flags, 'regexp_instr', undefined))
  const match = nthMatch(regex, text, from, nth)
  if (match === undefined || group > regex.captures) return 0
  const range = group === 0 ? match : groupRange(match, text, group)
  if (range === undefined) return 0
  return [...text.slice(0, endOption === 1 ? range.end : range.start)].length + 1
}

/** Where a group's text lies within the match. */
function groupRange(
  match: RegexMatch,
  text: string,
  group: number,
): { start: number; end: number } | undefined {
  const captured = match.groups[group - 1]
  if (captured === undefined) return undefined
  const start = text.indexOf(captured, match.start)
  return { start, end: start + captured.length }
}

function regexpSubstr(
  text: string,
  pattern: string,
  start = 1,
  nth = 1,
  flags = '',
  group = 0,
): string | null {
  const from = startIndex(text, start)
  if (nth <= 0) throw invalidParameter('n', nth)
  if (group < 0) throw invalidParameter('subexpr', group)
  const regex = compileRegex(pattern, refuseGlobal(flags, 'regexp_substr', undefined))
  const match = nthMatch(regex, text, from, nth)
  if (match === undefined || group > regex.captures) return null
  return group === 0 ? text.slice(match.start, match.end) : (match.groups[group - 1] ?? null)
}

/** substring(text from pattern): the first group, else the whole match. */
function substringRegex(text: string, pattern: string): string | null {
  const regex = compileRegex(pattern)
  const match = regex.match(text)
  if (match === undefined) return null
  return regex.captures === 0 ? text.slice(match.start, match.end) : (match.groups[0] ?? null)
}

function textFunction(
  name: string,
  args: readonly DataType[],
  returns: DataType,
  call: (...args: never[]) => unknown,
  optionalArgs = 0,
): ScalarFunction {
  return defineFunction(name, args, returns, { call }, optionalArgs === 0 ? {} : { optionalArgs })
}

const text2 = [textType, textType]
const text3 = [...text2, textType]
const textArray = arrayOf(textType)

export const regexFunctions: readonly ScalarFunction[] = [
  ...matchOperators('~', '!~', defaultOptions, false),
  ...matchOperators('!~', '~', defaultOptions, true),
  ...matchOperators('~*', '!~*', ignoreCase, false),
  ...matchOperators('!~*', '~*', ignoreCase, true),
  textFunction('regexp_match', text3, textArray, regexpMatch, 1),
  textFunction('regexp_replace', [...text3, textType], textType, regexpReplace, 1),
  textFunction('regexp_replace', [...text3, int4Type, int4Type, textType], textType, regexpReplaceFrom, 2),
  textFunction('regexp_split_to_array', text3, textArray, regexpSplit, 1),
  textFunction('regexp_like', text3, boolType, regexpLike, 1),
  textFunction('regexp_count', [...text2, int4Type, textType], int4Type, regexpCount, 2),
  textFunction(
    'regexp_instr',
    [...text2, int4Type, int4Type, int4Type, textType, int4Type],
    int4Type,
    regexpInstr,
    5,
  ),
  textFunction(
    'regexp_substr',
    [...text2, int4Type, int4Type, textType, int4Type],
    textType,
    regexpSubstr,
    4,
  ),
  textFunction('substring', text2, textType, substringRegex),
  textFunction('substring', text3, textType, (text: string, pattern: string, mark: string) =>
    substringRegex(text, similarToRegex(pattern, mark)),
  ),
  textFunction(
    'similar_to_escape',
    text2,
    textType,
    (pattern: string, mark = '\\') => similarToRegex(pattern, mark),
    1,
  ),
]
