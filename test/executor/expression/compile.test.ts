import { strict as assert } from 'node:assert'
import type { BytesColumn, Column } from '../../../executor/batch/column.ts'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import { batchRows } from '../../../executor/batch/column-reader.ts'
import { type DeltaBatch, deltaBatch } from '../../../executor/batch/delta-batch.ts'
import { Numeric } from '../../../executor/batch/numeric.ts'
import { compilePredicate, compileProjection, explainCode } from '../../../executor/expression/compile.ts'
import type { EvaluationContext, SqlValue } from '../../../executor/expression/evaluation-context.ts'
import type { Expression } from '../../../planner/expression.ts'
import { field, type Schema } from '../../../planner/schema.ts'
import { loadParser } from '../../../planner/sql/parse.ts'
import { boolType, float8Type, int4Type, int8Type, textType } from '../../../planner/types.ts'
import { bindExpression, bindExpressions, evaluate, testContext } from '../../support/sql-expressions.ts'

const schema: Schema = [
  field('a', int4Type),
  field('b', int4Type),
  field('x', int8Type),
  field('f', float8Type),
  field('p', { kind: 'numeric', precision: 10, scale: 2 }),
  field('s', textType),
  field('u', textType),
  field('t', boolType),
]
const types = schema.map(({ type }) => type)

function batchOf(...rows: readonly (readonly SqlValue[])[]): DeltaBatch {
  const columns = schema.map(({ type }, index) =>
    columnFromValues(
      type,
      rows.map(row => row[index] ?? null),
    ),
  )
  return deltaBatch(columns, rows.length)
}

const batch = batchOf(
  [1, 2, 10n, 0.5, new Numeric(150n, 2), 'ab', 'ab', true],
  [2, null, null, 2, new Numeric(-5n, 2), null, 'cd', false],
  [3, 0, -1n, Number.NaN, null, 'xyz', '', null],
)

function project(list: string, input = batch, context = testContext): SqlValue[][] {
  const columns = compileProjection(bindExpressions(list, schema), types, context)(input)
  return batchRows(deltaBatch(columns, input.length))
}

function column(list: string, input = batch): SqlValue[] {
  return project(list, input).map(row => row[0]!)
}

function select(text: string, input = batch, context = testContext): number[] {
  const selection = new Int32Array(input.length)
  const count = compilePredicate(bindExpression(text, schema), types, context)(input, selection)
  return [...selection.subarray(0, count)]
}

describe('compiled expressions', () => {
  before(loadParser)

  it('compute several columns in one loop', () => {
    assert.deepEqual(project('a + b, x * 2, f > 1, s || u'), [
      [3, 20n, false, 'abab'],
      [null, null, true, null],
      [3, -2n, true, 'xyz'],
    ])
  })

  it('compute a common subexpression once', () => {
    const code = explainCode(bindExpressions('(a + b) * 2, (a + b) * 3', schema), types)
    assert.equal(code.match(/v\d+ \+ v\d+/g)?.length, 1)
  })

  it('show their code', () => {
    const code = explainCode(bindExpressions('a > 5', schema), types)
    assert.match(code, /for \(; row < to; row\+\+\)/)
    assert.match(code, /const v0 = in0Values\[row\]/)
    assert.doesNotMatch(code, /5\b.*=== 5/)
  })

  it('keep values out of the source, so that other parameters reuse it', () => {
    const code = (value: number): string => {
      const context = { ...testContext, parameters: [value, `text ${value}`] }
      const parameters: Expression[] = [int4Type, textType].map((type, index) => ({
        kind: 'parameter',
        index,
        type,
      }))
      return explainCode(parameters, types, context)
    }
    assert.equal(code(7), code(123))
  })

  it('hand columns through uncopied', () => {
    const [s, a] = compileProjection(bindExpressions('s, a', schema), types, testContext)(batch)
    assert.equal(s, batch.columns[5])
    assert.equal(a, batch.columns[0])
  })

  it('leave text of one buffer where it is', () => {
    const bytes = Buffer.from('oneTWOthree')
    const text = (starts: number[], ends: number[]): BytesColumn => ({
      layout: 'bytes',
      type: textType,
      length: 2,
      validity: undefined,
      starts: Int32Array.from(starts),
      ends: Int32Array.from(ends),
      bytes,
    })
    const columns: Column[] = [...batch.columns]
    columns[0] = columnFromValues(int4Type, [1, 2])
    columns[5] = text([0, 3], [3, 6])
    columns[6] = text([6, 0], [11, 3])
    const [chosen] = compileProjection(
      bindExpressions('CASE WHEN a = 1 THEN s ELSE u END', schema),
      types,
      testContext,
    )(deltaBatch(columns, 2)) as [BytesColumn]
    assert.equal(chosen.bytes, bytes)
    assert.deepEqual(batchRows(deltaBatch([chosen], 2)), [['one'], ['one']])
  })

  it('take parts of text without copying them', () => {
    const parts = bindExpressions("substr(s, 2), left(s, 1), trim(s), split_part(s, 'b', 1)", schema)
    const columns = compileProjection(parts, types, testContext)(batch) as BytesColumn[]
    for (const part of columns) assert.equal(part.bytes, (batch.columns[5] as BytesColumn).bytes)
    assert.deepEqual(batchRows(deltaBatch(columns, 3)), [
      ['b', 'a', 'ab', 'a'],
      [null, null, null, null],
      ['yz', 'x', 'xyz', 'xyz'],
    ])
  })

  it('build text in one buffer that grows', () => {
    const rows = Array.from({ length: 2000 }, (_, row) => [
      row,
      null,
      null,
      null,
      null,
      `s${row}`,
      row % 7 ? 'é' : 'U',
    ])
    const input = batchOf(...(rows as SqlValue[][]))
    const expected = rows.map(([a, , , , , s, u]) => [
      `${s}-${u}/${s}`,
      `${(a as number) % 2 ? s : `${u}.${s}`}`.toUpperCase(),
    ])
    assert.deepEqual(
      project("s || '-' || u || '/' || s, upper(CASE WHEN a % 2 = 1 THEN s ELSE u || '.' || s END)", input),
      expected,
    )
  })

  it('merge text of several buffers', () => {
    assert.deepEqual(column("coalesce(s, u, 'none')"), ['ab', 'cd', 'xyz'])
    assert.deepEqual(column("CASE WHEN a = 1 THEN s WHEN a = 2 THEN upper(u) ELSE 'lit' END"), [
      'ab',
      'CD',
      'lit',
    ])
  })

  it('merge numerics and NULLs', () => {
    const values = column('CASE WHEN a = 1 THEN p WHEN a = 2 THEN 123456789012345678901234.5 END')
    assert.deepEqual(values.map(String), ['1.50', '123456789012345678901234.5', 'null'])
    assert.deepEqual(column('p + p').map(String), ['3.00', '-0.10', 'null'])
  })

  it('follow three-valued logic', () => {
    const logic = batchOf(
      ...[true, false, null].flatMap(left =>
        [1, 0, null].map(right => [1, right, null, null, null, null, null, left] as SqlValue[]),
      ),
    )
    assert.deepEqual(column('t AND b = 1', logic), [
      true,
      false,
      null,
      false,
      false,
      false,
      null,
      false,
      null,
    ])
    assert.deepEqual(column('t OR b = 1', logic), [true, true, true, true, false, null, true, null, null])
    assert.deepEqual(column('NOT t', logic), [false, false, false, true, true, true, null, null, null])
    assert.deepEqual(select('t AND b = 1', logic), [0])
    assert.deepEqual(select('t OR b = 1', logic), [0, 1, 2, 3, 6])
    assert.deepEqual(select('NOT (t AND b = 1)', logic), [1, 3, 4, 5, 7])
    assert.deepEqual(column('t IS NOT TRUE', logic), [
      false,
      false,
      false,
      true,
      true,
      true,
      true,
      true,
      true,
    ])
    assert.deepEqual(column('t IS UNKNOWN', logic).slice(4, 8), [false, false, true, true])
    assert.deepEqual(column('(t AND b = 1) IS NULL', logic).filter(Boolean).length, 3)
  })

  it('evaluate only the branch that is taken', () => {
    assert.deepEqual(column('CASE WHEN b <> 0 THEN 12 / b ELSE -1 END'), [6, -1, -1])
    assert.deepEqual(column('b = 0 OR 12 / b > 1'), [true, null, true])
    assert.deepEqual(column('coalesce(a, 1 / 0)'), [1, 2, 3])
    assert.equal(evaluate('CASE WHEN true THEN 1 ELSE 1 / 0 END'), 1)
  })

  it('test membership of short and long lists', () => {
    assert.deepEqual(column('a IN (1, 3)'), [true, false, true])
    assert.deepEqual(column('b IN (2, NULL)'), [true, null, null])
    assert.deepEqual(column('b NOT IN (0, NULL)'), [null, null, false])
    const list = Array.from({ length: 100 }, (_, index) => index * 3)
    assert.deepEqual(column(`a IN (${list.join()})`), [false, false, true])
    assert.deepEqual(column(`a NOT IN (${list.join()}, NULL)`), [null, null, false])
    assert.deepEqual(column(`s IN (${list.map(item => `'${item}'`).join()}, 'xyz')`), [false, null, true])
    assert.deepEqual(column('a = ANY(ARRAY[b, 1])'), [true, null, false])
    assert.deepEqual(column('a > ALL(ARRAY[a - 1, b])'), [false, null, true])
  })

  it('treat NaN as equal to itself and greatest', () => {
    assert.deepEqual(column("f = 'NaN'"), [false, false, true])
    assert.deepEqual(select('f > 1e308'), [2])
    assert.deepEqual(column('greatest(f, 1)'), [1, 2, Number.NaN])
  })

  it('serve batches of every shape', () => {
    const run = compileProjection(bindExpressions('a + b, coalesce(s, u)', schema), types, testContext)
    const rows = batch.columns[0]!.length
    for (let mask = 0; mask < 16; mask++) {
      const input = batchOf(
        [
          (mask & 1) === 0 ? 1 : null,
          (mask & 2) === 0 ? 2 : null,
          1n,
          1,
          null,
          (mask & 4) === 0 ? 's' : null,
          (mask & 8) === 0 ? 'u' : null,
          true,
        ],
        [5, 6, 1n, 1, null, 'S', 'U', true],
      )
      const sum = (mask & 3) === 0 ? 3 : null
      const text = (mask & 4) === 0 ? 's' : (mask & 8) === 0 ? 'u' : null
      assert.deepEqual(batchRows(deltaBatch(run(input), 2)), [
        [sum, text],
        [11, 'S'],
      ])
    }
    assert.equal(rows, 3)
  })

  it('take empty batches', () => {
    assert.deepEqual(project("a + 1, s || 'x'", batchOf()), [])
    assert.deepEqual(select('a > 0', batchOf()), [])
  })
})

describe('compiled expressions that fail', () => {
  before(loadParser)

  const failing = batchOf([1, 1, 1n], [2, 0, 2n ** 63n - 1n], [2147483647, 2, 3n], [4, 0, 4n])

  function tolerant(): { readonly context: EvaluationContext; readonly errors: string[] } {
    const errors: string[] = []
    return { context: { ...testContext, onError: error => errors.push(error.message) }, errors }
  }

  it('end the statement', () => {
    assert.throws(() => project('a / b', failing), { code: '22012', message: 'division by zero' })
    assert.throws(() => project('a + 1', failing), { code: '22003', message: 'integer out of range' })
    assert.throws(() => project('x + 1', failing), { code: '22003', message: 'bigint out of range' })
    assert.throws(() => select('a / b > 0', failing), { code: '22012' })
  })

  it('give NULL in streaming jobs, and only the expression that failed', () => {
    const { context, errors } = tolerant()
    assert.deepEqual(project('a / b, a + 1, a, x + 1, a::text', failing, context), [
      [1, 2, 1, 2n, '1'],
      [null, 3, 2, null, '2'],
      [1073741823, null, 2147483647, 4n, '2147483647'],
      [null, 5, 4, 5n, '4'],
    ])
    assert.deepEqual(errors, ['division by zero', 'integer out of range', 'division by zero'])
  })

  it('leave the text of other rows whole', () => {
    const { context, errors } = tolerant()
    const input = batchOf(
      ...[1, 0, 2, 0, 3].map((b, row) => [row, b, null, null, null, `text ${row}`, 'ü'] as SqlValue[]),
    )
    assert.deepEqual(
      project("upper(s) || (6 / b), CASE WHEN b > 1 THEN 'high' ELSE 'low' END || u", input, context),
      [
        ['TEXT 06', 'lowü'],
        [null, 'lowü'],
        ['TEXT 23', 'highü'],
        [null, 'lowü'],
        ['TEXT 42', 'highü'],
      ],
    )
    assert.equal(errors.length, 2)
  })

  it('do not select the row in streaming jobs', () => {
    const { context, errors } = tolerant()
    assert.deepEqual(select('a / b > 0', failing, context), [0, 2])
    assert.equal(errors.length, 2)
  })

  it('name the place of a bad literal', () => {
    assert.throws(() => evaluate("1 + 'x'::int"), { code: '22P02', position: 12 })
  })

  it('counts a row that fails in a part of a wide expression once', () => {
    const errors: string[] = []
    const context: EvaluationContext = { ...testContext, onError: error => errors.push(error.message) }
    const terms = Array.from({ length: 1000 }, (_, index) => `(a + b = ${index + 100})`).join(' OR ')
    assert.deepEqual(select(`${terms} OR 6 / b = 3`, batch, context), [0])
    assert.deepEqual(project(`${terms} OR 6 / b = 3, a`, batch, context), [
      [true, 1],
      [null, 2],
      [null, 3],
    ])
    assert.deepEqual(errors, ['division by zero', 'division by zero'])
  })

  it('makes the code of a wide expression in steps, whose result is the same', () => {
    const branches = Array.from({ length: 2000 }, (_, index) => `WHEN ${index} THEN s || ${index}`)
    const text = `CASE a ${branches.join(' ')} END`
    const projection = compileProjection(bindExpressions(text, schema), types, testContext)
    assert.equal(projection.isWide, true)
    assert.ok([...projection.compile()].length > 10)
    const selection = { rows: Int32Array.of(2, 0), count: 2 }
    assert.deepEqual(batchRows(deltaBatch(projection(batch, selection), 2)), [['xyz3'], ['ab1']])
  })
})
