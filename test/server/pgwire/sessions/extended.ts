/** Parse, Bind, Describe, Execute, Close, Flush and Sync. */

import { frame } from '../../../support/wire-client.ts'
import { constantsAreNotFolded, failsByTheBatch } from './differences.ts'
import {
  bind,
  closePortal,
  closeStatement,
  cstring,
  describePortal,
  describeStatement,
  execute,
  flush,
  int16,
  int32,
  parse,
  query,
  run,
  sync,
} from './messages.ts'
import { type Script, table, waitFor } from './script.ts'

const parsing: readonly Script[] = [
  { name: 'extended query', steps: [run('SELECT $1::int + 1', ['41']), sync] },
  { name: 'syntax error in Parse', steps: [parse('SELEC 1'), bind(), execute(), sync] },
  { name: 'unknown column in Parse', steps: [parse('SELECT nope'), bind(), execute(), sync] },
  { name: 'several statements in Parse', steps: [parse('SELECT 1; SELECT 2'), bind(), execute(), sync] },
  { name: 'a semicolon at the end in Parse', steps: [parse('SELECT 1;'), bind(), execute(), sync] },
  {
    name: 'empty statement',
    steps: [parse(''), describeStatement(), bind(), describePortal(), execute(), sync],
  },
  { name: 'comment in Parse', steps: [parse('-- ping'), bind(), execute(), sync] },
  {
    name: 'empty statement with parameters',
    steps: [parse('', '', [23]), describeStatement(), bind({ values: ['1'] }), execute(), sync],
  },
  {
    name: 'describe infers parameter types',
    steps: [parse('SELECT 1 WHERE $1 = 2 AND $2'), describeStatement(), sync],
  },
  {
    name: 'parameter types that are given',
    steps: [parse('SELECT $1, $2', '', [20, 1043]), describeStatement(), sync],
  },
  {
    name: 'parameter types given in part',
    steps: [parse('SELECT $1, $2, $3', '', [0, 16]), describeStatement(), sync],
  },
  {
    name: 'more parameter types than parameters',
    steps: [
      parse('SELECT $1', '', [23, 25, 16]),
      describeStatement(),
      bind({ values: ['1', 'a', 't'] }),
      execute(),
      sync,
    ],
  },
  {
    name: 'a parameter without a type',
    steps: [
      parse('SELECT $1'),
      describeStatement(),
      bind({ values: ['x'] }),
      describePortal(),
      execute(),
      sync,
    ],
  },
  {
    name: 'a parameter whose type cannot be known',
    steps: [parse('SELECT $1 IS NULL'), describeStatement(), sync],
  },
  { name: 'a parameter of two types', steps: [parse("SELECT $1::int, $1 = 'a'::text"), sync] },
  { name: 'a gap in the parameters', steps: [parse('SELECT $2::int'), describeStatement(), sync] },
  {
    name: 'a gap in the parameters with types',
    steps: [
      parse('SELECT $2::int', '', [16]),
      describeStatement(),
      bind({ values: ['t', '5'] }),
      execute(),
      sync,
    ],
  },
  { name: 'parameter zero', steps: [parse('SELECT $0'), sync] },
  {
    name: 'a type that does not exist',
    steps: [parse('SELECT $1', '', [999999]), sync],
    differs: {
      why: 'the error of an unknown type, not of an internal cache',
      changes: [
        [
          'C XX000\n  M cache lookup failed for type 999999',
          'C 42704\n  M type with OID 999999 does not exist',
        ],
      ],
    },
  },
  { name: 'the type unknown', steps: [parse('SELECT $1::int', '', [705]), describeStatement(), sync] },
  {
    name: 'parameters in LIMIT',
    steps: [run('SELECT g FROM generate_series(1, 5) g LIMIT $1 OFFSET $2', ['2', '1']), sync],
  },
  {
    name: 'parameters of a write',
    setup: table,
    steps: [
      parse('INSERT INTO t VALUES ($1, $2) RETURNING k'),
      describeStatement(),
      bind({ values: ['7', 'seven'] }),
      execute(),
      sync,
    ],
  },
  { name: 'a parameter in a simple query', steps: [query('SELECT $1'), query('SELECT 1 + $2')] },
  {
    name: 'a parameter in a utility statement',
    steps: [parse('SHOW TimeZone', '', [23]), describeStatement(), sync, parse('SET TimeZone = $1'), sync],
    differs: { why: 'the position is that of the statement', changes: [['P 16', 'P 1']] },
  },
  {
    name: 'statement without rows',
    steps: [
      parse('BEGIN'),
      describeStatement(),
      bind(),
      describePortal(),
      execute(),
      sync,
      query('ROLLBACK'),
    ],
  },
  {
    name: 'statements with rows that are no queries',
    steps: [parse('SHOW TimeZone'), describeStatement(), bind(), describePortal(), execute(), sync],
  },
]

const names: readonly Script[] = [
  {
    name: 'named statements',
    steps: [
      ...[parse('SELECT 1', 's1'), sync, parse('SELECT 2', 's1'), sync, bind({ statement: 's1' }), execute()],
      ...[closeStatement('s1'), bind({ statement: 's1' }), sync],
    ],
  },
  {
    name: 'the unnamed statement is replaced',
    steps: [parse('SELECT 1'), parse('SELECT 2'), bind(), execute(), sync],
  },
  {
    name: 'the unnamed statement outlives Sync',
    steps: [parse('SELECT 1'), sync, bind(), execute(), sync, bind(), execute(), sync],
  },
  {
    name: 'a Parse that fails takes the unnamed statement away',
    steps: [parse('SELECT 1'), sync, parse('SELECT nope'), sync, bind(), sync],
  },
  {
    name: 'a Query takes the unnamed statement away',
    steps: [parse('SELECT 1'), sync, query('SELECT 2'), bind(), sync],
  },
  {
    name: 'an empty Query takes the unnamed statement away',
    steps: [parse('SELECT 1'), sync, query(''), bind(), sync],
  },
  {
    name: 'a Parse of a taken name',
    steps: [parse('SELECT 1', 's'), parse('SELECT nope', 's'), sync, parse('SELEC', 's'), sync],
  },
  { name: 'no unnamed statement', steps: [bind(), sync, describeStatement(), sync] },
  { name: 'missing statements', steps: [bind({ statement: 'x' }), sync, describeStatement('x'), sync] },
  {
    name: 'missing portals',
    steps: [describePortal('x'), sync, execute(0, 'x'), sync, describePortal(), sync, execute(), sync],
  },
  {
    name: 'closing what is not there',
    steps: [closeStatement('x'), closePortal('y'), closeStatement(), closePortal(), sync],
  },
  {
    name: 'a portal of a taken name',
    steps: [
      parse('SELECT 1'),
      bind({ portal: 'p' }),
      bind({ portal: 'p' }),
      sync,
      bind({ portal: 'p' }),
      closePortal('p'),
      bind({ portal: 'p' }),
      execute(0, 'p'),
      sync,
    ],
  },
  {
    name: 'the unnamed portal is replaced',
    steps: [parse('SELECT 1'), bind(), parse('SELECT 2'), bind(), execute(), sync],
  },
  {
    name: 'a portal outlives its statement',
    steps: [
      parse('SELECT 1', 's'),
      bind({ portal: 'p', statement: 's' }),
      closeStatement('s'),
      describePortal('p'),
      execute(0, 'p'),
      sync,
    ],
  },
  {
    name: 'a portal outlives the replaced unnamed statement',
    steps: [
      parse('SELECT 1'),
      bind({ portal: 'p' }),
      parse('SELECT true, false'),
      describePortal('p'),
      execute(0, 'p'),
      sync,
    ],
  },
  { name: 'closing the unnamed statement', steps: [parse('SELECT 1'), closeStatement(), bind(), sync] },
  { name: 'closing the unnamed portal', steps: [parse('SELECT 1'), bind(), closePortal(), execute(), sync] },
  {
    name: 'closing a portal twice',
    steps: [parse('SELECT 1'), bind({ portal: 'p' }), closePortal('p'), closePortal('p'), sync],
  },
  {
    name: 'closing a statement that an error made',
    steps: [parse('SELECT nope', 's'), sync, closeStatement('s'), sync],
  },
  { name: 'a Close of the unknown kind', steps: [frame('C', 'Xname\0'), sync] },
  { name: 'a Describe of the unknown kind', steps: [frame('D', 'Xname\0'), sync] },
  {
    name: 'names are case sensitive and free',
    steps: [
      parse('SELECT 1', 'A b"ü'),
      bind({ statement: 'a b"ü' }),
      sync,
      bind({ statement: 'A b"ü', portal: "it's" }),
      execute(0, "it's"),
      sync,
    ],
  },
]

const describing: readonly Script[] = [
  {
    name: 'Describe before and after Bind',
    steps: [
      parse('SELECT $1::int AS a, $2::text AS b'),
      describeStatement(),
      bind({ values: ['1', 'x'], resultFormats: [1] }),
      describePortal(),
      describeStatement(),
      execute(),
      describePortal(),
      sync,
    ],
  },
  {
    name: 'Describe of a write',
    setup: table,
    steps: [
      parse('DELETE FROM t WHERE k = $1'),
      describeStatement(),
      bind({ values: ['1'] }),
      describePortal(),
      execute(),
      sync,
    ],
  },
  {
    name: 'Describe of RETURNING',
    setup: table,
    steps: [
      parse('DELETE FROM t WHERE k = $1 RETURNING v'),
      describeStatement(),
      bind({ values: ['1'] }),
      describePortal(),
      execute(),
      sync,
    ],
  },
  {
    name: 'Describe of columns of a table',
    setup: table,
    steps: [
      parse('SELECT t.*, k * 2 AS twice FROM t WHERE k = 1'),
      describeStatement(),
      bind({ resultFormats: [0, 0, 1] }),
      describePortal(),
      execute(),
      sync,
    ],
  },
  {
    name: 'an Execute without Describe sends no description',
    steps: [parse('SELECT 1'), bind(), execute(), sync],
  },
  {
    name: 'an error before Describe',
    steps: [describeStatement('x'), parse('SELECT 1'), describeStatement(), sync],
  },
]

const states: readonly Script[] = [
  {
    name: 'flush without sync answers',
    steps: [
      parse('SELECT 1'),
      describeStatement(),
      flush,
      waitFor('T'),
      bind(),
      execute(),
      flush,
      waitFor('C'),
      sync,
    ],
  },
  {
    name: 'an error skips to Sync, queries included',
    steps: [
      parse('SELECT nope'),
      bind(),
      execute(),
      query('SELECT 1'),
      flush,
      parse('SELECT 1'),
      closeStatement('x'),
      sync,
      query('SELECT 2'),
    ],
  },
  {
    name: 'an error is answered at once',
    steps: [parse('SELECT nope'), waitFor('E'), bind(), execute(), sync],
  },
  {
    name: 'malformed messages are skipped after an error',
    steps: [parse('SELECT nope'), frame('B', 'x'), frame('D'), frame('P'), sync],
  },
  { name: 'two Syncs in a row', steps: [sync, sync] },
  { name: 'Sync then Flush', steps: [parse('SELECT 1'), sync, flush] },
  { name: 'pipeline of groups before one Sync', steps: [run('SELECT 1'), run('SELECT 2'), sync] },
  {
    name: 'pipeline of groups each with its Sync, errors in the middle',
    steps: [
      run('SELECT 1'),
      sync,
      run('SELECT nope'),
      sync,
      parse('SELECT $1::int'),
      bind({ values: ['x'] }),
      execute(),
      sync,
      run('SELECT 4'),
      sync,
    ],
  },
  {
    name: 'pipeline with queries between',
    steps: [run('SELECT 1'), query('SELECT 2'), run('SELECT 3'), sync],
  },
  {
    name: 'an error when executed',
    steps: [
      run('SELECT 1 / (3 - g) FROM generate_series(1, 5) g'),
      run('SELECT 1'),
      sync,
      run('SELECT 2'),
      sync,
    ],
    differs: failsByTheBatch('DataRow "0"\nDataRow "1"\n'),
  },
  {
    name: 'an error in a constant when executed',
    steps: [parse('SELECT 1/0'), bind(), describePortal(), execute(), sync],
    differs: constantsAreNotFolded(
      'BindComplete\nRowDescription\n  "?column?" type 23 size 4 modifier -1 text\n',
    ),
  },
  {
    name: 'an error in a parameter when executed',
    steps: [parse('SELECT 1/$1::int'), bind({ values: ['0'] }), describePortal(), execute(), sync],
    differs: constantsAreNotFolded(
      'BindComplete\nRowDescription\n  "?column?" type 23 size 4 modifier -1 text\n',
    ),
  },
  {
    name: 'stray COPY messages are dropped',
    steps: [frame('d', 'x'), frame('c'), frame('f', 'no\0'), query('SELECT 1')],
  },
  { name: 'Sync with a body', steps: [frame('S', 'x'), query('SELECT 1')] },
  { name: 'Flush with a body', steps: [frame('H', 'x'), sync, query('SELECT 1')] },
  {
    name: 'Parse that is not complete',
    steps: [frame('P', 'x'), sync, frame('P', Buffer.concat([cstring(''), cstring('SELECT 1')])), sync],
  },
  {
    name: 'Parse with fewer types than it says',
    steps: [frame('P', Buffer.concat([cstring(''), cstring('SELECT 1'), int16(2), int32(23)])), sync],
  },
  {
    name: 'Execute without a number of rows',
    steps: [parse('SELECT 1'), bind(), frame('E', cstring('')), sync],
  },
  { name: 'notices in a pipeline', steps: [run('DROP TABLE IF EXISTS nope'), run('COMMIT'), sync] },
]

export const extendedScripts = [...parsing, ...names, ...describing, ...states]
