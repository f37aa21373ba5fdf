/** INSERT, UPDATE, DELETE: whole rows, defaults, row ids, conflicts, and what cannot be written. */

import assert from 'node:assert/strict'
import { loadParser } from '../../../planner/sql/parse.ts'
import { bind, errorOf, findNode, planOf, shape, smallCatalog } from './bind-support.ts'

describe('binding of writes', () => {
  before(loadParser)

  it('fills rows up with defaults', () => {
    const values = findNode(
      planOf(smallCatalog(), "insert into o (name, id) values ('x', 1), (default, 2)"),
      'values',
    )
    const texts = values.rows.map(row =>
      row.map(value => (value.kind === 'literal' ? value.text : value.kind)),
    )
    assert.deepEqual(texts, [
      ['1', null, 'x', '5'],
      ['2', null, null, '5'],
    ])
  })

  it('says that values may be NULL where the table forbids it, for the check at run time', () => {
    const { schema } = planOf(smallCatalog(), 'insert into o (id) values (1)')
    assert.deepEqual(
      schema.map(column => column.nullable),
      [false, true, true, false],
    )
  })

  it('gives UPDATE the new row and the id of the old one', () => {
    const plan = planOf(smallCatalog(), 'update o set amount = default, name = name where id = 1')
    assert.equal(shape(plan), 'project filter scan')
    assert.deepEqual(
      plan.schema.map(({ name }) => name),
      ['id', 't_id', 'name', 'amount', 'row_id'],
    )
  })

  it('gives DELETE the old row and its id', () => {
    const plan = planOf(smallCatalog(), 'delete from o where id = 1')
    assert.equal(shape(plan), 'filter scan')
    assert.equal(findNode(plan, 'scan').rowId, true)
  })

  it('binds ON CONFLICT DO UPDATE over the existing row and the proposed one', () => {
    const bound = bind(
      smallCatalog(),
      `insert into o values (1, 2, 'x', 3) on conflict (id) do update
         set name = excluded.name, amount = o.amount + excluded.amount where o.t_id > 0`,
    )
    assert.ok(bound.kind === 'insert' && bound.onConflict?.action === 'update')
    const { newRow, where, changesKey } = bound.onConflict
    const indexes = newRow.map(value => (value.kind === 'column' ? value.index : value.kind))
    assert.deepEqual(indexes, [0, 1, 6, 'call'])
    assert.equal(where?.kind, 'call')
    assert.equal(changesKey, false)
  })

  for (const target of ['', '(id)', 'on constraint o_pkey']) {
    it(`binds ON CONFLICT ${target} DO NOTHING`, () => {
      const bound = bind(
        smallCatalog(),
        `insert into o values (1, 2, 'x', 3) on conflict ${target} do nothing`,
      )
      assert.deepEqual(bound.kind === 'insert' && bound.onConflict, { action: 'nothing' })
    })
  }

  it('binds RETURNING over the row', () => {
    const bound = bind(smallCatalog(), 'update o set name = $1 returning id, upper(name) as n')
    assert.ok(bound.kind === 'update')
    assert.deepEqual(
      bound.returning?.schema.map(({ name }) => name),
      ['id', 'n'],
    )
    assert.equal(bound.returning?.origins[0]?.attribute, 1)
  })

  const errors: readonly (readonly [sql: string, error: string])[] = [
    ['insert into mv values (1)', '42809 cannot change materialized view "mv"'],
    ['update mv set q = 1', '42809 cannot change materialized view "mv"'],
    ['delete from vw', '55000 cannot delete from view "vw"'],
    ['insert into src values (1)', '42809 cannot insert into source "src"'],
    ['delete from sys', '42501 permission denied: "sys" is a system catalog'],
    ['update log set q = 1', '42809 cannot update append-only table "log"'],
    ['update t set a = 1 from o', '0A000 UPDATE … FROM is not supported'],
    ['delete from t using o', '0A000 DELETE … USING is not supported'],
    [
      'insert into o (id) values (1) on conflict (id) do update set t_id = t_id + 1',
      '42702 column reference "t_id" is ambiguous',
    ],
    [
      'insert into o (id) values (1) on conflict (name) do nothing',
      '42P10 there is no unique or exclusion constraint matching the ON CONFLICT specification',
    ],
  ]
  for (const [sql, error] of errors) {
    it(`${sql}: error`, () => {
      const catalog = smallCatalog()
      const base = {
        schema: [{ name: 'q', type: { kind: 'int4' as const }, nullable: true }],
        primaryKey: [],
        appendOnly: false,
        watermark: undefined,
        defaults: [undefined],
        view: undefined,
      }
      catalog.add({ ...base, name: 'mv', kind: 'materialized_view' })
      catalog.add({ ...base, name: 'vw', kind: 'view' })
      catalog.add({ ...base, name: 'src', kind: 'source' })
      catalog.add({ ...base, name: 'sys', kind: 'system' })
      catalog.add({ ...base, name: 'log', kind: 'table', appendOnly: true })
      assert.equal(
        errorOf(() => planOf(catalog, sql)),
        error,
      )
    })
  }
})
