/**
 * Text functions over UTF-8 ranges whose result is a part of the argument: they leave its bounds in a Slice.
 * Characters are counted by their lead bytes.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Slice } from './scalar-function.ts'
import { ASCII_END, advance, characterWidth, codePointAt, retreat } from './text-bytes.ts'
import { trimmedEnd } from './text-compare.ts'
import { find, searchPart } from './text-search.ts'

const SPACE = 0x20

/** substring(text from `from`). */
export function sliceFrom(bytes: Uint8Array, start: number, end: number, from: number, result: Slice): void {
  result.start = advance(bytes, start, end, from - 1)
  result.end = end
}

/** substring(text from `from` for `length`). */
export function sliceFromFor(
  bytes: Uint8Array,
  start: number,
  end: number,
  from: number,
  length: number,
  result: Slice,
): void {
  if (length < 0) throw new SqlError(SqlState.substringError, 'negative substring length not allowed')
  const first = advance(bytes, start, end, from - 1)
  result.start = first
  result.end = advance(bytes, first, end, from < 1 ? from - 1 + length : length)
}

/** left(text, count): all but the last −count for a negative count. */
export function sliceLeft(bytes: Uint8Array, start: number, end: number, count: number, result: Slice): void {
  result.start = start
  result.end = count < 0 ? retreat(bytes, start, end, -count) : advance(bytes, start, end, count)
}

/** right(text, count): all but the first −count for a negative count. */
export function sliceRight(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  result: Slice,
): void {
  result.start = count < 0 ? advance(bytes, start, end, -count) : retreat(bytes, start, end, count)
  result.end = end
}

export function sliceTrimStart(bytes: Uint8Array, start: number, end: number, result: Slice): void {
  result.start = firstNotSpace(bytes, start, end)
  result.end = end
}

export function sliceTrimEnd(bytes: Uint8Array, start: number, end: number, result: Slice): void {
  result.start = start
  result.end = trimmedEnd(bytes, start, end)
}

export function sliceTrim(bytes: Uint8Array, start: number, end: number, result: Slice): void {
  const first = firstNotSpace(bytes, start, end)
  result.start = first
  result.end = trimmedEnd(bytes, first, end)
}

function firstNotSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] === SPACE) at++
  return at
}

/** split_part(text, delimiter, field). */
export function sliceField(
  bytes: Uint8Array,
  start: number,
  end: number,
  delimiterBytes: Uint8Array,
  delimiterStart: number,
  delimiterEnd: number,
  field: number,
  result: Slice,
): void {
  if (field === 0) throw new SqlError(SqlState.invalidParameterValue, 'field position must not be zero')
  result.start = start
  result.end = end
  if (delimiterEnd === delimiterStart) {
    if (field !== 1 && field !== -1) result.start = end
    return
  }
  const delimiter = searchPart(delimiterBytes, delimiterStart, delimiterEnd, end - start)
  const { width } = delimiter
  let wanted = field
  if (field < 0) {
    wanted = 1 + field
    for (let at = start; at <= end; wanted++) at = find(bytes, at, end, delimiter) + width
  }
  for (let skipped = 1, from = start; skipped <= wanted; skipped++) {
    const to = find(bytes, from, end, delimiter)
    result.start = from
    result.end = to
    if (skipped === wanted) return
    if (to >= end) break
    from = to + width
  }
  result.start = end
  result.end = end
}

/** ltrim(text, set). */
export function sliceTrimSetStart(
  bytes: Uint8Array,
  start: number,
  end: number,
  setBytes: Uint8Array,
  setStart: number,
  setEnd: number,
  result: Slice,
): void {
  const others = readSet(setBytes, setStart, setEnd)
  result.start = firstNotInSet(bytes, start, end, others)
  result.end = end
}

/** rtrim(text, set). */
export function sliceTrimSetEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
  setBytes: Uint8Array,
  setStart: number,
  setEnd: number,
  result: Slice,
): void {
  const others = readSet(setBytes, setStart, setEnd)
  result.start = start
  result.end = lastInSet(bytes, start, end, others)
}

/** btrim(text, set). */
export function sliceTrimSet(
  bytes: Uint8Array,
  start: number,
  end: number,
  setBytes: Uint8Array,
  setStart: number,
  setEnd: number,
  result: Slice,
): void {
  const others = readSet(setBytes, setStart, setEnd)
  const first = firstNotInSet(bytes, start, end, others)
  result.start = first
  result.end = lastInSet(bytes, first, end, others)
}

/** The ASCII characters of the set of one call. */
const asciiSet = new Uint8Array(ASCII_END)

/** Notes the characters of a set; returns those that are not ASCII. */
function readSet(bytes: Uint8Array, start: number, end: number): ReadonlySet<number> | undefined {
  let others: Set<number> | undefined
  asciiSet.fill(0)
  for (let at = start; at < end; ) {
    const width = characterWidth(bytes[at]!)
    if (width === 1) asciiSet[bytes[at]!] = 1
    else {
      others ??= new Set()
      others.add(codePointAt(bytes, at, width))
    }
    at += width
  }
  return others
}

function firstNotInSet(
  bytes: Uint8Array,
  start: number,
  end: number,
  others: ReadonlySet<number> | undefined,
): number {
  for (let at = start; at < end; ) {
    const width = characterWidth(bytes[at]!)
    if (!isInSet(bytes, at, width, others)) return at
    at += width
  }
  return end
}

/** Where the characters of the set at the end begin. */
function lastInSet(
  bytes: Uint8Array,
  start: number,
  end: number,
  others: ReadonlySet<number> | undefined,
): number {
  for (let at = end; at > start; ) {
    const from = retreat(bytes, start, at, 1)
    if (!isInSet(bytes, from, at - from, others)) return at
    at = from
  }
  return start
}

function isInSet(
  bytes: Uint8Array,
  at: number,
  width: number,
  others: ReadonlySet<number> | undefined,
): boolean {
  return width === 1 ? asciiSet[bytes[at]!] === 1 : others?.has(codePointAt(bytes, at, width)) === true
}
