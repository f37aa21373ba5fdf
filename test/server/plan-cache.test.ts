import assert from 'node:assert/strict'
import { int4Type, int8Type } from '../../planner/types.ts'
import { PlanCache } from '../../server/plan-cache.ts'
import { command, type PlannedStatement } from '../../server/planned-statement.ts'

const version = { epoch: 1, searchPath: ['public'] }
const statement = { kind: 'flush', position: 0 } as const

function sharedPlan(): PlannedStatement {
  return { ...command(() => 'SELECT 0'), isShared: true }
}

describe('PlanCache', () => {
  it('finds a plan by text, types, epoch and search path', () => {
    const cache = new PlanCache()
    const plan = sharedPlan()
    cache.set('a', [int4Type, undefined], version, { statement, plan })
    assert.equal(cache.get('a', [int4Type, undefined], { ...version, searchPath: ['public'] })?.plan, plan)
    assert.equal(cache.get('b', [int4Type, undefined], version), undefined)
    assert.equal(cache.get('a', [int8Type, undefined], version), undefined)
    assert.equal(cache.get('a', [int4Type], version), undefined)
    assert.equal(cache.get('a', [int4Type, undefined], { ...version, epoch: 2 }), undefined)
    assert.equal(cache.get('a', [int4Type, undefined], { ...version, searchPath: ['other'] }), undefined)
  })

  it('keeps the four latest plans of a text', () => {
    const cache = new PlanCache()
    for (let epoch = 1; epoch <= 5; epoch++)
      cache.set('a', [], { ...version, epoch }, { statement, plan: sharedPlan() })
    const found = [1, 2, 3, 4, 5].map(epoch => cache.get('a', [], { ...version, epoch }) !== undefined)
    assert.deepEqual(found, [false, true, true, true, true])
  })

  it('forgets what was not used for long', () => {
    const cache = new PlanCache()
    const add = (text: string) => cache.set(text, [], version, { statement, plan: sharedPlan() })
    add('used')
    add('unused')
    for (let index = 0; index < 2000; index++) {
      add(`${index}`)
      assert.notEqual(cache.get('used', [], version), undefined)
    }
    assert.equal(cache.get('unused', [], version), undefined)
  })

  it('forgets sooner where texts are longer', () => {
    const cache = new PlanCache()
    const texts = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(10_000)}`)
    for (const text of texts) cache.set(text, [], version, { statement, plan: sharedPlan() })
    for (const text of texts.slice(-10)) assert.notEqual(cache.get(text, [], version), undefined)
    for (const text of texts.slice(0, 60)) assert.equal(cache.get(text, [], version), undefined)
  })

  it('keeps neither plans that are not shared nor long texts', () => {
    const cache = new PlanCache()
    cache.set('a', [], version, { statement, plan: command(() => 'FLUSH') })
    const long = 'x'.repeat(20_000)
    cache.set(long, [], version, { statement, plan: sharedPlan() })
    assert.equal(cache.get('a', [], version), undefined)
    assert.equal(cache.get(long, [], version), undefined)
  })
})
