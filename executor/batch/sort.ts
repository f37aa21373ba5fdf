/**
 * Stable sorting of rows by key columns: a bottom-up merge sort over row indexes whose comparison is
 * generated for the key types, so that no call is made per comparison of fixed-width keys. It can be done
 * step by step, one merge after another.
 */

import type { DataType } from '../../planner/types.ts'
import { physicalKind } from '../../planner/types.ts'
import { compileFunction } from '../expression/codegen.ts'
import type { Column } from './column.ts'
import { isUnsigned } from './column-reader.ts'
import type { CompareValues } from './order.ts'
import { valueOrder } from './order.ts'

export interface SortOrder {
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** Makes the two parts of the sort for these columns. */
type SortKernel = (
  columns: readonly Column[],
  compare: readonly CompareValues[],
) => {
  /** Sorts runs of RUN rows in [start, end). */
  readonly sortRuns: (rows: Int32Array, start: number, end: number) => void
  /** Merges [start, middle) and [middle, end) of `from` into `to`. */
  readonly merge: (from: Int32Array, to: Int32Array, start: number, middle: number, end: number) => void
}

const RUN = 8
/** Rows of a step; a merge of more is one step all the same. */
const STEP_ROWS = 1 << 15

/** The rows 0 .. length in the order of the key columns, `orders` one per column. */
export function sortedRows(
  columns: readonly Column[],
  orders: readonly SortOrder[],
  length: number,
): Int32Array {
  const sort = new RowSort(columns, orders, length)
  while (sort.step()) {}
  return sort.rows
}

/** The same, step by step. */
export class RowSort {
  readonly #kernel: ReturnType<SortKernel>
  readonly #length: number
  #from: Int32Array
  #to: Int32Array
  /** Length of the sorted runs; 1 = none yet. */
  #width = 1
  /** Where the present pass stands. */
  #at = 0

  constructor(columns: readonly Column[], orders: readonly SortOrder[], length: number) {
    const types = columns.map(column => column.type)
    const nulls = columns.map(column => column.validity !== undefined)
    const source = sortSource(types, orders, nulls)
    this.#kernel = compileFunction<SortKernel>(['columns', 'compare'], source)(columns, types.map(valueOrder))
    this.#length = length
    this.#from = new Int32Array(length)
    for (let row = 0; row < length; row++) this.#from[row] = row
    this.#to = new Int32Array(length)
  }

  /** The rows in order, when `step` has returned false. */
  get rows(): Int32Array {
    return this.#from
  }

  /** Does a part of the work; false when all of it is done. */
  step(): boolean {
    const end = this.#at + STEP_ROWS
    if (this.#width === 1) this.#sortRuns(Math.min(end, this.#length))
    else while (this.#at < Math.min(end, this.#length)) this.#mergeNext()
    if (this.#at >= this.#length) this.#endPass()
    return this.#width < this.#length
  }

  #sortRuns(end: number): void {
    this.#kernel.sortRuns(this.#from, this.#at, end)
    this.#at = end
  }

  #mergeNext(): void {
    const middle = Math.min(this.#at + this.#width, this.#length)
    const end = Math.min(this.#at + 2 * this.#width, this.#length)
    this.#kernel.merge(this.#from, this.#to, this.#at, middle, end)
    this.#at = end
  }

  #endPass(): void {
    this.#at = 0
    if (this.#width === 1) {
      this.#width = RUN
      return
    }
    this.#width *= 2
    const sorted = this.#to
    this.#to = this.#from
    this.#from = sorted
  }
}

function sortSource(
  types: readonly DataType[],
  orders: readonly SortOrder[],
  nulls: readonly boolean[],
): string {
  return `
${types.map((_, index) => declareKey(index)).join('\n')}
function after(x, y) {
  let order
${types.map((type, index) => compareStep(type, orders[index]!, index, nulls[index]!)).join('\n')}
  return false
}
function sortRuns(rows, first, last) {
  for (let start = first; start < last; start += ${RUN}) {
    const end = Math.min(start + ${RUN}, last)
    for (let at = start + 1; at < end; at++) {
      const row = rows[at]
      let place = at
      while (place > start && after(rows[place - 1], row)) { rows[place] = rows[place - 1]; place-- }
      rows[place] = row
    }
  }
}
function merge(from, to, start, middle, end) {
  let left = start, right = middle, at = start
  if (middle < end && !after(from[middle - 1], from[middle])) {
    while (at < end) to[at] = from[at++]
    return
  }
  while (left < middle && right < end) {
    to[at++] = after(from[left], from[right]) ? from[right++] : from[left++]
  }
  while (left < middle) to[at++] = from[left++]
  while (right < end) to[at++] = from[right++]
}
return { sortRuns, merge }`
}

function declareKey(index: number): string {
  return `const c${index} = columns[${index}], v${index} = c${index}.values, n${index} = c${index}.validity
const compare${index} = compare[${index}]`
}

/** Statements that return when the key tells rows x and y apart: true when x belongs after y. */
function compareStep(type: DataType, order: SortOrder, index: number, nulls: boolean): string {
  const decide = `if (order !== 0) return order ${order.descending ? '<' : '>'} 0`
  const step = `${orderOf(type, index)}\n${decide}`
  if (!nulls) return step
  const isNull = (row: string) => `(n${index}[${row} >> 3] & (1 << (${row} & 7))) === 0`
  return `if (${isNull('x')}) { if (!(${isNull('y')})) return ${!order.nullsFirst} }
else if (${isNull('y')}) return ${order.nullsFirst}
else {
${step}
}`
}

function orderOf(type: DataType, index: number): string {
  const [x, y] = [`v${index}[x]`, `v${index}[y]`]
  switch (physicalKind(type)) {
    case 'bool':
    case 'int16':
      return `order = ${x} - ${y}`
    case 'int32':
      return isUnsigned(type) ? `order = (${x} >>> 0) - (${y} >>> 0)` : `order = ${x} - ${y}`
    case 'int64':
      return `order = ${x} < ${y} ? -1 : ${x} > ${y} ? 1 : 0`
    default:
      return `order = compare${index}(c${index}, x, c${index}, y)`
  }
}
