import { strict as assert } from 'node:assert'
import { describe, it } from 'mocha'
import { finish } from '../../../planner/steps.ts'
import type { Piece } from '../../../server/parser/tree-pieces.ts'
import { cutIntoPieces, joinPieces } from '../../../server/parser/tree-pieces.ts'
import { Choices } from '../pgwire/random-messages.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

/** The tree after it crossed to another thread, piece by piece. */
function crossed(pieces: readonly Piece[]): unknown {
  let next = 0
  return finish(joinPieces(pieces.length, () => structuredClone(pieces[next++]!)))
}

function valuesIn(tree: unknown): number {
  if (typeof tree !== 'object' || tree === null) return 1
  return Object.values(tree).reduce<number>((sum, part) => sum + valuesIn(part), 1)
}

describe('tree pieces', () => {
  it('of small trees are one', () => {
    const tree = { kind: 'literal', text: 'x', position: 1, none: undefined, list: [null, true, { a: [] }] }
    const pieces = cutIntoPieces(tree)
    assert.equal(pieces.length, 1)
    assert.deepEqual(crossed(pieces), tree)
  })

  const wide = Array.from({ length: 50_000 }, (_, index) => ({ kind: 'literal', text: `${index}` }))
  let deep: unknown = { kind: 'leaf' }
  for (let level = 0; level < 600; level++) deep = { kind: 'call', args: [deep, { level }], after: level }
  const row = Array.from({ length: 3000 }, (_, index) => [index])
  const trees: Readonly<Record<string, unknown>> = {
    'long lists': { before: 1, rows: wide, after: 2 },
    'long lists in lists': [wide.slice(0, 3000), [], wide.slice(0, 5000), [wide.slice(0, 1500)], 7],
    'deep trees': deep,
    'deep trees in long lists': [deep, ...wide.slice(0, 2000), { deep }],
    'parts that stand in several places': { row, again: row, list: [row, row] },
    'long objects': Object.fromEntries(wide.slice(0, 5000).map((value, index) => [`key${index}`, value])),
  }
  for (const [what, tree] of Object.entries(trees)) {
    it(`put ${what} together again`, () => {
      const before = structuredClone(tree)
      const pieces = cutIntoPieces(tree)
      assert.deepEqual(crossed(pieces), tree)
      assert.deepEqual(tree, before)
    })
  }

  it('are small', () => {
    for (const tree of [wide, deep, trees['long lists in lists']]) {
      const sizes = cutIntoPieces(tree).map(({ root }) => valuesIn(root))
      assert(Math.max(...sizes) < 5000, `${Math.max(...sizes)} values`)
      assert(sizes.length > 2)
    }
  })

  it(`put any tree together again (SEED=${seed})`, () => {
    const choices = new Choices(seed)
    const grow = (depth: number): unknown => {
      const kind = depth === 0 ? 0 : choices.below(4)
      if (kind === 0) return choices.of([undefined, null, 1, 'text', true, -0])
      const count = choices.of(depth > 2 ? [0, 1, 3, 8] : [0, 2, depth === 1 ? 1500 : 20])
      const parts = Array.from({ length: count }, () => grow(depth - 1))
      return kind === 1 ? Object.fromEntries(parts.map((part, index) => [`k${index}`, part])) : parts
    }
    for (let round = 0; round < 30; round++) {
      const tree = grow(5)
      assert.deepEqual(crossed(cutIntoPieces(tree)), tree)
    }
  })
})
