/** bit_and and bit_or: how many values have each bit, so they can be retracted. */

import type { DataType } from '../../../planner/types.ts'
import { int2Type, int4Type, int8Type } from '../../../planner/types.ts'
import type { Column, FixedColumn, Int64Column } from '../../batch/column.ts'
import { bitmapBytes, isNull } from '../../batch/column.ts'
import { allocateFixed } from '../../batch/layout-loops.ts'
import { grownCapacity } from '../../state/stored-column.ts'
import type { AggregateFunction, GroupAccumulator } from './aggregate-function.ts'

const bitsOf = { int2: 16, int4: 32, int8: 64 } as const
const layoutOf = { int2: 'int16', int4: 'int32', int8: 'int64' } as const

class BitCounts implements GroupAccumulator {
  readonly kind = 'groups'
  readonly #type: DataType & { readonly kind: keyof typeof bitsOf }
  readonly #all: boolean
  readonly #bits: number
  /** Per group: how many values, then how many have each bit. */
  #counts = new Float64Array(0)

  constructor(type: DataType, all: boolean) {
    this.#type = type as DataType & { readonly kind: keyof typeof bitsOf }
    this.#all = all
    this.#bits = bitsOf[this.#type.kind]
  }

  get byteLength(): number {
    return this.#counts.byteLength
  }

  update(
    args: readonly Column[],
    rows: Int32Array | undefined,
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
  ): void {
    const column = args[0] as Int64Column
    for (let index = 0; index < count; index++) {
      const row = rows === undefined ? index : rows[index]!
      if (isNull(column, row)) continue
      const weight = weights === undefined ? 1 : weights[index]!
      const base = this.#base(groups[index]!)
      const value = BigInt(column.values[row]!)
      this.#counts[base]! += weight
      for (let bit = 0; bit < this.#bits; bit++) {
        if (((value >> BigInt(bit)) & 1n) === 1n) this.#counts[base + 1 + bit]! += weight
      }
    }
  }

  finish(groups: Int32Array, count: number): Column {
    const layout = layoutOf[this.#type.kind]
    const values = allocateFixed(layout, count)
    const validity = new Uint8Array(bitmapBytes(count))
    for (let index = 0; index < count; index++) {
      const base = this.#base(groups[index]!)
      const total = this.#counts[base]!
      if (total <= 0) continue
      validity[index >> 3]! |= 1 << (index & 7)
      let value = 0n
      for (let bit = 0; bit < this.#bits; bit++) {
        const having = this.#counts[base + 1 + bit]!
        if (this.#all ? having === total : having > 0) value |= 1n << BigInt(bit)
      }
      const signed = BigInt.asIntN(this.#bits, value)
      values[index] = layout === 'int64' ? signed : Number(signed)
    }
    return { type: this.#type, layout, length: count, validity, values } as FixedColumn
  }

  clear(groups: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) {
      const base = this.#base(groups[index]!)
      this.#counts.fill(0, base, base + 1 + this.#bits)
    }
  }

  #base(group: number): number {
    const base = group * (this.#bits + 1)
    if (base + this.#bits + 1 > this.#counts.length) {
      const counts = new Float64Array(grownCapacity(this.#counts.length, base + this.#bits + 1))
      counts.set(this.#counts)
      this.#counts = counts
    }
    return base
  }
}

export const bitwiseFunctions: readonly AggregateFunction[] = ['bit_and', 'bit_or'].flatMap(name =>
  [int2Type, int4Type, int8Type].map(
    (type): AggregateFunction => ({
      id: `${name}(${type.kind})`,
      name,
      kind: 'aggregate',
      args: [type],
      returns: type,
      create: () => new BitCounts(type, name === 'bit_and'),
    }),
  ),
)
