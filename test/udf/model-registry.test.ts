/**
 * Models of test/support/models (made by make-models.py with onnx and scikit-learn) through the real runtime.
 */

import { strict as assert } from 'node:assert'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column } from '../../executor/batch/column.ts'
import { columnFromValues } from '../../executor/batch/column-builder.ts'
import { readValue } from '../../executor/batch/column-reader.ts'
import { decodeArray, decodeRecord, encodeArray } from '../../executor/batch/value-codec.ts'
import {
  arrayOf,
  boolType,
  float4Type,
  float8Type,
  int2Type,
  int4Type,
  int8Type,
  textType,
} from '../../planner/types.ts'
import { ModelRegistry } from '../../udf/onnx/model-registry.ts'
import { projectRoot } from '../support/project-root.ts'

const modelPath = (name: string): string => join(projectRoot, 'test/support/models', `${name}.onnx`)
const values = (column: Column): unknown[] =>
  Array.from({ length: column.length }, (_, row) => readValue(column, row))
const floats = (rows: readonly (readonly (number | null)[])[]): Column =>
  columnFromValues(
    arrayOf(float4Type),
    rows.map(row => encodeArray(float4Type, row)),
  )

describe('ModelRegistry', () => {
  const registry = new ModelRegistry()
  after(() => registry.close())

  it('types several inputs in the order of the file and scores them', async () => {
    const model = await registry.load('risk', 1, modelPath('two-inputs'), 'cpu')
    assert.deepEqual(
      model.inputs.map(({ name, type }) => [name, type]),
      [
        ['amount', float4Type],
        ['hour', float4Type],
      ],
    )
    assert.deepEqual(model.returns, float4Type)
    assert.equal(model.provider, 'cpu')
    const args = [columnFromValues(float4Type, [100, 200, 0]), columnFromValues(float4Type, [0, 10, 5])]
    const { column, failures } = await registry.score('risk', 1, args, 3)
    assert.deepEqual(values(column), [1, 3, 0.5])
    assert.equal(failures.size, 0)
  })

  it('takes and gives arrays; a row of another length fails alone', async () => {
    const model = await registry.load('double', 1, modelPath('double'), 'cpu')
    assert.deepEqual(model.inputs, [
      { name: 'v', type: arrayOf(float4Type), spreadLength: 3, elementType: float4Type },
    ])
    const args = [
      floats([
        [1, 2, 3],
        [1, 2],
        [1, null, 3],
        [4, 5, 6],
      ]),
    ]
    const { column, failures } = await registry.score('double', 1, args, 4)
    const decoded = values(column).map(value =>
      value === null ? null : decodeArray(float4Type, value as Uint8Array, 0, (value as Uint8Array).length),
    )
    assert.deepEqual(decoded, [[2, 4, 6], null, null, [8, 10, 12]])
    assert.deepEqual(
      [...failures].map(([row, error]) => [row, error.code, error.message]),
      [
        [1, '22023', 'model "double" takes 3 elements in "v", got 2'],
        [2, '22004', '"v" of model "double" must not contain NULL'],
      ],
    )
  })

  it('runs a batch fixed at 1 row by row', async () => {
    const model = await registry.load('fixed', 1, modelPath('fixed-batch'), 'cpu')
    assert.deepEqual(model.returns, float4Type)
    const { column } = await registry.score(
      'fixed',
      1,
      [
        floats([
          [1, 2, 3],
          [10, 20, 30],
        ]),
      ],
      2,
    )
    assert.deepEqual(values(column), [6, 60])
  })

  it('gives several outputs as a composite', async () => {
    const model = await registry.load('two', 1, modelPath('two-outputs'), 'cpu')
    const types = [float8Type, boolType]
    assert.deepEqual(model.returns, {
      kind: 'record',
      fields: [
        { name: 'plus', type: float8Type },
        { name: 'positive', type: boolType },
      ],
    })
    const { column } = await registry.score('two', 1, [columnFromValues(float8Type, [1.5, -2])], 2)
    assert.deepEqual(
      values(column).map(value => decodeRecord(types, value as Uint8Array, 0, (value as Uint8Array).length)),
      [
        [2.5, true],
        [-1, false],
      ],
    )
  })

  it('gives labels and a ZipMap as jsonb', async () => {
    const features = floats([
      [5.1, 3.5, 1.4, 0.2],
      [6.3, 3.3, 6, 2.5],
    ])
    for (const [name, first, second] of [
      ['iris-zipmap', 0n, 2n],
      ['iris-labels', 'setosa', 'virginica'],
    ] as const) {
      const model = await registry.load(name, 1, modelPath(name), 'cpu')
      assert.equal(model.returns.kind, 'record')
      const types = model.returns.kind === 'record' ? model.returns.fields.map(field => field.type) : []
      assert.deepEqual(
        types.map(type => type.kind),
        [name === 'iris-zipmap' ? 'int8' : 'text', 'jsonb'],
      )
      const { column } = await registry.score(name, 1, [features], 2)
      const rows = values(column).map(value =>
        decodeRecord(types, value as Uint8Array, 0, (value as Uint8Array).length),
      )
      assert.deepEqual(
        rows.map(row => row[0]),
        [first, second],
      )
      const chances = JSON.parse(String(rows[1]![1])) as Record<string, number>
      assert.equal(Object.keys(chances).length, 3)
      assert.ok(Math.abs(Object.values(chances).reduce((sum, chance) => sum + chance, 0) - 1) < 1e-5)
      assert.ok(chances[String(second)]! > 0.9)
    }
  })

  it('passes every element type through', async () => {
    const cases = [
      ['int8', int2Type, [-5, 100]],
      ['int16', int2Type, [-300, 300]],
      ['int32', int4Type, [-70000, 70000]],
      ['int64', int8Type, [-(2n ** 60n), 5n]],
      ['bool', boolType, [true, false]],
      ['string', textType, ['grün', '']],
      ['float16', float4Type, [0.5, -2048]],
      ['double', float8Type, [0.1, 1e300]],
      ['float', float4Type, [0.25, 1e10]],
    ] as const
    for (const [kind, type, input] of cases) {
      const model = await registry.load(kind, 1, modelPath(`identity-${kind}`), 'cpu')
      assert.deepEqual(model.returns, type, kind)
      const { column } = await registry.score(kind, 1, [columnFromValues(type, [...input])], input.length)
      assert.deepEqual(values(column), [...input], kind)
    }
  })

  it('reports a NaN of the model for its row', async () => {
    await registry.load('sqrt', 1, modelPath('sqrt'), 'cpu')
    const { column, failures } = await registry.score('sqrt', 1, [columnFromValues(float4Type, [4, -1])], 2)
    assert.deepEqual(values(column), [2, null])
    assert.deepEqual(
      [...failures].map(([row, { code, message }]) => [row, code, message]),
      [[1, '22003', 'model "sqrt" returned NaN']],
    )
  })

  it('scores more rows than one run takes', async () => {
    const input = Array.from({ length: 10_000 }, (_, index) => index)
    const { column } = await registry.score('sqrt', 1, [columnFromValues(float4Type, input)], input.length)
    assert.equal(readValue(column, 8100), 90)
    assert.equal(column.length, 10_000)
  })

  it('falls back to the CPU by itself and says why', async () => {
    const model = await registry.load('auto', 1, modelPath('sqrt'), 'auto')
    assert.ok(['cpu', 'cuda', 'webgpu'].includes(model.provider))
    if (model.provider === 'cpu') assert.equal(model.refusals.length, 2)
  })

  it('refuses a missing, a foreign and a damaged file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-models-'))
    await assert.rejects(registry.load('a', 1, join(folder, 'none.onnx'), 'cpu'), {
      code: '58P01',
      message: `could not open file "${join(folder, 'none.onnx')}" for reading: No such file or directory`,
    })
    const foreign = join(folder, 'text.onnx')
    writeFileSync(foreign, 'this is not a model')
    await assert.rejects(registry.load('a', 1, foreign, 'cpu'), {
      code: '22023',
      message: /is not an ONNX model/,
    })
    const damaged = join(folder, 'damaged.onnx')
    const bytes = readFileSync(modelPath('sqrt'))
    writeFileSync(damaged, Buffer.from(bytes.toString('latin1').replace('Sqrt', 'Sqrx'), 'latin1'))
    await assert.rejects(registry.load('a', 1, damaged, 'cpu'), {
      code: '22023',
      message: `could not load model file "${damaged}"`,
    })
  })
})
