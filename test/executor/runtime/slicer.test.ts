import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { Slicer } from '../../../executor/runtime/slicer.ts'
import { Turns } from '../../../executor/runtime/turns.ts'

describe('Slicer', () => {
  let nowMs = 0
  const setUp = (count: number) => {
    nowMs = 1000
    const turns = new Turns()
    return Array.from({ length: count }, () => new Slicer(5, () => nowMs, turns))
  }

  it('expires after three short slices, and then after long ones', async () => {
    const [slicer] = setUp(1)
    for (const sliceMs of [2, 2, 2, 5, 5]) {
      nowMs += sliceMs - 1
      assert.equal(slicer!.expired(), false)
      nowMs += 1
      assert.equal(slicer!.expired(), true)
      await slicer!.pause()
      assert.equal(slicer!.expired(), false)
    }
    slicer!.begin()
    nowMs += 2
    assert.equal(slicer!.expired(), true)
    slicer!.restart()
    assert.equal(slicer!.expired(), false)
  })

  it('says how much of a slice some work took', () => {
    const [slicer] = setUp(1)
    const share = slicer!.measure(() => {
      nowMs += 10
    })
    assert.equal(share, 2)
  })

  it('queues from its third pause on', async () => {
    const [long, short] = setUp(2)
    const order: string[] = []
    const pause = (slicer: Slicer, name: string) => slicer.pause().then(() => order.push(name))
    await Promise.all([long!.queue().then(() => order.push('queued')), pause(short!, 'short')])
    await Promise.all([pause(long!, 'queued'), pause(short!, 'short again')])
    await Promise.all([pause(long!, 'queued'), pause(short!, 'queued too')])
    long!.begin()
    await Promise.all([pause(short!, 'queued'), pause(long!, 'other work')])
    assert.deepEqual(order, [
      'short',
      'queued',
      'short again',
      'queued',
      'queued',
      'queued too',
      'other work',
      'queued',
    ])
  })
})
