import assert from 'node:assert/strict'
import { Cuts, FUNCTION_SIZE_MAX } from '../../../executor/expression/cuts.ts'
import type { Expression } from '../../../planner/expression.ts'
import { childrenOf } from '../../../planner/expression-tree.ts'
import { field } from '../../../planner/schema.ts'
import { loadParser } from '../../../planner/sql/parse.ts'
import { int4Type, textType } from '../../../planner/types.ts'
import { bindExpression } from '../../support/sql-expressions.ts'

const schema = [field('a', int4Type), field('b', textType)]

const list = (count: number, part: (index: number) => string, separator: string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(separator)

/** What is computed in place where `root` is. */
function sizeInPlace(cuts: Cuts, root: Expression): number {
  const operands = cuts.groupsOf(root) ?? childrenOf(root)
  return operands.reduce((sum, part) => sum + (cuts.parts.has(part) ? 1 : sizeInPlace(cuts, part)), 1)
}

const inner = list(500, n => `WHEN b = '${n}' THEN ${n}`, ' ')

const wide = {
  OR: list(5000, n => `a = ${n}`, ' OR '),
  'OR of ANDs': list(5000, n => `(a = ${n} AND b = 'k${n}')`, ' OR '),
  CASE: `CASE a ${list(5000, n => `WHEN ${n} THEN 'v${n}'`, ' ')} END`,
  'CASE in CASE': `CASE a ${list(10, n => `WHEN ${n} THEN CASE ${inner} END`, ' ')} END`,
  COALESCE: `coalesce(${list(5000, n => `nullif(a, ${n})`, ', ')})`,
  ARRAY: `ARRAY[${list(5000, n => `a + ${n}`, ', ')}]`,
  chain: `a ${list(1500, n => `+ ${n}`, ' ')}`,
}

describe('Cuts', () => {
  before(loadParser)

  it('leaves short expressions alone', () => {
    const cuts = new Cuts([
      bindExpression(
        list(100, n => `a = ${n}`, ' OR '),
        schema,
      ),
    ])
    assert.equal(cuts.parts.size, 0)
  })

  it('leaves lists of constants alone', () => {
    const cuts = new Cuts([bindExpression(`a IN (${list(5000, n => `${n}`, ', ')})`, schema)])
    assert.equal(cuts.parts.size, 0)
  })

  for (const [name, text] of Object.entries(wide)) {
    it(`bounds every function of a wide ${name}`, () => {
      const root = bindExpression(text, schema)
      const cuts = new Cuts([root])
      const sizes = [root, ...cuts.parts.keys()].map(part => sizeInPlace(cuts, part))
      assert.ok(sizes.length > 2, 'it is cut')
      assert.ok(Math.max(...sizes) <= FUNCTION_SIZE_MAX + 2, `${sizes}`)
      assert.ok(sizes.length < sizes.reduce((sum, size) => sum + size) / 100, 'functions are not tiny')
    })
  }
})
