import assert from 'node:assert/strict'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import type { DeltaBatch } from '../../../executor/batch/delta-batch.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import { NO_WATERMARK } from '../../../executor/operators/operator.ts'
import { WatermarkTracker } from '../../../executor/runtime/watermark-tracker.ts'
import type { DataType } from '../../../planner/types.ts'
import { dateType, timestamptzType } from '../../../planner/types.ts'

function batch(
  values: readonly SqlValue[],
  weights?: readonly number[],
  type: DataType = timestamptzType,
): DeltaBatch {
  return {
    columns: [columnFromValues(type, values)],
    length: values.length,
    weights: weights === undefined ? undefined : Int32Array.from(weights),
  }
}

describe('WatermarkTracker', () => {
  const create = (idleTimeoutMs?: number) => new WatermarkTracker(rows => rows.columns[0]!, idleTimeoutMs)

  it('knows nothing before every split delivered', () => {
    const tracker = create()
    tracker.addSplit('a', 0)
    tracker.addSplit('b', 0)
    tracker.observe('a', batch([5n]), 0)
    assert.equal(tracker.advance(1_000_000, true), NO_WATERMARK)
    tracker.observe('b', batch([3n, 9n, 7n]), 0)
    assert.equal(tracker.advance(0, true), 5n)
  })

  it('ignores NULLs, retractions and infinity', () => {
    const tracker = create()
    tracker.observe('a', batch([4n, null, 8n], [1, 1, -1]), 0)
    tracker.observe('a', batch([2n ** 63n - 1n]), 0)
    assert.equal(tracker.advance(0, true), 4n)
  })

  it('reads dates as midnights', () => {
    const tracker = create()
    tracker.observe('a', batch([2, 1], undefined, dateType), 0)
    assert.equal(tracker.advance(0, true), 172_800_000_000n)
  })

  it('evaluates only the latest row of a column with which the expression rises', () => {
    const evaluated: number[] = []
    const evaluate = (rows: DeltaBatch) => {
      evaluated.push(rows.length)
      return rows.columns[0]!
    }
    const tracker = new WatermarkTracker(evaluate, undefined, 0)
    tracker.observe('a', batch([-(2n ** 40n), -1n, -(2n ** 63n)]), 0)
    assert.equal(tracker.advance(0, true), -1n)
    tracker.observe('a', batch([2n ** 40n, 2n ** 40n + 2n ** 31n, 2n ** 63n - 1n, 7n]), 0)
    assert.equal(tracker.advance(0, true), 2n ** 40n + 2n ** 31n)
    tracker.observe('a', batch([2n ** 63n - 1n]), 0)
    tracker.observe('a', batch([2n ** 41n, 2n ** 42n], [1, -1]), 0)
    assert.equal(tracker.advance(0, true), 2n ** 41n)
    assert.deepEqual(evaluated, [1, 1, 1, 2])
  })

  it('leaves out idle splits only when everything that arrived was seen', () => {
    const tracker = create(100)
    tracker.addSplit('a', 0)
    tracker.observe('b', batch([9n]), 150)
    assert.equal(tracker.nextIdleMs(50), 100)
    assert.equal(tracker.advance(160, false), NO_WATERMARK)
    assert.equal(tracker.advance(160, true), 9n)
    assert.equal(tracker.nextIdleMs(160), 250)
  })

  it('stays where it is when all splits are idle, and when an idle one wakes up behind', () => {
    const tracker = create(100)
    tracker.observe('a', batch([5n]), 0)
    tracker.observe('b', batch([9n]), 0)
    assert.equal(tracker.advance(50, true), 5n)
    assert.equal(tracker.advance(500, true), 5n)
    assert.equal(tracker.nextIdleMs(500), undefined)
    tracker.observe('b', batch([20n]), 600)
    assert.equal(tracker.advance(610, true), 20n)
    tracker.observe('a', batch([6n]), 620)
    assert.equal(tracker.advance(630, true), 20n)
  })

  it('goes on from another tracker', () => {
    const first = create()
    first.observe('a', batch([5n]), 0)
    first.advance(0, true)
    const second = create()
    second.continueFrom(first)
    assert.equal(second.watermark, 5n)
    second.observe('a', batch([4n]), 0)
    assert.equal(second.advance(0, true), 5n)
  })
})
