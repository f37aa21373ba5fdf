import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'mocha'
import { Slicer } from '../../../executor/runtime/slicer.ts'
import { Turns } from '../../../executor/runtime/turns.ts'
import { SqlError } from '../../../planner/errors.ts'
import { loadParser, parse } from '../../../planner/sql/parse.ts'
import { isLong, LongTexts } from '../../../server/parser/long-texts.ts'
import { failure } from '../failure.ts'

const repeated = (count: number, part: (index: number) => string, between = ', ') =>
  Array.from({ length: count }, (_, index) => part(index)).join(between)

const texts: Readonly<Record<string, string>> = {
  rows: `INSERT INTO t VALUES ${repeated(5000, n => `(${n}, 'name ${n} é', ${n}.5)`)} RETURNING a;`,
  'a list': `SELECT a FROM t WHERE a IN (${repeated(20_000, String)})`,
  conditions: `SELECT a FROM t WHERE ${repeated(3000, n => `(a = ${n} AND b LIKE 'x%')`, ' OR ')}`,
  'a chain of unions': repeated(500, n => `SELECT ${n} AS a_column_with_a_long_name`, ' UNION '),
  'nested calls': `SELECT ${'abs('.repeat(250)}1${')'.repeat(250)}${' '.repeat(20_000)}`,
  statements: repeated(2000, n => `SELECT ${n} /* ; */`, ';\n'),
  'streaming SQL': `SUBSCRIBE TO (SELECT * FROM t WHERE a IN (${repeated(10_000, String)}))`,
  comments: `-- ${'x'.repeat(20_000)}`,
}

describe('long texts', () => {
  const turns = new Turns()
  const createSlicer = () => new Slicer(5, () => performance.now(), turns)
  const longTexts = new LongTexts({ bytesMax: 400_000, createSlicer })
  const { signal } = new AbortController()
  before(loadParser)
  after(() => longTexts.close())

  for (const [what, text] of Object.entries(texts)) {
    it(`with ${what} have the trees of short ones`, async () => {
      assert(isLong(text))
      assert.deepEqual(await longTexts.parse(text, signal), parse(text))
    })
  }

  it('have their errors', async () => {
    const mistakes = [
      `SELECT ${'1, '.repeat(10_000)}FROM`,
      `SELECT 'é', ${'1, '.repeat(10_000)}'`,
      `SELECT ${'('.repeat(100_000)}`,
      `SELECT '${'x'.repeat(400_000)}'`,
      `SUBSCRIBE TO (SELECT ${'1, '.repeat(10_000)}2) WITH`,
    ]
    for (const text of mistakes) {
      const error = await failure(longTexts.parse(text, signal))
      assert.throws(
        () => parse(text, 400_000),
        (expected: SqlError) => {
          assert.deepEqual(
            [error.code, error.message, error.position, error.hint, error.detail],
            [expected.code, expected.message, expected.position, expected.hint, expected.detail],
          )
          return true
        },
      )
    }
  })

  it('are parsed side by side, each for itself', async () => {
    const all = [...Object.values(texts), ...Object.values(texts)]
    const parsed = await Promise.all(all.map(text => longTexts.parse(text, new AbortController().signal)))
    assert.deepEqual(
      parsed,
      all.map(text => parse(text)),
    )
  })

  it('are given up when they are cancelled, before and while they are read', async () => {
    const reason = new SqlError('57014', 'canceling statement due to user request')
    for (const turnsBefore of [0, 1, 20]) {
      const controller = new AbortController()
      const parsing = failure(longTexts.parse(texts['rows']!, controller.signal))
      for (let turn = 0; turn < turnsBefore; turn++) await new Promise(resolve => setImmediate(resolve))
      controller.abort(reason)
      assert.equal(await parsing, reason)
    }
    assert.deepEqual(await longTexts.parse(texts['rows']!, signal), parse(texts['rows']!))
  })

  it('fail when the thread ends, and go on with the next one', async () => {
    const parsing = longTexts.parse(texts['rows']!, signal)
    await Promise.all([assert.rejects(parsing, /the parser thread was closed/), longTexts.close()])
    assert.deepEqual(await longTexts.parse(texts['a list']!, signal), parse(texts['a list']!))
  })
})
