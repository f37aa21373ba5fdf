/** Which rows of two equally typed sets of columns differ: whether an aggregate's update is one at all. */

import type { Column } from '../batch/column.ts'
import type { KeyLibrary } from '../batch/key-library.ts'
import { keyLibrary } from '../batch/key-library.ts'
import { hasNulls, keySource } from '../batch/row-hash.ts'
import { compileFunction } from '../expression/codegen.ts'

type ChangeKernel = (
  lib: KeyLibrary,
  before: readonly Column[],
  after: readonly Column[],
  beforeRows: Int32Array,
  afterRows: Int32Array,
  count: number,
  changed: Uint8Array,
) => void

/**
 * Sets changed[k] to 1 where row beforeRows[k] of `before` and afterRows[k] of `after` differ by SQL's
 * equality or in how a numeric is displayed.
 */
export function markChanged(
  before: readonly Column[],
  after: readonly Column[],
  beforeRows: Int32Array,
  afterRows: Int32Array,
  count: number,
  changed: Uint8Array,
): void {
  const source = keySource(
    before.map(column => column.type),
    'identical',
  )
  const nulls = hasNulls(before) || hasNulls(after)
  const kernel = compileFunction<ChangeKernel>(
    ['lib', 'before', 'after', 'beforeRows', 'afterRows', 'count', 'changed'],
    `
${source.declare('before', 'a')}
${source.declare('after', 'b')}
for (let index = 0; index < count; index++) {
  const x = beforeRows[index], y = afterRows[index]
  changed[index] = !(${source.equal('a', 'x', 'b', 'y', nulls)}) ? 1 : 0
}`,
  )
  kernel(keyLibrary, before, after, beforeRows, afterRows, count, changed)
}
