import { deepStrictEqual, strictEqual } from 'node:assert'
import fc from 'fast-check'
import { createJsonDecoder } from '../../../connectors/formats/json-decoder.ts'
import { JsonEncoder } from '../../../connectors/formats/json-encoder.ts'
import { ByteOutput } from '../../../connectors/formats/json-write.ts'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import { readValue } from '../../../executor/batch/column-reader.ts'
import { deltaBatch } from '../../../executor/batch/delta-batch.ts'
import { Interval } from '../../../executor/batch/interval.ts'
import { Numeric, numericNaN, numericNegativeInfinity } from '../../../executor/batch/numeric.ts'
import { encodeArray, encodeInterval, encodeRecord } from '../../../executor/batch/value-codec.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import { field } from '../../../planner/schema.ts'
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
  textType,
  timestampType,
  timestamptzType,
  timeType,
  uuidType,
} from '../../../planner/types.ts'
import { recordsOf } from '../../support/record-ranges.ts'

function encode(types: readonly DataType[], rows: readonly (readonly SqlValue[])[]): string[] {
  const schema = types.map((type, index) => field(`c${index}`, type))
  const columns = types.map((type, index) =>
    columnFromValues(
      type,
      rows.map(row => row[index]!),
    ),
  )
  const output = new ByteOutput(1)
  const starts = new Int32Array(rows.length)
  const ends = new Int32Array(rows.length)
  new JsonEncoder(schema).encode(deltaBatch(columns, rows.length), output, starts, ends)
  return rows.map((_, row) => Buffer.from(output.bytes.subarray(starts[row]!, ends[row]!)).toString())
}

const one = (type: DataType, value: SqlValue): string => encode([type], [[value]])[0]!.slice(6, -1)

describe('JsonEncoder', () => {
  it('writes each type by the conventions of its head comment', () => {
    strictEqual(one(boolType, true), 'true')
    strictEqual(one(int2Type, -32768), '-32768')
    strictEqual(one(int8Type, 9223372036854775807n), '9223372036854775807')
    strictEqual(one(int8Type, -1234567890123n), '-1234567890123')
    strictEqual(one(float8Type, 0.1), '0.1')
    strictEqual(one(float8Type, 1e300), '1e+300')
    strictEqual(one(float8Type, -0), '-0')
    strictEqual(one(float8Type, Number.NaN), '"NaN"')
    strictEqual(one(float8Type, Number.NEGATIVE_INFINITY), '"-Infinity"')
    strictEqual(one(float4Type, Math.fround(0.1)), '0.1')
    strictEqual(one(numericType, new Numeric(-5n, 2)), '-0.05')
    strictEqual(one(numericType, new Numeric(12300n, 2)), '123.00')
    strictEqual(one(numericType, new Numeric(10n ** 30n + 1n, 5)), '10000000000000000000000000.00001')
    strictEqual(one(numericType, numericNaN), '"NaN"')
    strictEqual(one(numericType, numericNegativeInfinity), '"-Infinity"')
    strictEqual(one(textType, 'ä"\\\n\u0001/'), '"ä\\"\\\\\\n\\u0001/"')
    strictEqual(one(dateType, 19782), '"2024-02-29"')
    strictEqual(one(timeType, 3723500000n), '"01:02:03.500000"')
    strictEqual(one(timestampType, 1763728496123456n), '"2025-11-21 12:34:56.123456"')
    strictEqual(one(timestamptzType, -1n), '"1969-12-31T23:59:59.999999Z"')
    strictEqual(one(byteaType, new Uint8Array([1, 2, 3])), '"AQID"')
    strictEqual(one(jsonbType, '{"a": [1]}'), '{"a": [1]}')
    strictEqual(one(uuidType, new Uint8Array(16)), '"00000000-0000-0000-0000-000000000000"')
    strictEqual(one(intervalType, encodeInterval(new Interval(1, 2, 3_000_000n))), '"1 mon 2 days 00:00:03"')
    strictEqual(one(arrayOf(textType), encodeArray(textType, ['a', null, 'b"'])), '["a",null,"b\\""]')
    strictEqual(
      one(
        arrayOf(int4Type),
        encodeArray(int4Type, [
          [1, 2],
          [3, 4],
        ]),
      ),
      '[[1,2],[3,4]]',
    )
    const record: DataType = {
      kind: 'record',
      fields: [
        { name: 'x', type: int4Type },
        { name: 'y', type: textType },
      ],
    }
    strictEqual(one(record, encodeRecord([int4Type, textType], [1, null])), '{"x":1,"y":null}')
    deepStrictEqual(
      encode(
        [int4Type, textType],
        [
          [null, 'x'],
          [2, null],
        ],
      ),
      ['{"c0":null,"c1":"x"}', '{"c0":2,"c1":null}'],
    )
  })

  it('writes what our decoder reads back unchanged', () => {
    const micros = fc.bigInt({ min: -62135596800000000n, max: 253402300799999999n })
    const columns: readonly (readonly [DataType, fc.Arbitrary<SqlValue>])[] = [
      [boolType, fc.boolean()],
      [int4Type, fc.integer()],
      [int8Type, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
      [
        float8Type,
        fc.oneof(
          fc.double(),
          fc.integer().map(value => value / 100),
        ),
      ],
      [float4Type, fc.float()],
      [textType, fc.string({ unit: 'grapheme' }).filter(text => !text.includes('\0'))],
      [dateType, fc.integer({ min: -719162, max: 2932896 })],
      [timestampType, micros],
      [timestamptzType, micros],
      [timeType, fc.bigInt({ min: 0n, max: 86399999999n })],
    ]
    const types = columns.map(([type]) => type)
    const row = fc.tuple(...columns.map(([, values]) => fc.option(values, { nil: null })))
    fc.assert(
      fc.property(fc.array(row, { maxLength: 10 }), rows => {
        const texts = encode(types, rows)
        for (const text of texts) JSON.parse(text)
        const decoder = createJsonDecoder(
          types.map((type, index) => field(`c${index}`, type)),
          { timestampUnit: 'guess' },
        )
        const decoded = decoder.decode(recordsOf(texts), 0, texts.length)
        deepStrictEqual(decoded.bad, [])
        deepStrictEqual(
          texts.map((_, index) => decoded.columns.map(column => readValue(column, index))),
          rows,
        )
      }),
      { numRuns: 300 },
    )
  })
})
