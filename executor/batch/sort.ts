/**
 * Stable sorting of rows by key columns: a bottom-up merge sort over row indexes whose comparison is
 * generated for the key types, so that no call is made per comparison of fixed-width keys.
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

type SortKernel = (
  columns: readonly Column[],
  compare: readonly CompareValues[],
  rows: Int32Array,
  scratch: Int32Array,
  length: number,
) => Int32Array

/** The rows 0 .. length in the order of the key columns, `orders` one per column. */
export function sortedRows(
  columns: readonly Column[],
  orders: readonly SortOrder[],
  length: number,
): Int32Array {
  const rows = new Int32Array(length)
  for (let row = 0; row < length; row++) rows[row] = row
  const types = columns.map(column => column.type)
  const nulls = columns.map(column => column.validity !== undefined)
  const kernel = compileFunction<SortKernel>(
    ['columns', 'compare', 'rows', 'scratch', 'length'],
    sortSource(types, orders, nulls),
  )
  return kernel(columns, types.map(valueOrder), rows, new Int32Array(length), length)
}

const RUN = 8

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
for (let start = 0; start < length; start += ${RUN}) {
  const end = Math.min(start + ${RUN}, length)
  for (let at = start + 1; at < end; at++) {
    const row = rows[at]
    let place = at
    while (place > start && after(rows[place - 1], row)) { rows[place] = rows[place - 1]; place-- }
    rows[place] = row
  }
}
let from = rows, to = scratch
for (let width = ${RUN}; width < length; width *= 2) {
  for (let start = 0; start < length; start += 2 * width) {
    const middle = Math.min(start + width, length), end = Math.min(start + 2 * width, length)
    let left = start, right = middle, at = start
    if (middle < end && !after(from[middle - 1], from[middle])) {
      while (at < end) to[at] = from[at++]
      continue
    }
    while (left < middle && right < end) {
      to[at++] = after(from[left], from[right]) ? from[right++] : from[left++]
    }
    while (left < middle) to[at++] = from[left++]
    while (right < end) to[at++] = from[right++]
  }
  const swap = from
  from = to
  to = swap
}
return from`
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
