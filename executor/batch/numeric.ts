/**
 * PostgreSQL's numeric as a value: an exact decimal with a display scale, or NaN, Infinity, -Infinity.
 * Arithmetic is in executor/functions/numeric-arithmetic.ts.
 */

/** Immutable. `coefficient × 10^-scale`; for a special value coefficient and scale are 0. */
export class Numeric {
  readonly coefficient: bigint
  /** Display scale: digits after the decimal point, 0 … 16383. */
  readonly scale: number
  readonly special: NumericSpecial | undefined

  constructor(coefficient: bigint, scale: number, special?: NumericSpecial) {
    this.coefficient = coefficient
    this.scale = scale
    this.special = special
  }

  /** PostgreSQL's text form: `-0.50`, `NaN`, `Infinity`. */
  toString(): string {
    if (this.special !== undefined) return this.special
    const negative = this.coefficient < 0n
    const digits = (negative ? -this.coefficient : this.coefficient).toString()
    const sign = negative ? '-' : ''
    if (this.scale === 0) return sign + digits
    const padded = digits.padStart(this.scale + 1, '0')
    return `${sign}${padded.slice(0, -this.scale)}.${padded.slice(-this.scale)}`
  }
}

export type NumericSpecial = 'NaN' | 'Infinity' | '-Infinity'

export const numericNaN = new Numeric(0n, 0, 'NaN')
export const numericInfinity = new Numeric(0n, 0, 'Infinity')
export const numericNegativeInfinity = new Numeric(0n, 0, '-Infinity')
