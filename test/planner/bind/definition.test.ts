/** CREATE TABLE and SOURCE columns, and the queries of views. */

import assert from 'node:assert/strict'
import { bindExecuteArguments, bindTableDefinition, bindViewDefinition } from '../../../planner/bind/bind.ts'
import type { TableDefinition, ViewDefinition } from '../../../planner/bind/bound-statement.ts'
import { loadParser } from '../../../planner/sql/parse.ts'
import { finish } from '../../../planner/steps.ts'
import { formatType, int8Type, textType } from '../../../planner/types.ts'
import { errorOf, options, smallCatalog, statementOf } from './bind-support.ts'

function define(sql: string): TableDefinition {
  const statement = statementOf(sql)
  assert.ok(statement.kind === 'create_table' || statement.kind === 'create_source', statement.kind)
  return finish(bindTableDefinition(statement, smallCatalog(), options))
}

function view(sql: string): ViewDefinition {
  const statement = statementOf(sql)
  assert.ok(statement.kind === 'create_view' || statement.kind === 'create_materialized_view', statement.kind)
  return finish(bindViewDefinition(statement, smallCatalog(), options))
}

describe('bindTableDefinition', () => {
  before(loadParser)

  it('resolves types', () => {
    const sql = `create table q (a int, b varchar(3), c numeric(10,2)[], d timestamp with time zone,
      e double precision,
      f char, g "char", h _text, i decimal(5), j float(10), k timestamp(6), l interval day)`
    const types = define(sql).schema.map(({ type }) => formatType(type))
    assert.deepEqual(types, [
      'integer',
      'character varying(3)',
      'numeric(10,2)[]',
      'timestamp with time zone',
      'double precision',
      'character(1)',
      '"char"',
      'text[]',
      'numeric(5,0)',
      'real',
      'timestamp(6) without time zone',
      'interval day',
    ])
  })

  it('reads keys, NOT NULL and defaults', () => {
    const table = define(
      "create table q (a int, b text not null default 'x', c numeric(4,1) default 1, primary key (b, a))",
    )
    assert.deepEqual(table.primaryKey, [1, 0])
    assert.deepEqual(
      table.schema.map(column => column.nullable),
      [false, false, true],
    )
    assert.deepEqual(
      table.defaults.map(value => value && formatType(value.type)),
      [undefined, 'text', 'numeric(4,1)'],
    )
  })

  it('reads the watermark and metadata columns of a source', () => {
    const table = define(`create source s (id int, ts timestamptz,
        watermark for ts as ts - interval '5 seconds' idle timeout interval '30 seconds')
      include key as k include partition include timestamp
      with (connector = 'kafka', topic = 'x') format plain encode json`)
    assert.deepEqual(
      table.schema.map(({ name, type }) => `${name} ${type.kind}`),
      ['id int4', 'ts timestamptz', 'k bytea', '_rw_kafka_partition int4', '_rw_kafka_timestamp timestamptz'],
    )
    assert.deepEqual(table.includes, [
      { column: 2, what: 'key' },
      { column: 3, what: 'partition' },
      { column: 4, what: 'timestamp' },
    ])
    assert.equal(table.watermark?.column, 1)
    assert.equal(table.watermark?.idleTimeoutMs, 30_000)
    assert.equal(table.watermark?.expression.type.kind, 'timestamptz')
    assert.equal(table.appendOnly, true)
  })

  it('knows which sources retract rows', () => {
    const upsert = define(
      "create source s (id int primary key) with (connector = 'kafka') format upsert encode json",
    )
    assert.equal(upsert.appendOnly, false)
    assert.equal(define('create table q (a int) append only').appendOnly, true)
    assert.equal(define('create table q (a int)').appendOnly, false)
  })

  const errors: readonly (readonly [columns: string, error: string])[] = [
    ['a int, a text', '42701 column "a" specified more than once'],
    ['a nosuch', '42704 type "nosuch" does not exist'],
    ['a serial', '0A000 type serial is not supported'],
    ['a int primary key, primary key (a)', '42P16 multiple primary keys for table "q" are not allowed'],
    ['a int, primary key (b)', '42703 column "b" named in key does not exist'],
    ['a int, primary key (a, a)', '42701 column "a" appears twice in primary key constraint'],
    ['a json primary key', '42704 data type json has no default operator class for access method "btree"'],
    ['a int unique', '0A000 a UNIQUE constraint is not supported'],
    ['a int check (a > 0)', '0A000 a CHECK constraint is not supported'],
    ['a int references t', '0A000 a FOREIGN KEY constraint is not supported'],
    ['a int, unique (a)', '0A000 a UNIQUE constraint is not supported'],
    [
      'a int default now()',
      '42804 column "a" is of type integer but default expression is of type timestamp with time zone',
    ],
    ['a int, b int default a', '0A000 cannot use column reference in DEFAULT expression'],
    ['a int default sum(1)', '42803 aggregate functions are not allowed in DEFAULT expressions'],
    ['a varchar(0)', '22023 length for type varchar must be at least 1'],
    ['a numeric(2000)', '22023 NUMERIC precision 2000 must be between 1 and 1000'],
    ['a int(3)', '42601 syntax error at or near "("'],
    ['a text(3)', '42601 type modifier is not allowed for type "text"'],
    ['a void', '42P16 column "a" has pseudo-type void'],
    ["a int, watermark for b as b - interval '1 s'", '42703 column "b" does not exist'],
    [
      'a int, watermark for a as a - 1',
      '42804 the watermark column "a" must be of type date or timestamp, not type integer',
    ],
  ]
  for (const [columns, error] of errors) {
    it(`(${columns}): error`, () =>
      assert.equal(
        errorOf(() => define(`create table q (${columns})`)),
        error,
      ))
  }
})

describe('bindViewDefinition', () => {
  before(loadParser)

  it('names columns and knows what is read', () => {
    const bound = view('create view v (q) as select a, b as r from t')
    assert.deepEqual(
      bound.schema.map(({ name }) => name),
      ['q', 'r'],
    )
    assert.deepEqual(bound.query.plan.schema, bound.schema)
    assert.deepEqual(bound.dependsOn, [16384])
    assert.deepEqual(bound.emit, { kind: 'update' })
  })

  it('reads EMIT', () => {
    const emit = (clause: string) => view(`create materialized view v as select a from t ${clause}`).emit
    assert.deepEqual(emit('emit on window close'), { kind: 'window_close', delayMicros: 0n })
    assert.deepEqual(emit("emit on window close with delay interval '2 s'"), {
      kind: 'window_close',
      delayMicros: 2_000_000n,
    })
  })

  const errors: readonly (readonly [sql: string, error: string])[] = [
    ['create view v as select t.id, o.id from t, o', '42701 column "id" specified more than once'],
    ['create view v (a, b) as select 1', '42601 CREATE VIEW specifies more column names than columns'],
    ['create materialized view v (a, b) as select 1', '42601 too many column names were specified'],
    ['create view v as select $1', '42P02 there is no parameter $1'],
    ['create view v as select * from nosuch', '42P01 relation "nosuch" does not exist'],
  ]
  for (const [sql, error] of errors) {
    it(`${sql}: error`, () =>
      assert.equal(
        errorOf(() => view(sql)),
        error,
      ))
  }
})

describe('bindExecuteArguments', () => {
  const options = { searchPath: ['public'], parameterTypes: undefined }
  before(loadParser)

  it('converts to the parameter types', () => {
    const statement = statementOf("execute p (1, 'x')")
    assert.ok(statement.kind === 'execute')
    const args = finish(bindExecuteArguments(statement.args, [int8Type, textType], smallCatalog(), options))
    assert.deepEqual(
      args.map(argument => argument.type.kind),
      ['int8', 'text'],
    )
  })

  it('refuses what does not convert', () => {
    const statement = statementOf('execute p (true)')
    assert.ok(statement.kind === 'execute')
    const run = () => finish(bindExecuteArguments(statement.args, [int8Type], smallCatalog(), options))
    assert.equal(
      errorOf(run),
      '42804 parameter $1 of type boolean cannot be coerced to the expected type bigint',
    )
  })
})
