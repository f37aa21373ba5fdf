import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import fc from 'fast-check'
import { createJsonDecoder } from '../../../connectors/formats/json-decoder.ts'
import { readValue } from '../../../executor/batch/column-reader.ts'
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
  jsonbType,
  numericType,
  textType,
  timestampType,
  timestamptzType,
  timeType,
  uuidType,
} from '../../../planner/types.ts'
import { recordsOf } from '../../support/record-ranges.ts'

interface Decoded {
  readonly rows: SqlValue[][]
  readonly bad: string[]
}

function decode(
  types: Readonly<Record<string, DataType>>,
  texts: readonly (string | Uint8Array | null)[],
  unit: 'guess' | 'milli' | 'micro' = 'guess',
): Decoded {
  const fields = Object.entries(types).map(([name, type]) => field(name, type))
  const decoder = createJsonDecoder(fields, { timestampUnit: unit })
  const { columns, length, bad } = decoder.decode(recordsOf(texts), 0, texts.length)
  const rows = Array.from({ length }, (_, row) => columns.map(column => readValue(column, row)))
  return { rows, bad: bad.map(record => record.error) }
}

/** The one value of column a, as text where it is an object; the error when the record is bad. */
function one(type: DataType, token: string, unit?: 'milli' | 'micro'): unknown {
  const { rows, bad } = decode({ a: type }, [`{"a":${token}}`], unit)
  if (bad.length > 0) return new Error(bad[0])
  const value = rows[0]![0]!
  return typeof value === 'object' && value !== null
    ? value instanceof Uint8Array
      ? Buffer.from(value).toString('hex')
      : String(value)
    : value
}

function failure(type: DataType, token: string): string {
  const value = one(type, token)
  ok(value instanceof Error, `${token} was taken as ${String(value)}`)
  return value.message
}

describe('JsonDecoder', () => {
  it('reads integers exactly and refuses what does not fit', () => {
    strictEqual(one(int8Type, '9223372036854775807'), 9223372036854775807n)
    strictEqual(one(int8Type, '-9223372036854775808'), -9223372036854775808n)
    strictEqual(one(int8Type, '9007199254740993'), 9007199254740993n)
    strictEqual(one(int8Type, '-0'), 0n)
    strictEqual(one(int4Type, '-2147483648'), -2147483648)
    strictEqual(one(int2Type, '32767'), 32767)
    strictEqual(one(int4Type, '1.0'), 1)
    strictEqual(one(int4Type, '12e2'), 1200)
    strictEqual(one(int4Type, '"77"'), 77)
    match(
      failure(int4Type, '2147483648'),
      /^column "a": value "2147483648" is out of range for type integer$/,
    )
    match(failure(int2Type, '32768'), /out of range for type smallint/)
    match(failure(int8Type, '9223372036854775808'), /out of range for type bigint/)
    match(failure(int4Type, '1.5'), /invalid input syntax for type integer: "1.5"/)
    match(failure(int4Type, 'true'), /a boolean is not a value of type integer/)
    match(failure(int4Type, '{}'), /an object is not a value of type integer/)
  })

  it('reads floats and numerics with the value of their digits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        strictEqual(one(float8Type, JSON.stringify(value)), Object.is(value, -0) ? 0 : value)
      }),
    )
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        fc.integer({ min: 0, max: 9 }),
        (digits, scale) => {
          const sign = digits < 0n ? '-' : ''
          const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
          const token = scale === 0 ? sign + text : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`
          const shown = /^-0(\.0+)?$/.test(token) ? token.slice(1) : token
          strictEqual(one(numericType, token), shown)
          strictEqual(one(float8Type, token), Number(token))
        },
      ),
    )
    strictEqual(one(float8Type, '-0'), -0)
    strictEqual(one(float4Type, '0.1'), Math.fround(0.1))
    strictEqual(one(float8Type, '"NaN"'), Number.NaN)
    strictEqual(one(float8Type, '1e400') instanceof Error, true)
    strictEqual(one({ kind: 'numeric', precision: 10, scale: 2 }, '1.5'), '1.50')
    strictEqual(one({ kind: 'numeric', precision: 10, scale: 2 }, '1.555'), '1.56')
    strictEqual(one({ kind: 'numeric', precision: 3, scale: 1 }, '99.9'), '99.9')
    match(failure({ kind: 'numeric', precision: 3, scale: 1 }, '100'), /numeric field overflow/)
  })

  it('reads strings with every escape, and text from other values', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'binary' }).filter(text => !text.includes('\0')),
          { maxLength: 5 },
        ),
        fc.boolean(),
        (texts, ascii) => {
          const tokens = texts.map(text => {
            const token = JSON.stringify(text)
            return ascii
              ? token.replace(
                  /[\x7f-\uffff]/g,
                  unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
                )
              : token
          })
          const { rows } = decode(
            { a: textType, b: textType },
            tokens.map(token => `{"b":"plain","a":${token}}`),
          )
          deepStrictEqual(
            rows,
            texts.map(text => [Buffer.from(text).toString(), 'plain']),
          )
        },
      ),
    )
    strictEqual(one(textType, '"\\/\\b\\f\\n\\r\\t\\"\\\\"'), '/\b\f\n\r\t"\\')
    strictEqual(one(textType, '"\\ud83d\\ude00\\ud83d"'), '😀\ufffd')
    strictEqual(one(textType, '12.50'), '12.50')
    strictEqual(one(textType, 'true'), 'true')
    strictEqual(one(textType, '{"x": [1,2]}'), '{"x": [1,2]}')
    strictEqual(one({ kind: 'varchar', length: 3 }, '"äöü"'), 'äöü')
    match(failure({ kind: 'varchar', length: 3 }, '"abcd"'), /value too long for type character varying\(3\)/)
    ok(one(textType, '"\\u0000"') instanceof Error)
  })

  it('reads dates and times in their usual forms', () => {
    const micros = (text: string): bigint => BigInt(Date.parse(text)) * 1000n
    strictEqual(one(timestampType, '"2026-11-21 12:34:56.789"'), micros('2026-11-21T12:34:56.789Z'))
    strictEqual(one(timestampType, '"2026-11-21T12:34:56"'), micros('2026-11-21T12:34:56Z'))
    strictEqual(one(timestampType, '"2026-11-21"'), micros('2026-11-21T00:00:00Z'))
    strictEqual(one(timestampType, '"2026-11-21T12:34:56+02:00"'), micros('2026-11-21T12:34:56Z'))
    strictEqual(one(timestamptzType, '"2026-11-21T12:34:56.000001Z"'), micros('2026-11-21T12:34:56Z') + 1n)
    strictEqual(one(timestamptzType, '"2026-11-21T12:34:56+02:00"'), micros('2026-11-21T10:34:56Z'))
    strictEqual(one(timestamptzType, '"2026-11-21 12:34:56-0330"'), micros('2026-11-21T16:04:56Z'))
    strictEqual(one(timestamptzType, '"2026-11-21 12:34:56"'), micros('2026-11-21T12:34:56Z'))
    strictEqual(one(timestamptzType, '"0001-01-01 00:00:00"'), -62135596800000000n)
    strictEqual(one(timestamptzType, '1763728496'), 1763728496000000n)
    strictEqual(one(timestamptzType, '1763728496123'), 1763728496123000n)
    strictEqual(one(timestamptzType, '1763728496123456'), 1763728496123456n)
    strictEqual(one(timestamptzType, '1763728496123', 'micro'), 1763728496123n)
    strictEqual(one(timestamptzType, '17637284961', 'milli'), 17637284961000n)
    strictEqual(one(dateType, '"2024-02-29"'), 19782)
    strictEqual(one(timeType, '"01:02:03.5"'), 3723500000n)
    match(failure(timestampType, '"2026-02-30 00:00:00"'), /date\/time field value out of range/)
    match(failure(dateType, '"tomorrowish"'), /invalid input syntax for type date/)
  })

  it('takes nothing but digits for a year', () => {
    for (const year of ['19A0', '199A', 'A999', '19\\n9'])
      match(failure(dateType, `"${year}-12-31"`), /invalid input/)
    match(failure(timestampType, '"19\u00019-12-31 00:00:00"'), /invalid JSON/)
  })

  it('fits all calendar days', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        date => {
          strictEqual(one(timestamptzType, `"${date.toISOString()}"`), BigInt(date.getTime()) * 1000n)
        },
      ),
    )
  })

  it('reads the rarer types', () => {
    strictEqual(one(boolType, 'true'), true)
    strictEqual(one(boolType, 'false'), false)
    strictEqual(one(jsonbType, '{"b":1.50,"a":[null,"x"]}'), '{"a": [null, "x"], "b": 1.50}')
    strictEqual(one(byteaType, '"AQID"'), '010203')
    strictEqual(one(uuidType, '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'), 'a0eebc999c0b4ef8bb6d6bb9bd380a11')
    strictEqual(
      one(arrayOf(int4Type), '[1,null]'),
      '0000000100000001000000170000000200000001000000040000000' + '1ffffffff',
    )
    match(failure(boolType, '1'), /a number is not a value of type boolean/)
    match(failure(arrayOf(int4Type), '"x"'), /malformed array literal/)
  })

  it('takes the last of duplicate keys, exact names before others, null and missing as NULL', () => {
    const types = { a: int8Type, camelCase: int8Type, low: int8Type }
    const { rows, bad } = decode(types, [
      '{"a":1,"a":2}',
      '{"a":1,"a":null}',
      '{"a":null,"a":5}',
      '{"A":3}',
      '{"A":3,"a":4}',
      '{"a":4,"A":3}',
      '{"camelcase":7,"LOW":8}',
      '{ }',
      '{"\\u0061":9}',
      '{"a" : 10 , "low":11 }\n',
    ])
    deepStrictEqual(bad, [])
    deepStrictEqual(
      rows.map(row => row.map(value => (value === null ? null : Number(value)))),
      [
        [2, null, null],
        [null, null, null],
        [5, null, null],
        [3, null, null],
        [4, null, null],
        [4, null, null],
        [null, 7, 8],
        [null, null, null],
        [9, null, null],
        [10, null, 11],
      ],
    )
  })

  it('leaves out bad records, says why, and keeps the others whole', () => {
    const texts = [
      '{"a":1,"b":"x"}',
      '{"a":null,"b":"y"',
      '[1]',
      null,
      '{"a":"q","b":null}',
      '{"a":2,"b":"z"}',
      '',
      '{"a":3}}',
      Buffer.from([0x7b, 0x22, 0x62, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]),
      '{"b":"\\"q\\""}',
    ]
    const fields = [field('a', int8Type), field('b', textType)]
    const decoder = createJsonDecoder(fields, { timestampUnit: 'guess' })
    const { columns, length, rows, bad } = decoder.decode(recordsOf(texts), 0, texts.length)
    deepStrictEqual([...rows!], [0, 5, 9])
    strictEqual(length, 3)
    deepStrictEqual(
      [0, 1, 2].map(row => columns.map(column => readValue(column, row))),
      [
        [1n, 'x'],
        [2n, 'z'],
        [null, '"q"'],
      ],
    )
    deepStrictEqual(
      bad.map(record => Number(record.offset)),
      [1, 2, 3, 4, 6, 7, 8],
    )
    deepStrictEqual(
      bad.map(record => record.error.replace(/:.*/s, '')),
      [
        'invalid JSON',
        'the message is not a JSON object',
        'the record has no value (a tombstone, which FORMAT PLAIN cannot express)',
        'column "a"',
        'invalid JSON',
        'invalid JSON',
        'invalid UTF-8 in JSON',
      ],
    )
    strictEqual(Buffer.from(bad[0]!.bytes).toString(), texts[1])
  })

  it('refuses a message cut anywhere, at the very end of its buffer too', () => {
    const text =
      '{"a": -12.5e1, "skip": {"x": [1, "two", null]}, "b": "\\u00e4ö", "t": "2026-11-21 12:34:56.789"}'
    const whole = Buffer.from(text)
    const fields = [field('a', int8Type), field('b', textType), field('t', timestampType)]
    const decoder = createJsonDecoder(fields, { timestampUnit: 'guess' })
    const decodeCut = (length: number) => {
      const bytes = Uint8Array.from(whole.subarray(0, length))
      const records = {
        ...recordsOf([null]),
        bytes,
        valueStarts: Int32Array.of(0),
        valueEnds: Int32Array.of(length),
      }
      return decoder.decode(records, 0, 1)
    }
    for (let round = 0; round < 2; round++) {
      for (let length = 0; length < whole.length; length++) strictEqual(decodeCut(length).bad.length, 1)
      const { columns, bad } = decodeCut(whole.length)
      deepStrictEqual(bad, [])
      deepStrictEqual(
        columns.map(column => readValue(column, 0)),
        [-125n, 'äö', 1795264496789000n],
      )
    }
  })

  it('accepts exactly the objects that JSON.parse accepts, however they are written or broken', () => {
    const document = fc.tuple(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
      fc.constantFrom(0, 1, '\t'),
      fc.array(fc.tuple(fc.nat(500), fc.constantFrom(...'{}[]":,\\0123456789eE+-.truefalsn \n\x01')), {
        maxLength: 2,
      }),
    )
    fc.assert(
      fc.property(fc.array(document, { minLength: 1, maxLength: 8 }), documents => {
        const texts = documents.map(([value, space, edits]) => {
          let text = JSON.stringify(value, null, space as number)
          for (const [at, character] of edits) {
            const position = at % (text.length + 1)
            text = text.slice(0, position) + character + text.slice(position + (at % 2))
          }
          return text
        })
        const expected = texts.filter(text => !isObject(text)).length
        const { rows, bad } = decode(
          { zz: jsonbType },
          texts.map(text => text.replaceAll('"zz"', '"zy"')),
        )
        strictEqual(bad.length, expected)
        strictEqual(rows.length, texts.length - expected)
      }),
      { numRuns: 500 },
    )
  })

  it('decodes messages that look alike together as it does one by one', () => {
    const types: Record<string, DataType> = {
      i: int8Type,
      s: textType,
      t: timestampType,
      n: int4Type,
      v: { kind: 'varchar', length: 5 },
      missing: textType,
    }
    const times = ['2026-11-21 12:34:56.789', '1969-12-31T23:59:59', '2026-11-21']
    const message = fc.record({
      i: fc.oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.maxSafeInteger(),
        fc.constant(null),
      ),
      s: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constantFrom('\n"\\', '', null, 7)),
      other: fc.oneof(fc.string({ maxLength: 30 }), fc.double(), fc.jsonValue({ maxDepth: 1 })),
      t: fc.constantFrom(...times, null),
      n: fc.oneof(fc.integer(), fc.constant(null)),
      v: fc.string({ maxLength: 6 }),
    })
    const edit = fc.tuple(
      fc.nat(300),
      fc.constantFrom(...'{}[]":,\\0123456789eE+-.truefalsn \n\x01é'),
      fc.nat(2),
    )
    const messages = fc.array(fc.tuple(message, fc.array(edit, { maxLength: 1 })), {
      minLength: 2,
      maxLength: 60,
    })
    fc.assert(
      fc.property(messages, fc.boolean(), (documents, reversed) => {
        const texts = documents.map(([value, edits], index) => {
          const entries = Object.entries(value)
          const members = (reversed && index % 7 === 3 ? entries.reverse() : entries).map(
            ([name, each]) => `"${name}":${typeof each === 'bigint' ? each : JSON.stringify(each)}`,
          )
          let text = `{${members.join(',')}}`
          for (const [at, character, cut] of edits) {
            const position = at % (text.length + 1)
            text = text.slice(0, position) + character + text.slice(position + cut)
          }
          return text
        })
        const alone = texts.map(text => decode(types, [text]))
        deepStrictEqual(decode(types, texts), {
          rows: alone.flatMap(({ rows }) => rows),
          bad: alone.flatMap(({ bad }) => bad),
        })
      }),
      { numRuns: 300 },
    )
  })

  it('finds the wanted values among any others', () => {
    const value = fc.oneof(
      fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .map(number => ({ name: 'i', token: String(number), expected: number as SqlValue })),
      fc
        .string({ unit: 'grapheme' })
        .filter(text => !text.includes('\0'))
        .map(text => ({ name: 's', token: JSON.stringify(text), expected: text as SqlValue })),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .filter(number => !Object.is(number, -0))
        .map(number => ({ name: 'f', token: JSON.stringify(number), expected: number as SqlValue })),
      fc
        .tuple(fc.string(), fc.jsonValue({ maxDepth: 2 }))
        .filter(([name]) => !['i', 's', 'f'].includes(name.toLowerCase()))
        .map(([name, other]) => ({ name, token: JSON.stringify(other), expected: null as SqlValue })),
      fc.constantFrom('i', 's', 'f').map(name => ({ name, token: 'null', expected: null as SqlValue })),
    )
    const space = fc.constantFrom('', '', ' ', '\n  ')
    const message = fc.tuple(fc.array(fc.tuple(value, space, space, space, space), { maxLength: 8 }), space)
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 10 }), messages => {
        const texts = messages.map(([entries, end]) => {
          const members = entries.map(
            ([{ name, token }, a, b, c, d]) => `${a}${JSON.stringify(name)}${b}:${c}${token}${d}`,
          )
          return `${end}{${members.join()}${end}}${end}`
        })
        const expected = messages.map(([entries]) =>
          ['i', 's', 'f'].map(
            name => entries.findLast(([entry]) => entry.name === name)?.[0].expected ?? null,
          ),
        )
        deepStrictEqual(decode({ i: int8Type, s: textType, f: float8Type }, texts), {
          rows: expected,
          bad: [],
        })
      }),
      { numRuns: 400 },
    )
  })
})

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
