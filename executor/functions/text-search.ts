/**
 * Where a text occurs in another, over ranges of bytes. A plain search compares the part anew at each place,
 * which with long parts may take their product; those are found by Knuth, Morris and Pratt's algorithm, whose
 * table says how much of the part still matches after a byte that does not.
 */

/** Shorter parts, and those in shorter texts, are searched for plainly. */
const TABLE_WIDTH_MIN = 16
const TABLE_LENGTH_MIN = 1024

/** The part that is searched for: bytes[start, end), with a table where that pays. */
export interface SearchPart {
  readonly bytes: Uint8Array
  readonly start: number
  readonly width: number
  readonly table: Int32Array | undefined
}

/** What `find` searches for in a text of `length` bytes. The part must not be empty. */
export function searchPart(bytes: Uint8Array, start: number, end: number, length: number): SearchPart {
  const width = end - start
  const plain = width < TABLE_WIDTH_MIN || length < TABLE_LENGTH_MIN
  return { bytes, start, width, table: plain ? undefined : failureTable(bytes, start, width) }
}

/** Where the part next occurs in bytes[start, end); `end` when it does not. */
export function find(bytes: Uint8Array, start: number, end: number, part: SearchPart): number {
  return part.table === undefined
    ? findPlain(bytes, start, end, part.bytes, part.start, part.width)
    : findByTable(bytes, start, end, part.bytes, part.start, part.width, part.table)
}

/** Case: short. */
function findPlain(
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  width: number,
): number {
  const first = part[partStart]
  const last = end - width
  for (let at = start; at <= last; at++) {
    if (bytes[at] !== first) continue
    let matched = 1
    while (matched < width && bytes[at + matched] === part[partStart + matched]) matched++
    if (matched === width) return at
  }
  return end
}

/** Case: long. */
function findByTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  width: number,
  table: Int32Array,
): number {
  let matched = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    while (matched > 0 && part[partStart + matched] !== byte) matched = table[matched - 1]!
    if (part[partStart + matched] === byte) matched++
    if (matched === width) return at - width + 1
  }
  return end
}

/** Per length of a beginning: how much of the beginning is also its end. */
function failureTable(part: Uint8Array, start: number, width: number): Int32Array {
  const table = new Int32Array(width)
  let matched = 0
  for (let at = 1; at < width; at++) {
    const byte = part[start + at]
    while (matched > 0 && part[start + matched] !== byte) matched = table[matched - 1]!
    if (part[start + matched] === byte) matched++
    table[at] = matched
  }
  return table
}
