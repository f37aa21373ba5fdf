import assert from 'node:assert/strict'
import { batchRows } from '../../../executor/batch/column-reader.ts'
import type { DeltaBatch } from '../../../executor/batch/delta-batch.ts'
import type { Epoch, Operator, Output, Watermark } from '../../../executor/operators/operator.ts'
import { END_OF_INPUT } from '../../../executor/operators/operator.ts'
import type { LeafPlan, NodeId } from '../../../executor/runtime/pipeline.ts'
import { PipelineBuilder } from '../../../executor/runtime/pipeline.ts'
import { field } from '../../../planner/schema.ts'
import { int8Type } from '../../../planner/types.ts'
import { endlessSlice } from '../../support/endless-slice.ts'
import { relation, scan } from '../../support/plans.ts'
import { batchOf } from '../../support/small-operators.ts'

const schema = [field('id', int8Type)]
const leafPlan = scan(relation('table', 't', schema)) as LeafPlan

/** Notes every call; holds rows back until flush. */
class Recorder implements Operator {
  readonly #name: string
  readonly #log: string[]
  readonly #asynchronous: boolean
  #rows: DeltaBatch[] = []

  constructor(name: string, log: string[], asynchronous = false) {
    this.#name = name
    this.#log = log
    this.#asynchronous = asynchronous
  }

  process(input: number, batch: DeltaBatch): void {
    this.#log.push(`${this.#name} process ${input}: ${batchRows(batch).join()}`)
    this.#rows.push(batch)
  }

  settle(output: Output): Promise<void> | undefined {
    if (!this.#asynchronous || this.#rows.length === 0) return undefined
    return new Promise(resolve => {
      setImmediate(() => {
        this.#log.push(`${this.#name} settle`)
        this.#push(output)
        resolve()
      })
    })
  }

  advance(watermark: Watermark): Watermark {
    this.#log.push(`${this.#name} advance ${watermark === END_OF_INPUT ? 'end' : watermark}`)
    return watermark === END_OF_INPUT ? watermark : watermark - 1n
  }

  flush(epoch: Epoch, output: Output): void {
    this.#log.push(`${this.#name} flush ${epoch}`)
    this.#push(output)
  }

  close(): void {
    this.#log.push(`${this.#name} close`)
  }

  #push(output: Output): void {
    const rows = this.#rows
    this.#rows = []
    for (const batch of rows) output.push(batch)
  }
}

describe('Pipeline', () => {
  /** root(left(leaf 0), leaf 1) */
  function build(log: string[], asynchronous = false) {
    const builder = new PipelineBuilder()
    const left: NodeId = builder.operator(leafPlan, new Recorder('left', log, asynchronous), [
      builder.leaf(leafPlan),
    ])
    const right = builder.leaf(leafPlan)
    const pipeline = builder.build(builder.operator(leafPlan, new Recorder('root', log), [left, right]))
    pipeline.connect({ push: batch => log.push(`out: ${batchRows(batch).join()}`) })
    return pipeline
  }
  const row = (id: bigint) => batchOf(schema, [[id]])

  it('flushes inputs before their consumers', () => {
    const log: string[] = []
    const pipeline = build(log)
    pipeline.push(0, row(1n))
    pipeline.push(1, row(2n))
    assert.equal(pipeline.flush(7, endlessSlice), undefined)
    assert.deepEqual(log, [
      'left process 0: 1',
      'root process 1: 2',
      'left flush 7',
      'root process 0: 1',
      'root flush 7',
      'out: 2',
      'out: 1',
    ])
    assert.equal(pipeline.rowsOut(), 2)
  })

  it('advances an operator to the least watermark of its inputs, only when that moved', () => {
    const log: string[] = []
    const pipeline = build(log)
    pipeline.advance(0, 100n)
    pipeline.flush(1, endlessSlice)
    pipeline.advance(1, 50n)
    pipeline.flush(2, endlessSlice)
    pipeline.advance(0, 90n)
    pipeline.advance(1, 200n)
    pipeline.flush(3, endlessSlice)
    pipeline.flush(4, endlessSlice)
    assert.deepEqual(
      log.filter(line => line.includes('advance')),
      ['left advance 100', 'root advance 50', 'root advance 99'],
    )
    assert.equal(pipeline.watermark(), 98n)
  })

  it('waits for an operator that settles before it flushes the next', async () => {
    const log: string[] = []
    const pipeline = build(log, true)
    pipeline.push(0, row(1n))
    pipeline.advance(0, 10n)
    pipeline.advance(1, 10n)
    await pipeline.flush(1, endlessSlice)
    assert.deepEqual(log, [
      'left process 0: 1',
      'left settle',
      'root process 0: 1',
      'left advance 10',
      'left flush 1',
      'root advance 9',
      'root flush 1',
      'out: 1',
    ])
  })

  it('closes an operator when its last input has ended', async () => {
    const log: string[] = []
    const pipeline = build(log)
    pipeline.push(1, row(2n))
    await pipeline.end(1, 1)
    assert.deepEqual(log, ['root process 1: 2'])
    pipeline.push(0, row(1n))
    await pipeline.end(0, 1)
    assert.deepEqual(log.slice(1), [
      'left process 0: 1',
      'left advance end',
      'left flush 1',
      'root process 0: 1',
      'root advance end',
      'root flush 1',
      'out: 2',
      'out: 1',
    ])
  })

  it('closes its operators once', () => {
    const log: string[] = []
    const pipeline = build(log)
    pipeline.close()
    pipeline.close()
    assert.deepEqual(log, ['left close', 'root close'])
  })
})
