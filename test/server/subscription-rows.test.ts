import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { columnFromValues } from '../../executor/batch/column-builder.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { int4Type, textType } from '../../planner/types.ts'
import { changeOps, orderChanges } from '../../server/subscription-rows.ts'

type Row = readonly [id: number | null, name: string, weight: number]

function batch(rows: readonly Row[]): DeltaBatch {
  return {
    columns: [
      columnFromValues(
        int4Type,
        rows.map(row => row[0]),
      ),
      columnFromValues(
        textType,
        rows.map(row => row[1]),
      ),
    ],
    length: rows.length,
    weights: Int32Array.from(rows, row => row[2]),
  }
}

function changes(rows: readonly Row[], key: readonly number[] | undefined): string[] {
  const ordered = orderChanges(batch(rows), key)
  return Array.from({ length: ordered.count }, (_, index) => {
    return `${changeOps[ordered.ops[index]!]} ${rows[ordered.rows[index]!]![1]}`
  })
}

describe('orderChanges', () => {
  it('puts the two halves of an update side by side', () => {
    const rows: readonly Row[] = [
      [1, 'a', -1],
      [2, 'b', -1],
      [3, 'c', 1],
      [2, 'B', 1],
      [1, 'A', 1],
    ]
    assert.deepEqual(changes(rows, [0]), [
      'update_delete a',
      'update_insert A',
      'update_delete b',
      'update_insert B',
      'insert c',
    ])
  })

  it('takes the insertion first just as well, and NULL as a key like any other', () => {
    assert.deepEqual(
      changes(
        [
          [null, 'A', 1],
          [null, 'a', -1],
        ],
        [0],
      ),
      ['update_delete a', 'update_insert A'],
    )
  })

  it('pairs nothing without a key', () => {
    assert.deepEqual(
      changes(
        [
          [1, 'a', -1],
          [1, 'A', 1],
        ],
        undefined,
      ),
      ['delete a', 'insert A'],
    )
  })

  it('takes one row for a global aggregate: the empty key', () => {
    assert.deepEqual(
      changes(
        [
          [1, 'a', -1],
          [2, 'A', 1],
        ],
        [],
      ),
      ['update_delete a', 'update_insert A'],
    )
  })

  it('repeats a row as often as its weight says', () => {
    assert.deepEqual(
      changes(
        [
          [1, 'a', 2],
          [2, 'b', -3],
        ],
        undefined,
      ),
      ['insert a', 'insert a', 'delete b', 'delete b', 'delete b'],
    )
  })
})
