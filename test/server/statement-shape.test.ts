import assert from 'node:assert/strict'
import { statementShape } from '../../server/statement-shape.ts'

function shape(text: string): readonly [string, ...unknown[]] | undefined {
  const found = statementShape(text)
  return found === undefined ? undefined : [found.text, ...found.values]
}

describe('statementShape', () => {
  it('takes compared integers out and keeps the length', () => {
    assert.deepEqual(shape('SELECT a FROM t WHERE id = 12345;'), ['SELECT a FROM t WHERE id = $1   ;', 12345])
    assert.deepEqual(shape('update t set a =10 where b<  200 and c>=30'), [
      'update t set a =$1 where b<  $2  and c>=$3',
      10,
      200,
      30,
    ])
  })

  it('leaves what is no int4 and what does not stand behind a comparison', () => {
    for (const text of [
      'SELECT 12, a FROM t ORDER BY 12 LIMIT 100',
      'SELECT a FROM t WHERE id = 5',
      'SELECT a FROM t WHERE id = 1234567890',
      'SELECT a FROM t WHERE id = 12.5 OR id = 12e3 OR id = 12a',
      'SELECT a FROM t WHERE id = -12',
      'SELECT a FROM t WHERE id = +12',
    ]) {
      assert.equal(shape(text), undefined, text)
    }
  })

  it('passes over strings and quoted names', () => {
    assert.deepEqual(shape(`SELECT '= 10', "= ""= 20" FROM t WHERE s = 'it''s = 30' AND a = 40`), [
      `SELECT '= 10', "= ""= 20" FROM t WHERE s = 'it''s = 30' AND a = $1`,
      40,
    ])
  })

  it('gives up where the text could be read in more than one way', () => {
    for (const text of [
      'SELECT a FROM t WHERE id = 12 -- = 13',
      'SELECT a FROM t /* = 13 */ WHERE id = 12',
      'SELECT $$= 13$$ FROM t WHERE id = 12',
      'SELECT a FROM t WHERE b = $1 AND id = 12',
      "SELECT E'\\' = 13' FROM t WHERE id = 12",
      'INSERT INTO t SELECT a FROM t WHERE id = 12',
      'EXPLAIN SELECT a FROM t WHERE id = 12',
      `SELECT a FROM t WHERE id = 12${' '.repeat(2000)}`,
    ]) {
      assert.equal(shape(text), undefined, text)
    }
  })

  it('takes out nine at most', () => {
    const text = `SELECT ${Array.from({ length: 11 }, () => 'a = 10').join(', ')} FROM t`
    assert.deepEqual(
      shape(text)?.slice(1),
      Array.from({ length: 9 }, () => 10),
    )
  })
})
