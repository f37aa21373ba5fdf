/** Bind: numbers and formats of parameters and result columns, values that are none. */

import { frame } from '../../../support/wire-client.ts'
import { error } from './differences.ts'
import { bind, describePortal, execute, int16, int32, parse, query, sync } from './messages.ts'
import type { Script } from './script.ts'

const malformedBind = {
  why: 'a message that is cut short is refused before its parameters are looked at',
  changes: [['\n  W unnamed portal parameter $1', '']],
} as const

export const bindingScripts: readonly Script[] = [
  { name: 'too few parameters', steps: [parse('SELECT $1::int'), bind(), sync] },
  {
    name: 'too many parameters',
    steps: [parse('SELECT 1', 's'), bind({ statement: 's', values: ['1', '2'] }), sync],
  },
  { name: 'bad parameter text', steps: [parse('SELECT $1::int'), bind({ values: ['x'] }), sync] },
  {
    name: 'bad text of a second parameter for a named portal',
    steps: [parse('SELECT $1::int, $2::date'), bind({ portal: 'p', values: ['1', 'x'] }), sync],
  },
  {
    name: 'parameter text that is not UTF-8',
    steps: [parse('SELECT $1::text'), bind({ values: [Buffer.from([0xff])] }), sync],
  },
  {
    name: 'parameter text with a zero byte',
    steps: [parse('SELECT $1::text'), bind({ values: [Buffer.from([65, 0])] }), sync],
  },
  {
    name: 'NULL parameters',
    steps: [parse('SELECT $1::int, $2::text IS NULL'), bind({ values: [null, null] }), execute(), sync],
  },
  { name: 'an empty parameter', steps: [parse('SELECT $1::text'), bind({ values: [''] }), execute(), sync] },
  {
    name: 'parameters in binary',
    steps: [
      parse('SELECT $1::int + $2::int8, $3::text'),
      bind({ values: [int32(40), Buffer.concat([int32(0), int32(2)]), 'x'], formats: [1] }),
      execute(),
      sync,
    ],
  },
  {
    name: 'one format for each parameter',
    steps: [
      parse('SELECT $1::int + $2::int'),
      bind({ values: [int32(40), '2'], formats: [1, 0] }),
      execute(),
      sync,
    ],
  },
  {
    name: 'binary parameters of a wrong length',
    steps: [
      parse('SELECT $1::int'),
      bind({ values: [int16(4)], formats: [1] }),
      sync,
      bind({ values: [Buffer.alloc(8)], formats: [1] }),
      sync,
    ],
  },
  {
    name: 'formats that do not match the parameters',
    steps: [
      parse('SELECT $1::int, $2::int, $3::int'),
      bind({ values: ['1', '2', '3'], formats: [0, 0] }),
      sync,
    ],
  },
  {
    name: 'a format that there is not',
    steps: [parse('SELECT $1::int'), bind({ values: ['1'], formats: [2] }), sync],
  },
  {
    name: 'a format of the result that there is not',
    steps: [parse('SELECT 1'), bind({ resultFormats: [7] }), sync],
    differs: {
      why: 'a format that does not exist is refused when it is asked for, not when the first row is sent',
      changes: [['BindComplete', error('22023', 'unsupported format code: 7')]],
    },
  },
  {
    name: 'formats that do not match the columns',
    steps: [parse('SELECT 1'), bind({ resultFormats: [0, 1] }), sync],
  },
  {
    name: 'formats for a statement without columns',
    steps: [
      parse('SET TimeZone = UTC'),
      bind({ resultFormats: [1] }),
      execute(),
      sync,
      bind({ resultFormats: [1, 1] }),
      sync,
    ],
  },
  {
    name: 'a result in binary',
    steps: [
      parse("SELECT 7, 'x'::text, true, 1.5::float8, NULL::int, '2000-01-02'::date"),
      bind({ resultFormats: [1] }),
      describePortal(),
      execute(),
      sync,
    ],
  },
  {
    name: 'a result in both formats',
    steps: [parse('SELECT 7, 7'), bind({ resultFormats: [1, 0] }), describePortal(), execute(), sync],
  },
  {
    name: 'a Bind that fails leaves no portal',
    steps: [
      parse('SELECT $1::int'),
      bind({ values: ['1'], portal: 'p' }),
      sync,
      bind({ values: ['x'], portal: 'p' }),
      sync,
      execute(0, 'p'),
      sync,
    ],
  },
  {
    name: 'a Bind that fails takes the unnamed portal away',
    steps: [
      query('BEGIN'),
      parse('SELECT $1::int'),
      bind({ values: ['1'] }),
      sync,
      bind({ values: ['x'] }),
      sync,
      query('ROLLBACK'),
      execute(),
      sync,
    ],
  },
  { name: 'malformed Bind', steps: [parse('SELECT 1'), frame('B', Buffer.from([0, 0, 0])), sync] },
  {
    name: 'a Bind with bytes after its end',
    steps: [
      parse('SELECT 1'),
      frame('B', Buffer.concat([Buffer.alloc(2), int16(0), int16(0), int16(0), int16(9)])),
      sync,
    ],
  },
  {
    name: 'a Bind with a parameter longer than the message',
    steps: [
      parse('SELECT $1::text'),
      frame('B', Buffer.concat([Buffer.alloc(2), int16(0), int16(1), int32(100), Buffer.from('abc')])),
      sync,
    ],
    differs: malformedBind,
  },
  {
    name: 'a Bind with a parameter of negative length',
    steps: [
      parse('SELECT $1::text'),
      frame('B', Buffer.concat([Buffer.alloc(2), int16(0), int16(1), int32(-2), int16(0)])),
      sync,
    ],
    differs: malformedBind,
  },
  { name: 'a Bind whose names do not end', steps: [parse('SELECT 1'), frame('B', 'abc'), sync] },
]
