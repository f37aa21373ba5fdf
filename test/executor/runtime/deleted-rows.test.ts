import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { DeletedRows } from '../../../executor/runtime/deleted-rows.ts'

describe('DeletedRows', () => {
  it('is as a map from ids to the first change', () => {
    const id = fc.bigInt({ min: 0n, max: 40n }).map(small => small << 33n)
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ ids: fc.array(id, { maxLength: 30 }) }) },
      { weight: 1, arbitrary: fc.record({ back: fc.nat(10) }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.array(id), fc.nat(20), (steps, asked, last) => {
        const rows = new DeletedRows()
        const model = new Map<bigint, number>()
        for (const [index, given] of steps.entries()) {
          const change = index + 1
          if ('ids' in given) {
            rows.add(BigInt64Array.from(given.ids), change)
            for (const one of given.ids) if (!model.has(one)) model.set(one, change)
          } else {
            for (const _ of rows.rollback(change - given.back)) {
            }
            for (const [one, at] of model) if (at > change - given.back) model.delete(one)
          }
        }
        const sorted = (ids: Iterable<bigint>) => BigInt64Array.from(ids).sort()
        assert.equal(rows.size, model.size)
        assert.deepEqual(sorted([...rows.ids()].flatMap(ids => [...ids])), sorted(model.keys()))
        const deleted = (upTo: number) => asked.map(one => ((model.get(one) ?? Infinity) <= upTo ? 1 : 0))
        assert.deepEqual([...rows.areDeleted(BigInt64Array.from(asked), last)], deleted(last))
        assert.deepEqual([...rows.areDeleted(BigInt64Array.from(asked))], deleted(1e9))
      }),
    )
  })
})
