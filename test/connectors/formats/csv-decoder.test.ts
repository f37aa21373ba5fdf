import { deepStrictEqual, strictEqual } from 'node:assert'
import { createBytesDecoder } from '../../../connectors/formats/bytes-decoder.ts'
import { createCsvDecoder } from '../../../connectors/formats/csv-decoder.ts'
import { readValue } from '../../../executor/batch/column-reader.ts'
import { field } from '../../../planner/schema.ts'
import { byteaType, float8Type, int4Type, textType } from '../../../planner/types.ts'
import { recordsOf } from '../../support/record-ranges.ts'

const payload = [field('id', int4Type), field('name', textType), field('x', float8Type)]

describe('CsvDecoder', () => {
  it('reads quoted and plain fields, empty ones as NULL', () => {
    const decoder = createCsvDecoder(payload, [2, 0, 1], 0x2c)
    const { columns, length, bad } = decoder.decode(
      recordsOf(['1,abc,1.5', '2,"a ""q"", b",\r\n', '3,"",-2e3', '4,größe,', ',,']),
      0,
      5,
    )
    deepStrictEqual(bad, [])
    deepStrictEqual(
      Array.from({ length }, (_, row) => columns.map(column => readValue(column, row))),
      [
        [1.5, 1, 'abc'],
        [null, 2, 'a "q", b'],
        [-2000, 3, ''],
        [null, 4, 'größe'],
        [null, null, null],
      ],
    )
  })

  it('lists lines that do not fit', () => {
    const decoder = createCsvDecoder(payload, [0], 0x3b)
    const { length, rows, bad } = decoder.decode(
      recordsOf(['x;a;1', '1;a', '1;a;2;3', '7;b;1', '1;"a;1', null]),
      0,
      6,
    )
    strictEqual(length, 1)
    deepStrictEqual([...rows!], [3])
    deepStrictEqual(
      bad.map(record => record.error),
      [
        'column "id": invalid input syntax for type integer: "x"',
        'the CSV line does not have 3 fields (about 2 were found)',
        'the CSV line does not have 3 fields (about 4 were found)',
        'a quoted CSV field is not closed',
        'the record has no value (a tombstone, which FORMAT PLAIN cannot express)',
      ],
    )
  })
})

describe('BytesDecoder', () => {
  it('gives values as they are', () => {
    const records = recordsOf([Buffer.from([0, 255]), null, Buffer.from('x')])
    const { columns } = createBytesDecoder([field('v', byteaType)]).decode(records, 0, 3)
    deepStrictEqual(
      [0, 1, 2].map(row => readValue(columns[0]!, row)),
      [new Uint8Array([0, 255]), null, new Uint8Array([120])],
    )
  })
})
