/**
 * Errors of the parser: PostgreSQL's message, SQLSTATE and position; limits; what a damaged parser leaves
 * behind.
 */

import assert from 'node:assert/strict'
import { PGlite } from '@electric-sql/pglite'
import { SqlError } from '../../../planner/errors.ts'
import { loadParser, parse } from '../../../planner/sql/parse.ts'

const wrong = [
  'select 1 +',
  'select 1 + ; select 2',
  'selec 1',
  'select * from',
  "select 'abc",
  'select ""',
  'select "abc',
  'select /* x',
  'select 1a',
  "select U&'\\00zz'",
  "select é, 'é' from x where y = = 1",
  'insert into t values (1,)',
  'select 1 limit 1,2',
  'select f(a => 1, ',
  'create table t (a int,)',
  'select * from a.b.c.d',
  'select sum(x) over (rows between unbounded following and current row)',
  'create table t (a float(0))',
  'select case end',
  'select 1 from t where',
  'delete t',
  'update t set',
  'select $a$ x',
  'create view v (a, ) as select 1',
  "select E'\\uD800'",
  'begin; selec',
  'select 1 where a in ()',
  'select ((1)',
  'select 1))',
  'create table t(a int default)',
  'select row(1,2',
  'values',
  'select cast(1 as)',
  'copy t to',
  'explain',
  'select 1 union',
  'create materialized view v as',
  'table',
  'alter table t',
  'select *, from t',
  'select 1 \u{1F600} from',
  "select '\u{1F600}' frm t x y",
  'execute',
  'select a b c',
  'select 1;;;;selec',
  'declare c cursor for',
  'select * from (select 1',
  'select distinct on a from b c d',
  'create table a (b c d e)',
  'select 1 as',
  'select current_date()',
  'begin isolation level foo',
  'select count(distinct *)',
  'select 0x',
  'select 1.2.3',
  'select :a',
  'select {',
  "select 'a' 'b'",
  'select f(distinct variadic a)',
  "select 'a'\n'b' , +",
]

function failure(sql: string): string {
  try {
    parse(sql)
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    return `${error.code} ${error.message} at ${error.position}`
  }
  return 'no error'
}

describe('parser errors', () => {
  before(loadParser)

  it('are those of PostgreSQL', async function () {
    this.timeout(60_000)
    const postgres = new PGlite()
    const expected = async (sql: string): Promise<string> => {
      try {
        await postgres.exec(sql)
      } catch (error) {
        const { code, message, position } = error as { code: string; message: string; position: string }
        return `${code} ${message} at ${position}`
      }
      return 'no error'
    }
    for (const sql of wrong) {
      assert.equal(failure(sql), await expected(sql), sql)
      await postgres.exec('rollback')
    }
    await postgres.close()
  })

  const streaming: readonly (readonly [sql: string, error: string])[] = [
    ['create source s (a int, watermark for a as) with (x = 1)', 'at or near ")" at 43'],
    ['create source s (a int, watermark for a as a +) with (x = 1)', 'at or near ")" at 47'],
    ['create source s (a in t int) with (x = 1)', 'at or near "in" at 20'],
    ['create source s (a int) with (x = ) format plain encode json', 'at or near ")" at 35'],
    ['create source s (a int) format plain', 'at end of input at 37'],
    ['create source s (a int) include value', 'at or near "value" at 33'],
    ['create source s (a int', 'at end of input at 23'],
    ['create sink s', 'at end of input at 14'],
    ['create sink s as select 1 from where x with (a = 1)', 'at or near "where" at 32'],
    [
      'create materialized view v as select * from t emit on window close with delay',
      'at end of input at 78',
    ],
    ['create model m from x', 'at or near "x" at 21'],
    ['subscribe to v with (snapshot = ) ', 'at or near ")" at 33'],
    ['select 1; subscribe to v up; select 2', 'at or near "up" at 26'],
    ['select * from a asof join b on', 'at end of input at 31'],
    ['show create database x', 'at or near "database" at 13'],
    ['drop source', 'at end of input at 12'],
    ['flush x', 'at or near "x" at 7'],
    ['create table "é" (a int) append', 'at or near "append" at 26'],
  ]
  for (const [sql, error] of streaming) {
    it(`of the streaming grammar: ${sql}`, () => assert.equal(failure(sql), `42601 syntax error ${error}`))
  }

  it('say what a window function wants', () => {
    assert.throws(() => parse("select * from hop(t, ts, interval '1 min')"), {
      code: '42601',
      message: 'wrong arguments of HOP',
      position: 15,
      hint: 'Write HOP(relation, time_column, slide, size [, offset]).',
    })
  })

  it('refuse a clause that is given twice', () => {
    assert.throws(() => parse("create sink s from v with (a = 'b') with (c = 'd')"), {
      code: '42601',
      message: 'WITH is given more than once',
      position: 37,
    })
  })

  it('refuse what is too long, or no text', () => {
    const long = `select ${"'x',".repeat(300_000)} 1`
    assert.throws(() => parse(long), { code: '54000', message: 'statement text is too long' })
    assert.throws(() => parse('select \0 1'), {
      code: '22021',
      message: 'invalid byte sequence for encoding "UTF8": 0x00',
    })
  })

  it('survive statements that nest too deeply', function () {
    this.timeout(60_000)
    const deep = [
      `select ${'('.repeat(60_000)}1${')'.repeat(60_000)}`,
      `select 1${'+1'.repeat(60_000)}`,
      `select ${'array['.repeat(20_000)}1${']'.repeat(20_000)}`,
    ]
    for (let round = 0; round < 5; round++) {
      for (const sql of deep) assert.throws(() => parse(sql), { code: '54001' })
      assert.equal(parse('select 1; select 2').length, 2)
    }
  })

  it('survive more of them than a damaged parser can take', async function () {
    this.timeout(60_000)
    const deep = `select ${'-(a+'.repeat(9_000)}1${')'.repeat(9_000)}`
    for (let round = 0; round < 60; round++) {
      try {
        parse(deep)
      } catch (error) {
        assert.equal((error as SqlError).code, '54001')
      }
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    assert.equal(parse('select a from t')[0]?.statement.kind, 'select')
  })
})
