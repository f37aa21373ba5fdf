/** Models as functions: the argument and result rules of the dialect page. */

import assert from 'node:assert/strict'
import type { Expression } from '../../../planner/expression.ts'
import { loadParser } from '../../../planner/sql/parse.ts'
import { arrayOf, float4Type, formatType, int8Type, textType } from '../../../planner/types.ts'
import { bind, errorOf, findNode, planOf, smallCatalog } from './bind-support.ts'
import type { TestCatalog } from './postgres-oracle.ts'

function catalogWithModels(): TestCatalog {
  const catalog = smallCatalog()
  const scalar = { type: float4Type, spreadLength: undefined, elementType: float4Type }
  catalog.addModel({
    id: 1,
    name: 'fraud',
    returns: float4Type,
    inputs: [
      { name: 'amount', ...scalar },
      { ...scalar, name: 'Hour', type: int8Type, elementType: int8Type },
    ],
  })
  catalog.addModel({
    id: 2,
    name: 'vec',
    returns: arrayOf(float4Type),
    inputs: [{ name: 'x', type: arrayOf(float4Type), spreadLength: 3, elementType: float4Type }],
  })
  catalog.addModel({
    id: 3,
    name: 'multi',
    inputs: [{ name: 'x', ...scalar }],
    returns: {
      kind: 'record',
      fields: [
        { name: 'label', type: textType },
        { name: 'Risk', type: float4Type },
      ],
    },
  })
  return catalog
}

function callOf(sql: string): Expression & { kind: 'model' } {
  const [expression] = findNode(planOf(catalogWithModels(), sql), 'project').expressions
  assert.ok(expression?.kind === 'model')
  return expression
}

function argumentTypes(sql: string): string {
  return callOf(sql)
    .args.map(argument => `${argument.kind} ${formatType(argument.type)}`)
    .join(', ')
}

describe('bindModelCall', () => {
  before(loadParser)

  it('converts positional arguments', () => {
    assert.equal(argumentTypes('select fraud(o.amount, t.a) from t, o'), 'cast real, cast bigint')
    assert.equal(argumentTypes("select fraud(1, '2')"), 'literal real, literal bigint')
  })

  it('takes arguments by name, in any order', () => {
    const call = callOf('select fraud(hour => b, amount => a) from t')
    assert.deepEqual(
      call.args.map(argument => formatType(argument.type)),
      ['real', 'bigint'],
    )
    assert.equal(argumentTypes('select fraud(1, hour => 2)'), 'literal real, literal bigint')
  })

  it('takes a vector as one array or as its scalars', () => {
    assert.equal(argumentTypes('select vec(array[1, 2, 3])'), 'cast real[]')
    assert.equal(argumentTypes('select vec(a, b, 3) from t'), 'case real[]')
  })

  it('gives parameters the types of the inputs', () => {
    const bound = bind(catalogWithModels(), 'select fraud($1, $2), vec($3), vec($4, $5, 1)')
    assert.deepEqual(bound.parameterTypes.map(formatType), ['real', 'bigint', 'real[]', 'real', 'real'])
  })

  it('reads PREDICT and ML_PREDICT', () => {
    assert.equal(callOf('select predict(fraud, 1, 2)').model, 'fraud')
    const plan = planOf(
      catalogWithModels(),
      'select * from ml_predict(table t, model multi, descriptor(a)) p',
    )
    assert.deepEqual(
      plan.schema.slice(-2).map(({ name }) => name),
      ['label', 'Risk'],
    )
  })

  it('opens records by field and by star', () => {
    const catalog = catalogWithModels()
    assert.deepEqual(
      planOf(catalog, 'select (multi(a)).risk, (multi(a)).*, multi(a) from t').schema.map(
        column => `${column.name} ${column.type.kind}`,
      ),
      ['risk float4', 'label text', 'Risk float4', 'multi record'],
    )
    assert.equal(
      planOf(catalog, 'select (s.m).label from (select multi(a) as m from t) s').schema[0]?.type.kind,
      'text',
    )
  })

  it('can be grouped by and aggregated', () => {
    const plan = planOf(
      catalogWithModels(),
      'select fraud(a, b), max(fraud(b, a)) from t group by fraud(a, b)',
    )
    assert.equal(findNode(plan, 'aggregate').groupBy[0]?.kind, 'model')
  })

  const errors: readonly (readonly [sql: string, error: string])[] = [
    ['select fraud(1)', '42883 function fraud(integer) does not exist'],
    ['select fraud(1, 2, 3)', '42883 function fraud(integer, integer, integer) does not exist'],
    ['select fraud(1, nosuch => 2)', '42883 function fraud(integer, nosuch => integer) does not exist'],
    ['select fraud(1, amount => 2)', '42883 function fraud(integer, amount => integer) does not exist'],
    ['select vec(1, 2)', '42883 function vec(integer, integer) does not exist'],
    [
      'select fraud(x, 1) from t',
      '42804 input "amount" of model "fraud" is of type real but expression is of type text',
    ],
    ['select predict(nosuch, 1)', '42704 model "nosuch" does not exist'],
    ['select (multi(1)).nosuch', '42703 could not identify column "nosuch" in record data type'],
    [
      'select (fraud(1, 2)).x',
      '42809 column notation .x applied to type real, which is not a composite type',
    ],
  ]
  for (const [sql, error] of errors) {
    it(`${sql}: error`, () =>
      assert.equal(
        errorOf(() => planOf(catalogWithModels(), sql)),
        error,
      ))
  }
})
