/**
 * The common case of a model's result, one number a row: from the tensor's array to the column's, without a
 * value in between.
 */

import { bitmapBytes, type FixedColumn } from '../../executor/batch/column.ts'
import type { SqlError } from '../../planner/errors.ts'
import type { TensorMessage } from './messages.ts'
import { elementType, type ModelPlan } from './model-types.ts'

/** The arrays that tensors and columns have in common, by element type. */
const layouts = {
  float: { layout: 'float32', array: Float32Array },
  double: { layout: 'float64', array: Float64Array },
  int16: { layout: 'int16', array: Int16Array },
  int32: { layout: 'int32', array: Int32Array },
  int64: { layout: 'int64', array: BigInt64Array },
} as const

type FixedElement = keyof typeof layouts

/** Whether the model's only result is such a number. */
export function hasFixedScores(plan: ModelPlan): boolean {
  const [output] = plan.outputs
  return (
    plan.outputs.length === 1 &&
    output!.isScalar &&
    output!.labels === undefined &&
    output!.element in layouts
  )
}

export class FixedScores {
  readonly failures: Map<number, SqlError>
  readonly #element: FixedElement
  readonly #values: Float32Array | Float64Array | Int16Array | Int32Array | BigInt64Array
  readonly #validity: Uint8Array
  readonly #nanError: () => SqlError
  #scored = 0

  constructor(plan: ModelPlan, length: number, failures: Map<number, SqlError>, nanError: () => SqlError) {
    this.#element = plan.outputs[0]!.element as FixedElement
    this.#values = new layouts[this.#element].array(length)
    this.#validity = new Uint8Array(bitmapBytes(length))
    this.failures = failures
    this.#nanError = nanError
  }

  add(tensors: readonly TensorMessage[], rows: Int32Array): void {
    const data = tensors[0]!.data
    const values = this.#values
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at]!
      const value = data[at]!
      if (Number.isNaN(value)) {
        this.failures.set(row, this.#nanError())
        continue
      }
      values[row] = value as never
      this.#validity[row >> 3]! |= 1 << (row & 7)
      this.#scored++
    }
  }

  finish(): FixedColumn {
    const length = this.#values.length
    return {
      layout: layouts[this.#element].layout,
      type: elementType(this.#element),
      length,
      values: this.#values,
      validity: this.#scored === length ? undefined : this.#validity,
    } as FixedColumn
  }
}
