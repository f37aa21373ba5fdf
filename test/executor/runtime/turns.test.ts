import assert from 'node:assert/strict'
import { Turns } from '../../../executor/runtime/turns.ts'

describe('Turns', () => {
  it('come one a round of the event loop at most, in the order they were asked for', async () => {
    const turns = new Turns()
    const taken: string[] = []
    const worker = async (name: string, count: number): Promise<void> => {
      for (let turn = 0; turn < count; turn++) {
        await turns.next()
        taken.push(name)
      }
    }
    const workers = Promise.all([worker('a', 3), worker('b', 1), worker('c', 2)])
    const rounds: string[] = []
    while (taken.length < 6) {
      await new Promise(resolve => setImmediate(resolve))
      rounds.push(taken.join(''))
    }
    await workers
    assert.equal(taken.join(''), 'abcaca')
    for (const [index, round] of rounds.entries()) assert(round.length <= index + 1, rounds.join(' '))
    await turns.next()
  })
})
