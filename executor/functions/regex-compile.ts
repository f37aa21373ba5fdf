/**
 * Syntax trees of regular expressions to JS RegExp, and a bounded cache of compiled patterns.
 *
 * V8's flags u and i are avoided: its linear-time engine, which takes over when a pattern backtracks too
 * much, knows neither. Case is folded into the sets instead, and the u variant is made only for subjects
 * with characters beyond the BMP. That engine knows no look-around either: such patterns, where they could
 * take exponential time, are searched by regex-extent.ts. With back references nothing but backtracking
 * helps; those that could explode are refused.
 */

import v8 from 'node:v8'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import { isDeterministic, looksAround, mayExplode } from './regex-analysis.ts'
import { findStart, matchExtent } from './regex-extent.ts'
import type { RegexOptions } from './regex-options.ts'
import { defaultOptions, withFlag } from './regex-options.ts'
import type { ParsedRegex, RegexNode } from './regex-parse.ts'
import { parseRegex } from './regex-parse.ts'
import type { CodePointSet } from './regex-set.ts'
import { anyCodePoint, characterClass } from './regex-set.ts'

v8.setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')

/** A match: where it begins and ends, and the captured groups (undefined = not taken part). */
export interface RegexMatch {
  readonly start: number
  readonly end: number
  readonly groups: readonly (string | undefined)[]
}

export class Regex {
  readonly captures: number
  readonly #parsed: ParsedRegex
  readonly #finder: RegExpPair
  /** Without captures, which cost V8's linear-time engine forty times as much where they are nested deep. */
  readonly #tester: RegExpPair
  /** What RegExp finds is what PostgreSQL finds (or the best there is, with back references). */
  readonly #isExact: boolean
  /** RegExp could take exponential time on it. */
  readonly #isSearchedHere: boolean

  constructor(parsed: ParsedRegex) {
    this.#parsed = parsed
    this.captures = parsed.captures
    this.#finder = new RegExpPair(parsed, true)
    const isFree = parsed.captures > 0 && !parsed.backreferences
    this.#tester = isFree ? new RegExpPair(parsed, false) : this.#finder
    const explosive = mayExplode(parsed.node)
    if (explosive && parsed.backreferences) {
      throw notSupported('a back reference in a regular expression that can backtrack exponentially')
    }
    this.#isSearchedHere = explosive && looksAround(parsed.node)
    this.#isExact = parsed.backreferences || isDeterministic(parsed.node)
  }

  /** True when the pattern matches somewhere in `text`. */
  test(text: string): boolean {
    if (this.#isSearchedHere) return findStart(this.#parsed.node, text, 0) !== undefined
    const regex = this.#tester.for(text)
    regex.lastIndex = 0
    return regex.test(text)
  }

  /** The first match: leftmost, and of those there the one that PostgreSQL prefers. */
  match(text: string): RegexMatch | undefined {
    return this.within(text)(0)
  }

  /** Finds the first match at or after a position of `text`, which is looked through only once beforehand. */
  within(text: string): (from: number) => RegexMatch | undefined {
    const { node } = this.#parsed
    if (this.#isSearchedHere) {
      return from => {
        const start = findStart(node, text, from)
        return start === undefined ? undefined : this.#matchAt(text, start)
      }
    }
    const regex = (this.#isExact ? this.#finder : this.#tester).for(text)
    return from => {
      regex.lastIndex = from
      const found = regex.exec(text)
      if (found === null) return undefined
      const start = found.index
      if (!this.#isExact) return this.#matchAt(text, start)
      const groups = this.captures === 0 ? noGroups : found.slice(1)
      return { start, end: start + found[0].length, groups }
    }
  }

  #matchAt(text: string, start: number): RegexMatch {
    return { start, ...matchExtent(this.#parsed.node, this.captures, text, start) }
  }
}

const noGroups: readonly string[] = []

/** A pattern for subjects within the BMP and, made when one comes, for others. */
class RegExpPair {
  readonly #parsed: ParsedRegex
  readonly #captures: boolean
  #plain: RegExp | undefined
  #unicode: RegExp | undefined

  constructor(parsed: ParsedRegex, captures: boolean) {
    this.#parsed = parsed
    this.#captures = captures
  }

  for(text: string): RegExp {
    if (!/[\ud800-\udfff]/.test(text)) return (this.#plain ??= this.#make(false))
    return (this.#unicode ??= this.#make(true))
  }

  #make(unicode: boolean): RegExp {
    const { node, backreferences, ignoreCase } = this.#parsed
    const flags = `g${unicode ? 'u' : ''}${backreferences && ignoreCase ? 'i' : ''}`
    return new RegExp(source(node, { unicode, captures: this.#captures }), flags)
  }
}

const cache = new Map<string, Regex>()
const CACHE_MAX = 512

/** The compiled pattern; equal ones are shared, oldest dropped first. */
export function compileRegex(pattern: string, options: RegexOptions = defaultOptions): Regex {
  if (pattern === lastPattern && options === lastOptions) return lastRegex!
  const regex = findOrCompile(pattern, options)
  lastPattern = pattern
  lastOptions = options
  lastRegex = regex
  return regex
}

let lastPattern: string | undefined
let lastOptions: RegexOptions | undefined
let lastRegex: Regex | undefined

function findOrCompile(pattern: string, options: RegexOptions): Regex {
  const key = `${optionKey(options)}${pattern}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const regex = new Regex(parseRegex(pattern, options))
  if (cache.size >= CACHE_MAX) cache.delete(cache.keys().next().value as string)
  cache.set(key, regex)
  return regex
}

function optionKey(options: RegexOptions): string {
  const bits = [
    options.ignoreCase,
    options.newlineStops,
    options.newlineAnchors,
    options.expanded,
    options.literal,
  ]
  return bits.map(Number).join('') + '/'
}

interface RegexFlags {
  readonly options: RegexOptions
  readonly global: boolean
}

const noFlags: RegexFlags = { options: defaultOptions, global: false }

/** The flags argument of the regexp functions; `global` is true when it has a g. */
export function parseFlags(flags: string): RegexFlags {
  if (flags === '') return noFlags
  let options = defaultOptions
  let global = false
  for (const flag of flags) {
    if (flag === 'g') {
      global = true
      continue
    }
    const next = withFlag(options, flag)
    if (next === undefined) {
      throw new SqlError(SqlState.invalidParameterValue, `invalid regular expression option: "${flag}"`)
    }
    options = next
  }
  return { options, global }
}

interface SourceOptions {
  readonly unicode: boolean
  readonly captures: boolean
}

function source(node: RegexNode, options: SourceOptions): string {
  const { unicode, captures } = options
  switch (node.kind) {
    case 'set':
      return setSource(node.set, unicode)
    case 'sequence':
      return node.nodes.map(child => grouped(child, options)).join('')
    case 'alternation':
      return node.nodes.map(child => source(child, options)).join('|')
    case 'capture':
      return `(${captures ? '' : '?:'}${source(node.node, options)})`
    case 'look':
      return `(?${node.ahead ? '' : '<'}${node.negated ? '!' : '='}${source(node.node, options)})`
    case 'backreference':
      return `(?:\\${node.index})`
    case 'anchor':
      return anchorSource(node.anchor, unicode)
    case 'repeat': {
      const atom =
        node.node.kind === 'set' || node.node.kind === 'capture'
          ? source(node.node, options)
          : `(?:${source(node.node, options)})`
      return `${atom}{${node.min},${node.max ?? ''}}${node.lazy ? '?' : ''}`
    }
  }
}

/** An alternation within a sequence needs parentheses. */
function grouped(node: RegexNode, options: SourceOptions): string {
  const text = source(node, options)
  return node.kind === 'alternation' ? `(?:${text})` : text
}

function anchorSource(anchor: (RegexNode & { kind: 'anchor' })['anchor'], unicode: boolean): string {
  if (anchor === 'start') return '^'
  if (anchor === 'end') return '$'
  if (anchor === 'line_start') return '(?<![^\\n])'
  if (anchor === 'line_end') return '(?![^\\n])'
  const word = setSource(characterClass('word')!, unicode)
  const start = `(?<!${word})(?=${word})`
  const end = `(?<=${word})(?!${word})`
  if (anchor === 'word_start') return start
  if (anchor === 'word_end') return end
  return anchor === 'word' ? `(?:${start}|${end})` : `(?!${start})(?!${end})`
}

/** A set as JS class or character; without `unicode` only its part in the BMP. */
function setSource(set: CodePointSet, unicode: boolean): string {
  if (set === anyCodePoint) return '[^]'
  if (set.length === 2 && set[0] === set[1] && (unicode || set[0]! <= 0xffff)) return codePointSource(set[0]!)
  let text = '['
  for (let index = 0; index < set.length; index += 2) {
    const from = set[index]!
    const to = unicode ? set[index + 1]! : Math.min(set[index + 1]!, 0xffff)
    if (from > to) continue
    text += from === to ? codePointSource(from) : `${codePointSource(from)}-${codePointSource(to)}`
  }
  return text + ']'
}

function codePointSource(codePoint: number): string {
  const character = String.fromCodePoint(codePoint)
  if (/[A-Za-z0-9 _]/.test(character)) return character
  const hex = codePoint.toString(16)
  return codePoint > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`
}
