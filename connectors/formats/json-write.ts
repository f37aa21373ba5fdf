/** JSON values written as bytes: the kernels of json-encoder.ts. Callers have made room. */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const POINT = 0x2e
const ZERO = 0x30

/** Digits that a float prints exactly when it is this many ten-thousandths. */
const FLOAT_SCALE = 10000
const BILLION = 1e9

const hexDigits = Buffer.from('0123456789abcdef')
/** The letter after the backslash of a short escape; 0 where there is none. */
const escapes = new Uint8Array(128)
for (const [byte, letter] of [
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [12, 'f'],
  [13, 'r'],
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
] as const) {
  escapes[byte] = letter.charCodeAt(0)
}

/** A growing byte array; `position` is where the next byte goes. */
export class ByteOutput {
  bytes: Uint8Array
  position = 0

  constructor(bytes: number) {
    this.bytes = new Uint8Array(bytes)
  }

  /** Makes room for `bytes` more bytes. */
  reserve(bytes: number): void {
    if (this.position + bytes <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.position + bytes, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.position))
    this.bytes = grown
  }

  writeAscii(text: string): void {
    this.reserve(text.length)
    const { bytes } = this
    let at = this.position
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index)
    this.position = at
  }

  writeBytes(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    this.position = copyBytes(source, start, end, this.bytes, this.position)
  }
}

/** Copies a range; short ones by a loop, which beats a call into the runtime. */
export function copyBytes(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  position: number,
): number {
  if (end - start > 48) {
    target.set(source.subarray(start, end), position)
    return position + end - start
  }
  let at = position
  for (let from = start; from < end; from++) target[at++] = source[from]!
  return at
}

/** An integer below 2^53 in magnitude: at most 17 bytes. */
export function writeInteger(target: Uint8Array, position: number, value: number): number {
  let at = position
  let rest = value
  if (rest < 0) {
    target[at++] = 0x2d
    rest = -rest
  }
  if (rest < BILLION) return writeDigits(target, at, rest | 0, countDigits(rest | 0))
  const high = Math.floor(rest / BILLION)
  at = writeDigits(target, at, high | 0, countDigits(high | 0))
  return writeDigits(target, at, (rest - high * BILLION) | 0, 9)
}

/** `count` digits of a value below 10^9, zeros in front. */
export function writeDigits(target: Uint8Array, position: number, value: number, count: number): number {
  let rest = value
  for (let at = position + count - 1; at >= position; at--) {
    const quotient = (rest / 10) | 0
    target[at] = ZERO + rest - quotient * 10
    rest = quotient
  }
  return position + count
}

function countDigits(value: number): number {
  if (value < 10) return 1
  if (value < 100) return 2
  if (value < 1000) return 3
  if (value < 10000) return 4
  if (value < 100000) return 5
  if (value < 1000000) return 6
  if (value < 10000000) return 7
  return value < 100000000 ? 8 : 9
}

/**
 * `coefficient` × 10^-scale, with all its digits: at most 17 + scale bytes. Coefficient below 2^53 in
 * magnitude.
 */
export function writeDecimal(
  target: Uint8Array,
  position: number,
  coefficient: number,
  scale: number,
): number {
  if (scale === 0) return writeInteger(target, position, coefficient)
  let at = position
  if (coefficient < 0) target[at++] = 0x2d
  const start = at
  at = writeInteger(target, at, Math.abs(coefficient))
  let digits = at - start
  if (digits <= scale) {
    const zeros = scale + 1 - digits
    target.copyWithin(start + zeros, start, at)
    target.fill(ZERO, start, start + zeros)
    at += zeros
    digits += zeros
  }
  target.copyWithin(at - scale + 1, at - scale, at)
  target[at - scale] = POINT
  return at + 1
}

/**
 * Writes a double of few decimals without making a string; returns INVALID (-1) for others. A decimal of at
 * most 15 digits that is equal to the double is its shortest form, so the text is the same as String(value).
 */
export function writeShortFloat(target: Uint8Array, position: number, value: number): number {
  const scaled = Math.round(value * FLOAT_SCALE)
  if (!(Math.abs(scaled) < BILLION) || scaled / FLOAT_SCALE !== value || Object.is(value, -0)) return -1
  let coefficient = scaled
  let scale = 4
  while (scale > 0 && coefficient % 10 === 0) {
    coefficient /= 10
    scale--
  }
  return writeDecimal(target, position, coefficient, scale)
}

/** UTF-8 text as a JSON string: at most 6 bytes for each of its bytes, and 2. */
export function writeString(
  target: Uint8Array,
  position: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  let at = position
  target[at++] = QUOTE
  for (let from = start; from < end; from++) {
    const byte = source[from]!
    if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) {
      target[at++] = byte
      continue
    }
    const letter = escapes[byte]!
    target[at++] = BACKSLASH
    if (letter !== 0) {
      target[at++] = letter
      continue
    }
    target[at++] = 0x75
    target[at++] = ZERO
    target[at++] = ZERO
    target[at++] = hexDigits[byte >> 4]!
    target[at++] = hexDigits[byte & 15]!
  }
  target[at++] = QUOTE
  return at
}

/** `YYYY-MM-DD` of a day since 1970 in the years 1 … 9999: 10 bytes. (Howard Hinnant, "civil_from_days".) */
export function writeDate(target: Uint8Array, position: number, day: number): number {
  const shifted = day + 719468
  const era = Math.floor(shifted / 146097)
  const dayOfEra = shifted - era * 146097
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36524) | 0) - ((dayOfEra / 146096) | 0)) / 365) | 0
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0))
  const monthIndex = ((5 * dayOfYear + 2) / 153) | 0
  const month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  let at = writeDigits(target, position, year, 4)
  target[at++] = 0x2d
  at = writeDigits(target, at, month, 2)
  target[at++] = 0x2d
  return writeDigits(target, at, dayOfYear - (((153 * monthIndex + 2) / 5) | 0) + 1, 2)
}

/** `HH:MM:SS.ffffff` of microseconds since midnight: 15 bytes. */
export function writeTime(target: Uint8Array, position: number, micros: number): number {
  const seconds = Math.floor(micros / 1e6)
  const minutes = (seconds / 60) | 0
  const hours = (minutes / 60) | 0
  let at = writeDigits(target, position, hours, 2)
  target[at++] = 0x3a
  at = writeDigits(target, at, minutes - hours * 60, 2)
  target[at++] = 0x3a
  at = writeDigits(target, at, seconds - minutes * 60, 2)
  target[at++] = POINT
  return writeDigits(target, at, (micros - seconds * 1e6) | 0, 6)
}
