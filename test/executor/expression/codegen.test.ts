import assert from 'node:assert/strict'
import { compileFunction } from '../../../executor/expression/codegen.ts'

describe('compileFunction', () => {
  const compiled = (body: string) => compileFunction<() => unknown>([], body)
  const commented = (index: number, length: number) => `return ${index} // ${'x'.repeat(length)}`

  it('makes one function of equal sources', () => {
    const made = compiled('return 1 + 1')
    assert.equal(made(), 2)
    assert.equal(compiled('return 1 + 1'), made)
    assert.notEqual(compileFunction(['a'], 'return 1 + 1'), made)
  })

  it('forgets the oldest when all sources together are long', () => {
    const first = compiled(commented(0, 100_000))
    assert.equal(compiled(commented(0, 100_000)), first)
    for (let index = 1; index < 200; index++) assert.equal(compiled(commented(index, 100_000))(), index)
    assert.notEqual(compiled(commented(0, 100_000)), first)
    const last = compiled(commented(199, 100_000))
    assert.equal(compiled(commented(199, 100_000)), last)
  })

  it('keeps no source that is very long', () => {
    assert.notEqual(compiled(commented(1, 200_000)), compiled(commented(1, 200_000)))
  })
})
