/**
 * Sets of code points, as sorted ranges: what a literal, a bracket expression, `.` or `\w` of a regular
 * expression matches. Unicode's classes are computed from the engine's own tables when first used.
 */

/** Sorted, disjoint, closed ranges: [from, to, from, to …]. */
export type CodePointSet = readonly number[]

export const CODE_POINT_MAX = 0x10ffff

export const anyCodePoint: CodePointSet = [0, CODE_POINT_MAX]
export const notNewline: CodePointSet = [0, 9, 11, CODE_POINT_MAX]

/** The union, normalised. */
export function union(...sets: readonly CodePointSet[]): CodePointSet {
  const pairs: [number, number][] = []
  for (const set of sets) {
    for (let index = 0; index < set.length; index += 2) pairs.push([set[index]!, set[index + 1]!])
  }
  pairs.sort((left, right) => left[0] - right[0])
  const result: number[] = []
  for (const [from, to] of pairs) {
    const last = result.length - 1
    if (last > 0 && from <= result[last]! + 1) result[last] = Math.max(result[last]!, to)
    else result.push(from, to)
  }
  return result
}

export function complement(set: CodePointSet): CodePointSet {
  const result: number[] = []
  let next = 0
  for (let index = 0; index < set.length; index += 2) {
    if (set[index]! > next) result.push(next, set[index]! - 1)
    next = set[index + 1]! + 1
  }
  if (next <= CODE_POINT_MAX) result.push(next, CODE_POINT_MAX)
  return result
}

export function without(set: CodePointSet, codePoint: number): CodePointSet {
  return complement(union(complement(set), [codePoint, codePoint]))
}

/** True when some code point is in both. */
export function intersects(left: CodePointSet, right: CodePointSet): boolean {
  let a = 0
  let b = 0
  while (a < left.length && b < right.length) {
    if (left[a + 1]! < right[b]!) a += 2
    else if (right[b + 1]! < left[a]!) b += 2
    else return true
  }
  return false
}

/**
 * Ranges longer than this are classes of some script, not letters that someone listed: their cases are all
 * in there.
 */
const FOLD_MAX = 512

/** The set with the other cases of its letters. */
export function foldCase(set: CodePointSet): CodePointSet {
  const extra: number[] = []
  for (let index = 0; index < set.length; index += 2) {
    if (set[index + 1]! - set[index]! > FOLD_MAX) continue
    for (let codePoint = set[index]!; codePoint <= set[index + 1]!; codePoint++) {
      const text = String.fromCodePoint(codePoint)
      for (const other of [text.toLowerCase(), text.toUpperCase()]) {
        const folded = other.codePointAt(0)!
        if (folded !== codePoint && other.length === (folded > 0xffff ? 2 : 1)) extra.push(folded, folded)
      }
    }
  }
  return extra.length === 0 ? set : union(set, ...pairsOf(extra))
}

function pairsOf(flat: readonly number[]): CodePointSet[] {
  const pairs: CodePointSet[] = []
  for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index]!, flat[index + 1]!])
  return pairs
}

const asciiClasses: Readonly<Record<string, CodePointSet>> = {
  digit: [0x30, 0x39],
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0x00, 0x1f, 0x7f, 0x9f],
  space: [
    0x09, 0x0d, 0x20, 0x20, 0x1680, 0x1680, 0x2000, 0x2006, 0x2008, 0x200a, 0x2028, 0x2029, 0x205f, 0x205f,
    0x3000, 0x3000,
  ],
  ascii: [0x00, 0x7f],
}

const unicodeClasses: Readonly<Record<string, RegExp>> = {
  alpha: /\p{Alphabetic}/u,
  alnum: /[\p{Alphabetic}\p{Nd}]/u,
  upper: /\p{Uppercase}/u,
  lower: /\p{Lowercase}/u,
  punct: /[\p{P}\p{S}]/u,
  graph: /[^\p{Z}\p{C}]/u,
  print: /[^\p{Zl}\p{Zp}\p{C}]/u,
  word: /[\p{Alphabetic}\p{Nd}_]/u,
}

const computed = new Map<string, CodePointSet>()
/** Beyond it there are no letters. */
const SCAN_END = 0x323b0

/** The set of `[[:name:]]`; undefined when there is no such class. */
export function characterClass(name: string): CodePointSet | undefined {
  const ascii = asciiClasses[name]
  if (ascii !== undefined) return ascii
  const known = computed.get(name)
  if (known !== undefined) return known
  const pattern = unicodeClasses[name]
  if (pattern === undefined) return undefined
  const set: number[] = []
  for (let codePoint = 0; codePoint < SCAN_END; codePoint++) {
    if (codePoint === 0xd800) codePoint = 0xe000
    if (!pattern.test(String.fromCodePoint(codePoint))) continue
    if (set.length > 0 && set[set.length - 1] === codePoint - 1) set[set.length - 1] = codePoint
    else set.push(codePoint, codePoint)
  }
  computed.set(name, set)
  return set
}
