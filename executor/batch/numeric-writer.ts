/**
 * The rows of a numeric column while it is written: Numeric objects into coefficient, scale and side list.
 */

import { WIDE } from './column.ts'
import type { Numeric } from './numeric.ts'

export class NumericWriter {
  values: BigInt64Array
  scales: Int16Array
  readonly wide: Numeric[] = []

  constructor(rows: number) {
    this.values = new BigInt64Array(rows)
    this.scales = new Int16Array(rows)
  }

  /** Makes room for `rows` rows. */
  reserveRows(rows: number): void {
    if (rows <= this.values.length) return
    const values = new BigInt64Array(rows)
    const scales = new Int16Array(rows)
    values.set(this.values)
    scales.set(this.scales)
    this.values = values
    this.scales = scales
  }

  write(row: number, value: Numeric): void {
    if (value.special === undefined && BigInt.asIntN(64, value.coefficient) === value.coefficient) {
      this.values[row] = value.coefficient
      this.scales[row] = value.scale
      return
    }
    this.values[row] = BigInt(this.wide.length)
    this.scales[row] = WIDE
    this.wide.push(value)
  }
}
