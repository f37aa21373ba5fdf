/** An exact sum of any numerics that forgets what is taken out again, display scales included. */

import { Numeric, numericInfinity, numericNaN, numericNegativeInfinity } from '../../batch/numeric.ts'

export class NumericTotal {
  /** The sum at #scale, which is at least every scale that was ever added. */
  #sum = 0n
  #scale = 0
  /** Rows by their scale. */
  readonly #counts = new Map<number, number>()
  #nan = 0
  #positiveInfinity = 0
  #negativeInfinity = 0

  add(value: Numeric, weight: number): void {
    switch (value.special) {
      case undefined:
        this.addSum(value.coefficient * BigInt(weight), value.scale, weight)
        break
      case 'NaN':
        this.#nan += weight
        break
      case 'Infinity':
        this.#positiveInfinity += weight
        break
      case '-Infinity':
        this.#negativeInfinity += weight
        break
    }
  }

  /** Adds `count` rows of one scale whose coefficients sum to `coefficients`. */
  addSum(coefficients: bigint, scale: number, count: number): void {
    if (scale > this.#scale) {
      this.#sum *= 10n ** BigInt(scale - this.#scale)
      this.#scale = scale
    }
    this.#sum += coefficients * 10n ** BigInt(this.#scale - scale)
    this.#counts.set(scale, (this.#counts.get(scale) ?? 0) + count)
  }

  merge(other: NumericTotal): void {
    this.addSum(other.#sum, other.#scale, 0)
    for (const [scale, count] of other.#counts) this.addSum(0n, scale, count)
    this.#nan += other.#nan
    this.#positiveInfinity += other.#positiveInfinity
    this.#negativeInfinity += other.#negativeInfinity
  }

  value(): Numeric {
    if (this.#nan > 0 || (this.#positiveInfinity > 0 && this.#negativeInfinity > 0)) return numericNaN
    if (this.#positiveInfinity > 0) return numericInfinity
    if (this.#negativeInfinity > 0) return numericNegativeInfinity
    let scale = 0
    for (const [candidate, count] of this.#counts) if (count > 0 && candidate > scale) scale = candidate
    return new Numeric(this.#sum / 10n ** BigInt(this.#scale - scale), scale)
  }
}
