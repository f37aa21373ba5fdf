import assert from 'node:assert/strict'
import { repeat } from '../../../executor/runtime/awaitable.ts'

describe('repeat', () => {
  it('returns nothing when no step had to wait', () => {
    let steps = 0
    assert.equal(
      repeat(() => ++steps < 3),
      undefined,
    )
    assert.equal(steps, 3)
  })

  it('goes on behind a step that waits, and behind more of them', async () => {
    let steps = 0
    const waiting = repeat(() => (++steps % 2 === 0 ? Promise.resolve(steps < 6) : true))
    assert(waiting instanceof Promise)
    assert.equal(steps, 2)
    await waiting
    assert.equal(steps, 6)
  })

  it('throws what a step throws, and rejects with it after a wait', async () => {
    const fail = () => {
      throw new Error('no')
    }
    assert.throws(() => repeat(fail), { message: 'no' })
    let steps = 0
    const waiting = repeat(() => (steps++ === 0 ? Promise.resolve(true) : fail()))
    await assert.rejects(async () => waiting, { message: 'no' })
  })
})
