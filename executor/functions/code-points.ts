/** Strings by characters as SQL counts them: code points, where JS strings are UTF-16 units. */

import { isAscii } from 'node:buffer'

const surrogates = /[\ud800-\udfff]/
/** In longer ranges the runtime is asked first whether there is anything but ASCII. */
const LONG_RANGE = 1024

/** True for a long range of nothing but ASCII, for which there are faster ways. */
export function isLongAscii(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= LONG_RANGE && isAscii(bytes.subarray(start, end))
}

/** The number of characters of UTF-8 bytes: those that do not continue one. */
export function characterCountOfRange(bytes: Uint8Array, start: number, end: number): number {
  if (isLongAscii(bytes, start, end)) return end - start
  let count = 0
  for (let at = start; at < end; at++) if ((bytes[at]! & 0xc0) !== 0x80) count++
  return count
}

export function characterCount(text: string): number {
  if (!surrogates.test(text)) return text.length
  let count = 0
  for (let index = 0; index < text.length; index++, count++) {
    if (isHighSurrogate(text.charCodeAt(index))) index++
  }
  return count
}

/** The UTF-16 index where character number `characters` (from 0) begins; the length when there are fewer. */
export function characterOffset(text: string, characters: number): number {
  if (characters >= text.length || !surrogates.test(text)) return Math.min(characters, text.length)
  let offset = 0
  for (let count = 0; count < characters && offset < text.length; count++) {
    offset += isHighSurrogate(text.charCodeAt(offset)) ? 2 : 1
  }
  return Math.min(offset, text.length)
}

/** Characters `from` (from 0) up to but not including `to`. */
export function sliceCharacters(text: string, from: number, to: number): string {
  if (!surrogates.test(text)) return text.slice(from, to)
  return text.slice(characterOffset(text, from), characterOffset(text, to))
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00
}
