/**
 * min and max of every ordered type. Append-only over fixed-width values: the extreme so far in one cell.
 * Otherwise a sorted multiset per group, from whose ends the value comes.
 */

import { must } from '../../../planner/assert.ts'
import type { DataType } from '../../../planner/types.ts'
import {
  bpcharType,
  byteaType,
  dateType,
  float4Type,
  float8Type,
  int2Type,
  int4Type,
  int8Type,
  intervalType,
  numericType,
  oidType,
  physicalKind,
  textType,
  timestampType,
  timestamptzType,
  timeType,
  timetzType,
} from '../../../planner/types.ts'
import type { Column, FixedColumn } from '../../batch/column.ts'
import { isUnsigned } from '../../batch/column-reader.ts'
import type { FixedKind } from '../../batch/layout-loops.ts'
import { allocateFixed } from '../../batch/layout-loops.ts'
import { OrderedMultiset } from '../../state/ordered-multiset.ts'
import type {
  AggregateFunction,
  AggregateSite,
  GroupAccumulator,
  GroupWords,
  MergeCode,
  UpdateCode,
  WordAccumulator,
} from './aggregate-function.ts'
import { presence } from './result-columns.ts'
import { TextExtremum } from './text-extremum.ts'

type Which = 'min' | 'max'

/** Cells: the extreme so far, and how many values there were. */
class FixedExtremum implements WordAccumulator {
  readonly kind = 'words'
  readonly cells = 2
  readonly #type: DataType
  readonly #which: Which

  constructor(type: DataType, which: Which) {
    this.#type = type
    this.#which = which
  }

  update(code: UpdateCode): string {
    const arg = code.arg(0)
    const value =
      this.#view === 'l'
        ? `${arg}c.values[${code.row}]`
        : `${arg}v[${code.row}]${isUnsigned(this.#type) ? ' >>> 0' : ''}`
    return this.#keep(code.cell(0), code.cell(1), value, code.weight)
  }

  merge(code: MergeCode): string {
    return `if (sf[${code.from(1)}] > 0) {
${this.#keep(code.cell(0), code.cell(1), `s${this.#view}[${code.from(0)}]`, `sf[${code.from(1)}]`)}
}`
  }

  finish(words: GroupWords, cell: number, groups: Int32Array, count: number): Column {
    const layout = physicalKind(this.#type) as FixedKind
    const values = allocateFixed(layout, count)
    const source = layout === 'int64' ? words.l : words.f
    for (let index = 0; index < count; index++) {
      values[index] = source[groups[index]! * words.stride + cell]!
    }
    const validity = presence(words, cell + 1, groups, count)
    return { type: this.#type, layout, length: count, validity, values } as FixedColumn
  }

  get #view(): 'l' | 'f' {
    return physicalKind(this.#type) === 'int64' ? 'l' : 'f'
  }

  #keep(cell: string, countCell: string, value: string, weight: string): string {
    const best = `${this.#view}[${cell}]`
    return `const value = ${value}
if (f[${countCell}] === 0 || ${this.#better('value', best)}) ${best} = value
f[${countCell}] += ${weight}`
  }

  /** NaN is the greatest float. */
  #better(value: string, best: string): string {
    const layout = physicalKind(this.#type)
    if (layout !== 'float32' && layout !== 'float64')
      return `${value} ${this.#which === 'min' ? '<' : '>'} ${best}`
    return this.#which === 'min'
      ? `${value} < ${best} || ${best} !== ${best}`
      : `${value} > ${best} || ${value} !== ${value}`
  }
}

class MultisetExtremum implements GroupAccumulator {
  readonly kind = 'groups'
  readonly #values: OrderedMultiset
  readonly #type: DataType
  readonly #which: Which

  constructor(type: DataType, which: Which) {
    this.#type = type
    this.#which = which
    this.#values = new OrderedMultiset(type)
  }

  get byteLength(): number {
    return this.#values.byteLength
  }

  update(
    args: readonly Column[],
    rows: Int32Array | undefined,
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
  ): void {
    this.#values.update(must(args[0], 'min and max have an argument'), rows, groups, weights, count)
  }

  finish(groups: Int32Array, count: number): Column {
    return { ...this.#values.extremes(groups, count, this.#which === 'max'), type: this.#type }
  }

  clear(groups: Int32Array, count: number): void {
    this.#values.clear(groups, count)
  }
}

function createExtremum(which: Which): (site: AggregateSite) => WordAccumulator | GroupAccumulator {
  return site => {
    const type = must(site.args[0], 'min and max have an argument')
    if (!site.appendOnly) return new MultisetExtremum(type, which)
    const layout = physicalKind(type)
    return layout === 'bytes' || layout === 'numeric'
      ? new TextExtremum(type, which === 'max')
      : new FixedExtremum(type, which)
  }
}

const orderedTypes: readonly DataType[] = [
  int2Type,
  int4Type,
  int8Type,
  oidType,
  float4Type,
  float8Type,
  numericType,
  textType,
  bpcharType,
  byteaType,
  dateType,
  timeType,
  timetzType,
  timestampType,
  timestamptzType,
  intervalType,
]

export const extremumFunctions: readonly AggregateFunction[] = (['min', 'max'] as const).flatMap(which => [
  ...orderedTypes.map(
    (type): AggregateFunction => ({
      id: `${which}(${type.kind})`,
      name: which,
      kind: 'aggregate',
      args: [type],
      returns: type,
      create: createExtremum(which),
    }),
  ),
  {
    id: `${which}(anyarray)`,
    name: which,
    kind: 'aggregate',
    args: [{ kind: 'anyarray' }],
    returns: { kind: 'anyarray' },
    create: createExtremum(which),
  } satisfies AggregateFunction,
])
