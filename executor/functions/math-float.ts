/** Functions of double precision with PostgreSQL's domain, overflow and underflow errors. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { floatOverflow, floatUnderflow, inputOutOfRange } from './number-errors.ts'

const DEGREES_PER_RADIAN = 180 / Math.PI

export function squareRoot(value: number): number {
  if (value < 0) {
    throw new SqlError(
      SqlState.invalidArgumentForPowerFunction,
      'cannot take square root of a negative number',
    )
  }
  return Math.sqrt(value)
}

export function cbrt(value: number): number {
  return Math.cbrt(value)
}

/** POSIX pow, but 0 to a negative power and a negative number to a fraction are errors. */
export function powerFloat(base: number, exponent: number): number {
  if (Number.isNaN(base) || Number.isNaN(exponent)) return powerNaN(base, exponent)
  if (base === 0 && exponent < 0) {
    const message = 'zero raised to a negative power is undefined'
    throw new SqlError(SqlState.invalidArgumentForPowerFunction, message)
  }
  if (base < 0 && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    const message = 'a negative number raised to a non-integer power yields a complex result'
    throw new SqlError(SqlState.invalidArgumentForPowerFunction, message)
  }
  if (Math.abs(base) === 1 && !Number.isFinite(exponent)) return 1
  return checkRange(base ** exponent, Number.isFinite(base) && Number.isFinite(exponent), base !== 0)
}

function powerNaN(base: number, exponent: number): number {
  return exponent === 0 || base === 1 ? 1 : Number.NaN
}

export function expFloat(value: number): number {
  return checkRange(Math.exp(value), Number.isFinite(value), Number.isFinite(value))
}

export function lnFloat(value: number): number {
  return Math.log(checkLogarithm(value))
}

export function log10Float(value: number): number {
  return Math.log10(checkLogarithm(value))
}

/** Infinite results of finite input overflow; zero results of input that is not zero underflow. */
function checkRange(result: number, fromFinite: boolean, isNotZero: boolean): number {
  if (fromFinite && !Number.isFinite(result) && !Number.isNaN(result)) throw floatOverflow()
  if (fromFinite && isNotZero && result === 0) throw floatUnderflow()
  return result
}

function checkLogarithm(value: number): number {
  if (value === 0) throw new SqlError(SqlState.invalidArgumentForLogarithm, 'cannot take logarithm of zero')
  if (value < 0) {
    throw new SqlError(SqlState.invalidArgumentForLogarithm, 'cannot take logarithm of a negative number')
  }
  return value
}

/** A function of an angle: infinite input is out of range. */
export function ofAngle(call: (angle: number) => number): (angle: number) => number {
  return angle => {
    if (Math.abs(angle) === Infinity) throw inputOutOfRange()
    return call(angle)
  }
}

/** An inverse function that is defined from −1 to 1. */
export function ofRatio(call: (ratio: number) => number): (ratio: number) => number {
  return ratio => {
    if (ratio < -1 || ratio > 1) throw inputOutOfRange()
    return call(ratio)
  }
}

export function acosh(value: number): number {
  if (value < 1) throw inputOutOfRange()
  return Math.acosh(value)
}

/** sin of degrees, exact at multiples of 30. */
export function sinDegrees(angle: number): number {
  let rest = angle % 360
  let sign = 1
  if (rest < 0) {
    rest = -rest
    sign = -sign
  }
  if (rest > 180) {
    rest = 360 - rest
    sign = -sign
  }
  if (rest > 90) rest = 180 - rest
  return sign * sinFirstQuadrant(rest)
}

export function cosDegrees(angle: number): number {
  let rest = Math.abs(angle % 360)
  let sign = 1
  if (rest > 180) rest = 360 - rest
  if (rest > 90) {
    rest = 180 - rest
    sign = -sign
  }
  return sign * cosFirstQuadrant(rest) + 0
}

export function tanDegrees(angle: number): number {
  const [rest, sign] = halfTurn(angle)
  return sign * (sinFirstQuadrant(rest) / cosFirstQuadrant(rest) / TAN_45) + 0
}

export function cotDegrees(angle: number): number {
  const [rest, sign] = halfTurn(angle)
  return sign * (cosFirstQuadrant(rest) / sinFirstQuadrant(rest) / COT_45) + 0
}

/** The angle in the first quadrant with the same |tan|, and the sign of its tan. */
function halfTurn(angle: number): readonly [number, number] {
  let rest = angle % 360
  let sign = 1
  if (rest < 0) {
    rest = -rest
    sign = -sign
  }
  if (rest > 180) {
    rest = 360 - rest
    sign = -sign
  }
  if (rest > 90) {
    rest = 180 - rest
    sign = -sign
  }
  return [rest, sign]
}

const SIN_30 = Math.sin(30 / DEGREES_PER_RADIAN)
const ONE_MINUS_COS_60 = 1 - Math.cos(60 / DEGREES_PER_RADIAN)
const TAN_45 = sinFirstQuadrant(45) / cosFirstQuadrant(45)
const COT_45 = cosFirstQuadrant(45) / sinFirstQuadrant(45)

function sinFirstQuadrant(angle: number): number {
  return angle <= 30 ? sin0to30(angle) : cos0to60(90 - angle)
}

function cosFirstQuadrant(angle: number): number {
  return angle <= 60 ? cos0to60(angle) : sin0to30(90 - angle)
}

function sin0to30(angle: number): number {
  return Math.sin(angle / DEGREES_PER_RADIAN) / SIN_30 / 2
}

function cos0to60(angle: number): number {
  return 1 - (1 - Math.cos(angle / DEGREES_PER_RADIAN)) / ONE_MINUS_COS_60 / 2
}

const ASIN_HALF = Math.asin(0.5)
const ACOS_HALF = Math.acos(0.5)
const ATAN_ONE = Math.atan(1)

export function asinDegrees(ratio: number): number {
  return ratio >= 0 ? asinFirstQuadrant(ratio) : -asinFirstQuadrant(-ratio)
}

export function acosDegrees(ratio: number): number {
  return ratio >= 0 ? acosFirstQuadrant(ratio) : 90 + asinFirstQuadrant(-ratio)
}

export function atanDegrees(ratio: number): number {
  return (Math.atan(ratio) / ATAN_ONE) * 45
}

export function atan2Degrees(y: number, x: number): number {
  return (Math.atan2(y, x) / ATAN_ONE) * 45
}

function asinFirstQuadrant(ratio: number): number {
  if (ratio <= 0.5) return (Math.asin(ratio) / ASIN_HALF) * 30
  return 90 - (Math.acos(ratio) / ACOS_HALF) * 60
}

function acosFirstQuadrant(ratio: number): number {
  if (ratio <= 0.5) return 90 - (Math.asin(ratio) / ASIN_HALF) * 30
  return (Math.acos(ratio) / ACOS_HALF) * 60
}

export function degrees(radians: number): number {
  return checkRange(radians / (Math.PI / 180), Number.isFinite(radians), radians !== 0)
}

export function radians(angle: number): number {
  return checkRange(angle * (Math.PI / 180), Number.isFinite(angle), angle !== 0)
}
