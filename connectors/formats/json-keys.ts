/**
 * Which field a JSON key means, guessed from the order that keys had before. Messages of one topic nearly
 * always list their keys in the same order and spacing, so everything between one value and the next,
 * `,"price":`, is compared with the bytes that stood there last time, four at a time. What is equal to
 * something that was once parsed needs no parsing.
 *
 * Names match exactly; a key without exact match that equals one column's name but for case stands for that
 * column, as long as the message has no exact one.
 */

import { INVALID, scanString, skipSpace } from './json-scan.ts'

/** The bytes before a value as they appear in messages, and what they mean. */
export interface JsonKey {
  /** From the end of the previous value (or the start of the message) to the start of this one. */
  readonly length: number
  /**
   * Those bytes as little-endian words, the last of them being the last four bytes. At least `{"":`, so never
   * empty.
   */
  readonly words: Int32Array
  /** Index of the wanted field; -1 when the value is not wanted. */
  readonly field: number
  /** False when the key differs from the column's name in case. */
  readonly exact: boolean
  /** The keys that followed this one last and before that. */
  next: JsonKey | undefined
  other: JsonKey | undefined
}

/** Keys that are remembered; topics whose keys are data (ids) must not fill the memory. */
const KEYS_MAX = 2000

const QUOTE = 0x22

export class JsonKeys {
  /** Stands before the message: its `next` is the first key. */
  readonly root: JsonKey = makeKey(Buffer.from('    '), -1, true)
  readonly #byName = new Map<string, number>()
  readonly #byLowerName = new Map<string, number>()
  readonly #known = new Map<string, JsonKey>()

  constructor(names: readonly string[]) {
    const lowerCount = new Map<string, number>()
    for (const [field, name] of names.entries()) {
      const lower = name.toLowerCase()
      this.#byName.set(name, field)
      this.#byLowerName.set(lower, field)
      lowerCount.set(lower, (lowerCount.get(lower) ?? 0) + 1)
    }
    // Columns that differ only in case are told apart exactly or not at all.
    for (const [lower, count] of lowerCount) if (count > 1) this.#byLowerName.delete(lower)
  }

  /**
   * What stands at `position`, where `previous` precedes it and the caller has tried `previous.next`: a comma
   * (for the first, an opening brace), a key and a colon. undefined when it is something else.
   */
  find(bytes: Uint8Array, view: DataView, position: number, previous: JsonKey): JsonKey | undefined {
    const { other } = previous
    if (other !== undefined && keyMatches(view, position, other)) return other
    const separator = skipSpace(bytes, position)
    if (bytes[separator] !== (previous === this.root ? 0x7b : 0x2c)) return undefined
    const start = skipSpace(bytes, separator + 1)
    if (bytes[start] !== QUOTE) return undefined
    const close = scanString(bytes, view, start + 1)
    if (close === INVALID) return undefined
    const end = (close < 0 ? ~close : close) + 1
    const colon = skipSpace(bytes, end)
    if (bytes[colon] !== 0x3a) return undefined
    const found = this.#lookUp(
      bytes.subarray(position, skipSpace(bytes, colon + 1)),
      start - position,
      end - position,
    )
    previous.other = previous.next
    previous.next = found
    return found
  }

  /** `literal` holds the quoted key at [start, end). */
  #lookUp(literal: Uint8Array, start: number, end: number): JsonKey {
    const source = Buffer.from(literal).toString()
    const known = this.#known.get(source)
    if (known !== undefined) return known
    const name = JSON.parse(Buffer.from(literal.subarray(start, end)).toString()) as string
    const exactField = this.#byName.get(name)
    const field = exactField ?? this.#byLowerName.get(name.toLowerCase()) ?? -1
    const key = makeKey(literal, field, exactField !== undefined)
    if (this.#known.size < KEYS_MAX) this.#known.set(source, key)
    return key
  }
}

/** True when `key` is at `position`. */
export function keyMatches(view: DataView, position: number, key: JsonKey): boolean {
  const { words, length } = key
  if (position + length > view.byteLength) return false
  const last = words.length - 1
  for (let index = 0; index < last; index++) {
    if (view.getInt32(position + index * 4, true) !== words[index]) return false
  }
  return view.getInt32(position + length - 4, true) === words[last]
}

function makeKey(bytes: Uint8Array, field: number, exact: boolean): JsonKey {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = Math.ceil(bytes.length / 4)
  const words = Int32Array.from({ length: count }, (_, index) =>
    view.getInt32(index === count - 1 ? bytes.length - 4 : index * 4, true),
  )
  return { length: bytes.length, words, field, exact, next: undefined, other: undefined }
}
