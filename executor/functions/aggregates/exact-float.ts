/**
 * Exact sums of float8 values, so that a retraction undoes an insertion to the last bit and a sum is the
 * correctly rounded sum of the rows that are there, whatever came and went.
 *
 * Expansions (Shewchuk 1997; Python's math.fsum): a sum is up to four doubles of which no two overlap.
 * Values that need more, and infinities and NaN, go to an ExactTotal: an integer multiple of a power of
 * two, and counters.
 */

/** Doubles of an expansion. */
export const EXPANSION_CELLS = 4

/** Adds x to the expansion at f[at …]; false when it does not fit (then the expansion is unchanged). */
export function addToExpansion(f: Float64Array, at: number, x: number): boolean {
  const first = f[at]!
  const second = f[at + 1]!
  const third = f[at + 2]!
  const fourth = f[at + 3]!
  let sum = x
  let kept = 0
  for (let index = 0; index < EXPANSION_CELLS; index++) {
    const part = f[at + index]!
    if (part === 0) break
    const total = sum + part
    const rounded = Math.abs(sum) < Math.abs(part) ? sum - (total - part) : part - (total - sum)
    if (rounded !== 0) f[at + kept++] = rounded
    sum = total
  }
  if (Number.isFinite(sum) && (kept < EXPANSION_CELLS || sum === 0)) {
    if (sum !== 0) f[at + kept++] = sum
    while (kept < EXPANSION_CELLS) f[at + kept++] = 0
    return true
  }
  f[at] = first
  f[at + 1] = second
  f[at + 2] = third
  f[at + 3] = fourth
  return false
}

/** The double nearest to the expansion's value, ties to even. */
export function roundExpansion(f: Float64Array, at: number): number {
  let index = EXPANSION_CELLS
  while (index > 0 && f[at + index - 1] === 0) index--
  if (index === 0) return 0
  let high = f[at + --index]!
  let low = 0
  while (index > 0) {
    const before = high
    const part = f[at + --index]!
    high = before + part
    low = part - (high - before)
    if (low !== 0) break
  }
  // A tie that the remaining parts break in the other direction than rounding to even did.
  if (index > 0 && ((low < 0 && f[at + index - 1]! < 0) || (low > 0 && f[at + index - 1]! > 0))) {
    const doubled = low * 2
    const adjusted = high + doubled
    if (adjusted - high === doubled) high = adjusted
  }
  return high
}

/** An exact sum of any doubles: mantissa × 2^exponent, plus how many infinities and NaNs it has. */
export class ExactTotal {
  mantissa = 0n
  exponent = 0
  nan = 0
  positiveInfinity = 0
  negativeInfinity = 0

  add(x: number, weight: number): void {
    if (Number.isNaN(x)) this.nan += weight
    else if (x === Infinity) this.positiveInfinity += weight
    else if (x === -Infinity) this.negativeInfinity += weight
    else this.addScaled(mantissaOf(x) * BigInt(weight), exponentOf(x))
  }

  addScaled(mantissa: bigint, exponent: number): void {
    if (mantissa === 0n) return
    if (this.mantissa === 0n) {
      this.mantissa = mantissa
      this.exponent = exponent
    } else if (exponent >= this.exponent) {
      this.mantissa += mantissa << BigInt(exponent - this.exponent)
    } else {
      this.mantissa = (this.mantissa << BigInt(this.exponent - exponent)) + mantissa
      this.exponent = exponent
    }
  }

  merge(other: ExactTotal): void {
    this.addScaled(other.mantissa, other.exponent)
    this.nan += other.nan
    this.positiveInfinity += other.positiveInfinity
    this.negativeInfinity += other.negativeInfinity
  }

  /** NaN, an infinity, or undefined when the sum is finite. */
  get special(): number | undefined {
    if (this.nan > 0 || (this.positiveInfinity > 0 && this.negativeInfinity > 0)) return NaN
    if (this.positiveInfinity > 0) return Infinity
    return this.negativeInfinity > 0 ? -Infinity : undefined
  }

  round(): number {
    return this.special ?? ratioToNumber(this.mantissa, 1n, this.exponent)
  }
}

/** top / bottom × 2^exponent as the nearest double; bottom is positive. */
export function ratioToNumber(top: bigint, bottom: bigint, exponent: number): number {
  if (top === 0n) return 0
  const size = top < 0n ? -top : top
  // 66 significant bits and a sticky one are more than rounding to 53 needs.
  const shift = Math.max(0, 66 - (bitLength(size) - bitLength(bottom)))
  const scaled = size << BigInt(shift)
  let whole = scaled / bottom
  if (whole * bottom !== scaled) whole |= 1n
  const rounded = scaleByPower(Number(whole), exponent - shift)
  return top < 0n ? -rounded : rounded
}

/** Two steps, because 2^exponent alone may be out of a double's range. */
function scaleByPower(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2)
  return value * 2 ** half * 2 ** (exponent - half)
}

function bitLength(value: bigint): number {
  return value.toString(16).length * 4
}

const scratch = new DataView(new ArrayBuffer(8))

function mantissaOf(x: number): bigint {
  scratch.setFloat64(0, x)
  const bits = scratch.getBigUint64(0)
  const fraction = bits & 0xfffffffffffffn
  const magnitude = ((bits >> 52n) & 0x7ffn) === 0n ? fraction : fraction | 0x10000000000000n
  return x < 0 ? -magnitude : magnitude
}

function exponentOf(x: number): number {
  scratch.setFloat64(0, x)
  const biased = (scratch.getUint16(0) >> 4) & 0x7ff
  return Math.max(biased, 1) - 1075
}

/** The exact square of a finite double as mantissa and exponent. */
export function squareOf(x: number): { readonly mantissa: bigint; readonly exponent: number } {
  const mantissa = mantissaOf(x)
  return { mantissa: mantissa * mantissa, exponent: exponentOf(x) * 2 }
}
