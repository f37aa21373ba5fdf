/**
 * numeric's binary form (PostgreSQL's numeric_send): int16 count of digits, weight of the first, sign, display scale, then
 * the digits in base 10 000.
 */

import {
  Numeric,
  numericInfinity,
  numericNaN,
  numericNegativeInfinity,
} from '../../executor/batch/numeric.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'

const NEGATIVE = 0x4000
const NAN = 0xc000
const INFINITY = 0xd000
const NEGATIVE_INFINITY = 0xf000
const BASE_DIGITS = 4

export function encodeNumeric(value: Numeric): Buffer {
  if (value.special !== undefined) {
    const sign = value.special === 'NaN' ? NAN : value.special === 'Infinity' ? INFINITY : NEGATIVE_INFINITY
    return header(0, 0, sign, 0)
  }
  const negative = value.coefficient < 0n
  const digits = (negative ? -value.coefficient : value.coefficient).toString()
  // Digit groups are aligned at the decimal point: pad the fraction on the right, the whole part on the left.
  const fractionPad = (BASE_DIGITS - (value.scale % BASE_DIGITS)) % BASE_DIGITS
  const padded = digits.padStart(value.scale, '0') + '0'.repeat(fractionPad)
  const fractionGroups = (value.scale + fractionPad) / BASE_DIGITS
  const aligned = padded.padStart(Math.ceil(padded.length / BASE_DIGITS) * BASE_DIGITS, '0')
  const groups: number[] = []
  for (let at = 0; at < aligned.length; at += BASE_DIGITS)
    groups.push(Number(aligned.slice(at, at + BASE_DIGITS)))
  let weight = groups.length - fractionGroups - 1
  while (groups.length > 0 && groups[0] === 0) {
    groups.shift()
    weight--
  }
  while (groups.length > 0 && groups.at(-1) === 0) groups.pop()
  const out = header(groups.length, groups.length === 0 ? 0 : weight, negative ? NEGATIVE : 0, value.scale)
  groups.forEach((group, index) => {
    out.writeUInt16BE(group, 8 + index * 2)
  })
  return out
}

function header(digits: number, weight: number, sign: number, scale: number): Buffer {
  const out = Buffer.alloc(8 + digits * 2)
  out.writeUInt16BE(digits, 0)
  out.writeInt16BE(weight, 2)
  out.writeUInt16BE(sign, 4)
  out.writeUInt16BE(scale, 6)
  return out
}

/** 22P03 for anything that numeric_recv refuses. */
export function decodeNumeric(bytes: Buffer): Numeric {
  if (bytes.length < 8) throw invalid('insufficient data left in message')
  const count = bytes.readUInt16BE(0)
  const weight = bytes.readInt16BE(2)
  const sign = bytes.readUInt16BE(4)
  const scale = bytes.readUInt16BE(6)
  if (sign === NAN) return numericNaN
  if (sign === INFINITY) return numericInfinity
  if (sign === NEGATIVE_INFINITY) return numericNegativeInfinity
  if (sign !== 0 && sign !== NEGATIVE) throw invalid('invalid sign in external "numeric" value')
  if (scale > 0x3fff) throw invalid('invalid scale in external "numeric" value')
  if (bytes.length !== 8 + count * 2) throw invalid('insufficient data left in message')
  let coefficient = 0n
  for (let index = 0; index < count; index++) {
    const digit = bytes.readUInt16BE(8 + index * 2)
    if (digit >= 10_000) throw invalid('invalid digit in external "numeric" value')
    coefficient = coefficient * 10_000n + BigInt(digit)
  }
  // The digits read so far are worth × 10000^(weight − count + 1); bring that to 10^-scale.
  const shift = (weight - count + 1) * BASE_DIGITS + scale
  coefficient = shift >= 0 ? coefficient * 10n ** BigInt(shift) : coefficient / 10n ** BigInt(-shift)
  return new Numeric(sign === NEGATIVE ? -coefficient : coefficient, scale)
}

function invalid(message: string): SqlError {
  return new SqlError(SqlState.invalidBinaryRepresentation, message)
}
