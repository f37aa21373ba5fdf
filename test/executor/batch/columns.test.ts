import { strict as assert } from 'node:assert'
import { tableFromIPC, tableToIPC } from 'apache-arrow'
import { fromArrowBatch, toArrowChanges, toArrowTable } from '../../../executor/batch/arrow.ts'
import type { Column } from '../../../executor/batch/column.ts'
import { columnFromValues, createColumnBuilder } from '../../../executor/batch/column-builder.ts'
import { batchRows, readValue } from '../../../executor/batch/column-reader.ts'
import { deltaBatch } from '../../../executor/batch/delta-batch.ts'
import { Interval } from '../../../executor/batch/interval.ts'
import { Numeric, numericNaN } from '../../../executor/batch/numeric.ts'
import type { RuntimeValue } from '../../../executor/batch/runtime-value.ts'
import {
  decodeArray,
  decodeRecord,
  encodeArray,
  encodeInterval,
  encodeRecord,
} from '../../../executor/batch/value-codec.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import { field, type Schema } from '../../../planner/schema.ts'
import {
  arrayOf,
  boolType,
  byteaType,
  type DataType,
  dateType,
  float4Type,
  float8Type,
  int2Type,
  int4Type,
  int8Type,
  intervalType,
  jsonbType,
  numericType,
  oidType,
  textType,
  timestampType,
  timestamptzType,
  timeType,
  uuidType,
} from '../../../planner/types.ts'

const uuid = Uint8Array.from({ length: 16 }, (_, index) => index * 7)

const samples: readonly (readonly [DataType, readonly SqlValue[]])[] = [
  [boolType, [true, null, false]],
  [int2Type, [-32768, null, 32767]],
  [int4Type, [-2147483648, null, 2147483647]],
  [oidType, [0, null, 4294967295]],
  [int8Type, [-(2n ** 63n), null, 2n ** 63n - 1n]],
  [float4Type, [1.5, null, Number.NEGATIVE_INFINITY]],
  [float8Type, [0.1, null, Number.MAX_VALUE]],
  [{ kind: 'numeric', precision: 30, scale: 2 }, [new Numeric(150n, 2), null, new Numeric(-(10n ** 29n), 2)]],
  [textType, ['', null, 'héllo 😀']],
  [byteaType, [Uint8Array.of(0, 255), null, new Uint8Array(0)]],
  [uuidType, [uuid, null, uuid]],
  [dateType, [-1, null, 20000]],
  [timeType, [0n, null, 86_399_999_999n]],
  [timestampType, [-1n, null, 1_700_000_000_000_000n]],
  [timestamptzType, [0n, null, 1_700_000_000_000_001n]],
]

describe('columns', () => {
  for (const [type, values] of samples) {
    it(`hold ${type.kind} and NULL`, () => {
      const column = columnFromValues(type, values)
      assert.deepEqual(
        values.map((_, row) => plain(readValue(column, row))),
        values.map(plain),
      )
    })
  }

  it('hold numerics beyond int64 and NaN beside the others', () => {
    const values = [new Numeric(1n, 3), new Numeric(2n ** 64n, 1), numericNaN, null]
    assert.deepEqual(batchRows(deltaBatch([columnFromValues(numericType, values)], 4)).flat(), values)
  })

  it('grow beyond the expected number of rows, NULLs too', () => {
    for (const type of [int4Type, numericType, textType]) {
      const builder = createColumnBuilder(type, 2)
      const values = Array.from({ length: 1000 }, (_, row) => {
        if (row % 3 === 0) return null
        return type === int4Type ? row : type === textType ? `row ${row}` : new Numeric(BigInt(row), 1)
      })
      for (const value of values) builder.append(value)
      assert.equal(builder.length, 1000)
      const column = builder.finish()
      assert.deepEqual(
        values.map((_, row) => readValue(column, row)),
        values,
      )
    }
  })
})

describe('value codec', () => {
  const roundTrip = (type: DataType, values: readonly RuntimeValue[]): readonly RuntimeValue[] => {
    const bytes = encodeArray(type, values)
    return decodeArray(type, Buffer.concat([Buffer.from('xx'), bytes]), 2, bytes.length + 2)
  }

  it('keeps arrays of every element type', () => {
    const interval = new Interval(-3, 40, -5n)
    assert.deepEqual(roundTrip(int4Type, [1, null, -1]), [1, null, -1])
    assert.deepEqual(roundTrip(dateType, [0, 2147483647]), [0, 2147483647])
    assert.deepEqual(roundTrip(timestampType, [0n, 2n ** 63n - 1n]), [0n, 2n ** 63n - 1n])
    assert.deepEqual(roundTrip(intervalType, [interval]), [interval])
    assert.deepEqual(roundTrip(jsonbType, ['{"a": 1}']), ['{"a": 1}'])
    assert.deepEqual(roundTrip(boolType, []), [])
    const numerics = ['0', '1', '-1.50', '10000.0001', '123456789012345678901234567890.5', '0.00001'].map(
      numeric,
    )
    assert.deepEqual(roundTrip(numericType, numerics), numerics)
  })

  it('keeps dimensions, and refuses ragged ones', () => {
    const cube = [
      [[1], [2]],
      [[3], [4]],
    ]
    assert.deepEqual(roundTrip(int4Type, cube), cube)
    assert.throws(() => encodeArray(int4Type, [[1, 2], [3]]), { code: '2202E' })
  })

  it('writes what PostgreSQL sends', () => {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
    assert.equal(
      hex(encodeArray(int4Type, [1, null])),
      '00000001' + '00000001' + '00000017' + '00000002' + '00000001' + '0000000400000001' + 'ffffffff',
    )
    assert.equal(hex(encodeInterval(new Interval(1, 2, 3n))), '0000000000000003' + '00000002' + '00000001')
    assert.equal(
      hex(encodeArray(numericType, [numeric('12345.678')])).slice(40 + 8),
      '0003000100000003' + '000109291a7c',
    )
  })

  it('keeps records, in arrays too', () => {
    const types = [int8Type, textType, arrayOf(float8Type)]
    const record: RuntimeValue[] = [5n, null, [1.5, null]]
    const bytes = encodeRecord(types, record)
    assert.deepEqual(decodeRecord(types, bytes, 0, bytes.length), record)
    const type: DataType = {
      kind: 'record',
      fields: types.map((item, index) => ({ name: `f${index}`, type: item })),
    }
    assert.deepEqual(roundTrip(type, [record, null, record]), [record, null, record])
  })
})

describe('Arrow', () => {
  const schema: Schema = samples.map(([type], index) => field(`c${index}`, type))
  const columns = samples.map(([type, values]) => columnFromValues(type, values))

  it('takes columns and gives them back', () => {
    const importable = schema.flatMap(({ type }, index) => (type.kind === 'uuid' ? [] : [index]))
    const table = toArrowTable(
      importable.map(index => schema[index]!),
      [
        deltaBatch(
          importable.map(index => columns[index]!),
          3,
        ),
      ],
    )
    const back = fromArrowBatch(table.batches[0]!)
    assert.deepEqual(
      back.columns.map(values),
      importable.map(index => values(columns[index]!)),
    )
  })

  it('survives IPC with exact values', () => {
    const table = tableFromIPC(
      tableToIPC(toArrowTable(schema, [deltaBatch(columns, 3), deltaBatch(columns, 3)])),
    )
    assert.equal(table.numRows, 6)
    assert.equal(table.getChild('c4')?.get(3), -(2n ** 63n))
    assert.equal(table.getChild('c8')?.get(5), 'héllo 😀')
    assert.equal(table.getChild('c8')?.get(4), null)
    assert.deepEqual([...(table.getChild('c10')!.get(0) as Uint8Array)], [...uuid])
  })

  it('shares the memory of fixed-width columns', () => {
    const table = toArrowTable([field('x', int8Type)], [deltaBatch([columns[4]!], 3)])
    const shared = table.batches[0]!.data.children[0]!.values as BigInt64Array
    assert.equal(shared.buffer, (columns[4] as Column & { layout: 'int64' }).values.buffer)
  })

  it('nests arrays, records and intervals', () => {
    const pair: DataType = {
      kind: 'record',
      fields: [
        { name: 'a', type: int4Type },
        { name: 'b', type: textType },
      ],
    }
    const nested = deltaBatch(
      [
        columnFromValues(arrayOf(textType), [encodeArray(textType, ['x', null]), null]),
        columnFromValues(pair, [null, encodeRecord([int4Type, textType], [7, 'y'])]),
        columnFromValues(intervalType, [encodeInterval(new Interval(1, 2, 3n)), null]),
      ],
      2,
    )
    const table = toArrowTable(
      [field('l', arrayOf(textType)), field('r', pair), field('i', intervalType)],
      [nested],
    )
    assert.deepEqual([...table.getChild('l')!.get(0)], ['x', null])
    assert.deepEqual({ ...table.getChild('r')!.get(1).toJSON() }, { a: 7, b: 'y' })
    assert.equal(table.getChild('r')!.get(0), null)
    assert.deepEqual([...table.getChild('i')!.get(0)].slice(0, 3), [1, 2, 3000])
  })

  it('puts epoch and weight before changes', () => {
    const changes = toArrowChanges(
      [field('x', int4Type)],
      deltaBatch([columnFromValues(int4Type, [1, 2])], 2, Int32Array.of(-1, 1)),
      42,
    )
    assert.deepEqual(
      changes.toArray().map(row => ({ ...row.toJSON() })),
      [
        { millrace_epoch: 42n, millrace_weight: -1, x: 1 },
        { millrace_epoch: 42n, millrace_weight: 1, x: 2 },
      ],
    )
  })
})

function numeric(text: string): Numeric {
  const [whole, fraction = ''] = text.split('.')
  return new Numeric(BigInt(whole! + fraction), fraction.length)
}

function values(column: Column): unknown[] {
  return Array.from({ length: column.length }, (_, row) => plain(readValue(column, row)))
}

function plain(value: SqlValue): unknown {
  return value instanceof Uint8Array ? [...value] : value
}
