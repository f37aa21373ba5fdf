import assert from 'node:assert/strict'
import { FetchMemory } from '../../../connectors/kafka/fetch-memory.ts'

describe('FetchMemory', () => {
  it('gives released memory to the next response of about its size', () => {
    const memory = new FetchMemory()
    const first = memory.take(3_900_000)
    assert.equal(first.length, 3_900_000)
    memory.release(first.buffer)
    const small = memory.take(100_000)
    assert.notEqual(small.buffer, first.buffer)
    const second = memory.take(4_100_000)
    assert.equal(second.buffer, first.buffer)
    assert.equal(second.length, 4_100_000)
    assert.notEqual(memory.take(4_100_000).buffer, first.buffer)
  })

  it('keeps little', () => {
    const memory = new FetchMemory()
    const taken = Array.from({ length: 5 }, () => memory.take(1_000_000))
    for (const { buffer } of taken) memory.release(buffer)
    const again = new Set(Array.from({ length: 5 }, () => memory.take(1_000_000).buffer))
    assert.equal(taken.filter(({ buffer }) => again.has(buffer)).length, 2)
  })
})
