/** Columns of nothing but NULL. */

import type { DataType } from '../../planner/types.ts'
import { physicalKind } from '../../planner/types.ts'
import type { Column, FixedColumn } from './column.ts'
import { bitmapBytes } from './column.ts'
import { allocateFixed } from './layout-loops.ts'

/** `length` NULLs of the type. */
export function nullColumn(type: DataType, length: number): Column {
  const validity = new Uint8Array(bitmapBytes(length))
  const layout = physicalKind(type)
  switch (layout) {
    case 'numeric':
      return {
        type,
        layout,
        length,
        validity,
        values: new BigInt64Array(length),
        scales: new Int16Array(length),
        wide: [],
      }
    case 'bytes':
      return {
        type,
        layout,
        length,
        validity,
        starts: new Int32Array(length),
        ends: new Int32Array(length),
        bytes: new Uint8Array(0),
      }
    default:
      return { type, layout, length, validity, values: allocateFixed(layout, length) } as FixedColumn
  }
}
