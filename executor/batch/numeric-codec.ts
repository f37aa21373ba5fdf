/**
 * PostgreSQL's binary format of numeric (numeric_send): int16 digit count, weight, sign, display scale, then
 * base-10000 digits; the value is the sum of digit[n] × 10000^(weight − n).
 */

import type { ByteWriter } from './byte-writer.ts'
import { Numeric, numericInfinity, numericNaN, numericNegativeInfinity } from './numeric.ts'

const POSITIVE = 0x0000
const NEGATIVE = 0x4000
const NAN = 0xc000
const POSITIVE_INFINITY = 0xd000
const NEGATIVE_INFINITY = 0xf000
/** What numeric_send happens to make of the flag bits of an infinity. */
const INFINITY_SCALE = 0x20
const DIGIT_WIDTH = 4

/** Appends the value. */
export function writeNumeric(writer: ByteWriter, value: Numeric): void {
  if (value.special !== undefined) {
    const sign = { NaN: NAN, Infinity: POSITIVE_INFINITY, '-Infinity': NEGATIVE_INFINITY }[value.special]
    writeHeader(writer, 0, 0, sign, value.special === 'NaN' ? 0 : INFINITY_SCALE)
    return
  }
  const negative = value.coefficient < 0n
  const digits = (negative ? -value.coefficient : value.coefficient).toString()
  const fraction = digits.slice(Math.max(digits.length - value.scale, 0)).padStart(value.scale, '0')
  const whole = digits.slice(0, Math.max(digits.length - value.scale, 0))
  const wholeDigits = Math.ceil(whole.length / DIGIT_WIDTH)
  const padded =
    whole.padStart(wholeDigits * DIGIT_WIDTH, '0') +
    fraction.padEnd(Math.ceil(fraction.length / DIGIT_WIDTH) * DIGIT_WIDTH, '0')
  let first = 0
  let last = padded.length
  while (first < last && padded.startsWith('0000', first)) first += DIGIT_WIDTH
  while (last > first && padded.startsWith('0000', last - DIGIT_WIDTH)) last -= DIGIT_WIDTH
  const count = (last - first) / DIGIT_WIDTH
  const weight = count === 0 ? 0 : wholeDigits - 1 - first / DIGIT_WIDTH
  writeHeader(writer, count, weight, negative ? NEGATIVE : POSITIVE, value.scale)
  for (let at = first; at < last; at += DIGIT_WIDTH) writer.int16(Number(padded.slice(at, at + DIGIT_WIDTH)))
}

/** The value in bytes[start ..]; undefined when it is malformed. */
export function readNumericBinary(bytes: Uint8Array, start: number, end: number): Numeric | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start)
  if (view.byteLength < 8) return undefined
  const count = view.getUint16(0)
  const sign = view.getUint16(4)
  const scale = view.getUint16(6)
  if (sign === NAN) return numericNaN
  if (sign === POSITIVE_INFINITY) return numericInfinity
  if (sign === NEGATIVE_INFINITY) return numericNegativeInfinity
  if ((sign !== POSITIVE && sign !== NEGATIVE) || view.byteLength !== 8 + count * 2 || scale > 16383)
    return undefined
  let digits = ''
  for (let index = 0; index < count; index++) {
    const digit = view.getInt16(8 + index * 2)
    if (digit < 0 || digit > 9999) return undefined
    digits += String(digit).padStart(DIGIT_WIDTH, '0')
  }
  const coefficient = scaleDigits(BigInt(digits === '' ? '0' : digits), count, view.getInt16(2), scale)
  return new Numeric(sign === NEGATIVE ? -coefficient : coefficient, scale)
}

/** The coefficient at `scale` of `count` base-10000 digits whose first has `weight`. */
function scaleDigits(digits: bigint, count: number, weight: number, scale: number): bigint {
  const exponent = (weight - count + 1) * DIGIT_WIDTH + scale
  return exponent >= 0 ? digits * 10n ** BigInt(exponent) : digits / 10n ** BigInt(-exponent)
}

function writeHeader(writer: ByteWriter, count: number, weight: number, sign: number, scale: number): void {
  writer.int16(count)
  writer.int16(weight)
  writer.int16((sign << 16) >> 16)
  writer.int16(scale)
}
