/**
 * JSON's grammar over UTF-8 bytes (RFC 8259), exactly as strict as JSON.parse plus valid UTF-8. Functions
 * take the position of a token and return the position after it, INVALID when it is malformed. They may run
 * past the end of a message into the bytes behind it: whoever calls compares the final position with the
 * message's end.
 */

/** Returned instead of a position. */
export const INVALID = -0x80000000

/** Deeper nesting is rejected: it is never data. */
const DEPTH_MAX = 1000

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** 1 for bytes that a string holds as they are: ASCII but for quote, backslash and control characters. */
const plain = new Uint8Array(256)
for (let byte = 0x20; byte < 0x80; byte++) plain[byte] = byte === QUOTE || byte === BACKSLASH ? 0 : 1

/** The first position at or after `position` that is not JSON white space. */
export function skipSpace(bytes: Uint8Array, position: number): number {
  return bytes[position]! > 0x20 ? position : skipSpaces(bytes, position)
}

function skipSpaces(bytes: Uint8Array, position: number): number {
  let at = position
  let byte = bytes[at]!
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at]!
  return at
}

/**
 * `position` is behind the opening quote. Returns the position of the closing quote; its complement (~,
 * negative) when the string contains escapes; INVALID when it is malformed.
 */
export function scanString(bytes: Uint8Array, view: DataView, position: number): number {
  const lastWord = view.byteLength - 4
  let at = position
  for (; at <= lastWord; at += 4) {
    // A byte's high bit is set where subtracting borrows: at a quote, a backslash, a control character; or it
    // was set.
    const word = view.getInt32(at, true)
    const found =
      (((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101) | (word - 0x20202020) | word) &
      0x80808080
    if (found === 0) continue
    // Borrows spread upwards only, so the lowest mark is a true one.
    const end = at + ((31 - Math.clz32(found & -found)) >> 3)
    return bytes[end] === QUOTE ? end : scanUnusualString(bytes, end)
  }
  return scanUnusualString(bytes, at)
}

/** The rest of a string from its first byte that is not plain: escapes and UTF-8 are checked. */
function scanUnusualString(bytes: Uint8Array, position: number): number {
  let at = position
  let escaped = false
  while (at < bytes.length) {
    const byte = bytes[at]!
    if (plain[byte] === 1) {
      at++
    } else if (byte === QUOTE) {
      return escaped ? ~at : at
    } else if (byte === BACKSLASH) {
      escaped = true
      at = escapeEnd(bytes, at)
      if (at < 0) return INVALID
    } else {
      at = utf8End(bytes, at)
      if (at < 0) return INVALID
    }
  }
  return INVALID
}

function escapeEnd(bytes: Uint8Array, position: number): number {
  switch (bytes[position + 1]) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return position + 2
    case 0x75:
      for (let at = position + 2; at < position + 6; at++) if (!isHexDigit(bytes[at]!)) return INVALID
      return position + 6
    default:
      return INVALID
  }
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

/**
 * The end of the multi-byte UTF-8 character at `position`; INVALID when it is none (surrogates and overlong
 * forms too).
 */
function utf8End(bytes: Uint8Array, position: number): number {
  const lead = bytes[position]!
  const second = bytes[position + 1]!
  if (lead < 0xc2 || lead > 0xf4 || (second & 0xc0) !== 0x80) return INVALID
  if (lead < 0xe0) return position + 2
  if ((bytes[position + 2]! & 0xc0) !== 0x80) return INVALID
  if (lead < 0xf0) {
    if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return INVALID
    return position + 3
  }
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return INVALID
  return (bytes[position + 3]! & 0xc0) === 0x80 ? position + 4 : INVALID
}

/** Skips any value. */
export function skipValue(bytes: Uint8Array, view: DataView, position: number): number {
  const byte = bytes[position]!
  if (byte === QUOTE) {
    const end = scanString(bytes, view, position + 1)
    return end >= 0 ? end + 1 : end === INVALID ? INVALID : ~end + 1
  }
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return skipNumber(bytes, position)
  if (byte === 0x7b || byte === 0x5b) return skipNested(bytes, view, position)
  return skipWord(bytes, position)
}

/** Skips true, false and null. */
function skipWord(bytes: Uint8Array, position: number): number {
  const first = bytes[position]!
  if (first === 0x66) {
    return matches(bytes, position + 1, 0x61, 0x6c, 0x73) && bytes[position + 4] === 0x65
      ? position + 5
      : INVALID
  }
  if (first === 0x74) return matches(bytes, position + 1, 0x72, 0x75, 0x65) ? position + 4 : INVALID
  if (first === 0x6e) return matches(bytes, position + 1, 0x75, 0x6c, 0x6c) ? position + 4 : INVALID
  return INVALID
}

function matches(bytes: Uint8Array, position: number, first: number, second: number, third: number): boolean {
  return bytes[position] === first && bytes[position + 1] === second && bytes[position + 2] === third
}

function skipNumber(bytes: Uint8Array, position: number): number {
  let at = bytes[position] === 0x2d ? position + 1 : position
  const first = bytes[at]!
  if (first === 0x30) at++
  else if (first >= 0x31 && first <= 0x39) at = skipDigits(bytes, at)
  else return INVALID
  if (bytes[at] === 0x2e) {
    const start = at + 1
    at = skipDigits(bytes, start)
    if (at === start) return INVALID
  }
  if ((bytes[at]! | 0x20) === 0x65) {
    at++
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++
    const start = at
    at = skipDigits(bytes, start)
    if (at === start) return INVALID
  }
  return at
}

function skipDigits(bytes: Uint8Array, position: number): number {
  let at = position
  while (bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++
  return at
}

/** Skips an object or array, without recursion: `nesting` holds the closing bracket of each level. */
function skipNested(bytes: Uint8Array, view: DataView, position: number): number {
  const nesting: number[] = []
  let at = position
  for (;;) {
    const open = bytes[at]!
    if (open === 0x7b || open === 0x5b) {
      if (nesting.length === DEPTH_MAX) return INVALID
      nesting.push(open + 2)
      at = skipSpace(bytes, at + 1)
      if (bytes[at] !== open + 2) {
        if (open === 0x7b) at = skipKey(bytes, view, at)
        if (at < 0) return INVALID
        continue
      }
    } else {
      at = skipValue(bytes, view, at)
      if (at < 0) return INVALID
      at = skipSpace(bytes, at)
    }
    while (bytes[at] === nesting[nesting.length - 1]) {
      nesting.pop()
      if (nesting.length === 0) return at + 1
      at = skipSpace(bytes, at + 1)
    }
    if (bytes[at] !== 0x2c) return INVALID
    at = skipSpace(bytes, at + 1)
    if (nesting[nesting.length - 1] === 0x7d) at = skipKey(bytes, view, at)
    if (at < 0) return INVALID
  }
}

/** Skips a key, its colon and the space around it. */
function skipKey(bytes: Uint8Array, view: DataView, position: number): number {
  if (bytes[position] !== QUOTE) return INVALID
  const end = scanString(bytes, view, position + 1)
  if (end === INVALID) return INVALID
  const colon = skipSpace(bytes, (end < 0 ? ~end : end) + 1)
  return bytes[colon] === 0x3a ? skipSpace(bytes, colon + 1) : INVALID
}

const simpleEscapes: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 }

/**
 * Writes the string between two quotes, escapes resolved, as UTF-8 to `target` at `targetAt`, which has room
 * for as many bytes as the source has; returns where it ends there. A lone surrogate becomes U+FFFD, as in
 * PostgreSQL's UTF-8 there is none; U+0000 (which text cannot hold) gives INVALID.
 */
export function unescapeString(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  targetAt: number,
): number {
  let to = targetAt
  for (let at = start; at < end; ) {
    const byte = bytes[at]!
    if (byte !== BACKSLASH) {
      target[to++] = byte
      at++
      continue
    }
    const code = bytes[at + 1]!
    if (code !== 0x75) {
      target[to++] = simpleEscapes[code] ?? code
      at += 2
      continue
    }
    let point = hex4(bytes, at + 2)
    at += 6
    if (point === 0) return INVALID
    if (point >= 0xd800 && point <= 0xdbff && bytes[at] === BACKSLASH && bytes[at + 1] === 0x75) {
      const low = hex4(bytes, at + 2)
      if (low >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00)
        at += 6
      }
    }
    to = writeCodePoint(target, to, point >= 0xd800 && point <= 0xdfff ? 0xfffd : point)
  }
  return to
}

function hex4(bytes: Uint8Array, position: number): number {
  return Number.parseInt(String.fromCharCode(...bytes.subarray(position, position + 4)), 16)
}

function writeCodePoint(target: Uint8Array, position: number, point: number): number {
  let at = position
  if (point < 0x80) {
    target[at++] = point
  } else if (point < 0x800) {
    target[at++] = 0xc0 | (point >> 6)
    target[at++] = 0x80 | (point & 0x3f)
  } else if (point < 0x10000) {
    target[at++] = 0xe0 | (point >> 12)
    target[at++] = 0x80 | ((point >> 6) & 0x3f)
    target[at++] = 0x80 | (point & 0x3f)
  } else {
    target[at++] = 0xf0 | (point >> 18)
    target[at++] = 0x80 | ((point >> 12) & 0x3f)
    target[at++] = 0x80 | ((point >> 6) & 0x3f)
    target[at++] = 0x80 | (point & 0x3f)
  }
  return at
}
