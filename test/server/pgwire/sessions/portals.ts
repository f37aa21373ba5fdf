/** Portals that are suspended and resumed, and when they end; SQL's cursors. */

import { failsByTheBatch } from './differences.ts'
import {
  bind,
  closePortal,
  describePortal,
  describeStatement,
  execute,
  flush,
  parse,
  query,
  run,
  sync,
} from './messages.ts'
import { type Script, table, waitFor } from './script.ts'

const series = 'SELECT g FROM generate_series(1, 5) g'
/** A portal p over five rows inside a transaction block. */
const opened = [query('BEGIN'), parse(series), bind({ portal: 'p' })]

const portals: readonly Script[] = [
  {
    name: 'portal suspended and resumed',
    steps: [
      ...opened,
      execute(2, 'p'),
      flush,
      waitFor('s'),
      execute(2, 'p'),
      flush,
      execute(2, 'p'),
      sync,
      query('COMMIT'),
    ],
  },
  {
    name: 'a portal is resumed after Sync in a transaction block',
    steps: [...opened, execute(2, 'p'), sync, execute(2, 'p'), sync, execute(0, 'p'), sync, query('COMMIT')],
  },
  {
    name: 'a limit hit exactly suspends first',
    steps: [...opened, execute(5, 'p'), execute(5, 'p'), sync, query('COMMIT')],
  },
  {
    name: 'an Execute of a portal that is at its end',
    steps: [...opened, execute(0, 'p'), execute(0, 'p'), execute(3, 'p'), sync, query('COMMIT')],
  },
  {
    name: 'a limit above the rows',
    steps: [...opened, execute(6, 'p'), execute(1, 'p'), sync, query('COMMIT')],
  },
  { name: 'a negative limit', steps: [...opened, execute(-1, 'p'), sync, query('COMMIT')] },
  {
    name: 'Sync outside a transaction drops portals',
    steps: [parse(series), bind({ portal: 'p' }), execute(2, 'p'), sync, execute(2, 'p'), sync],
  },
  {
    name: 'a portal without Sync outside a transaction',
    steps: [
      parse(series),
      bind({ portal: 'p' }),
      execute(2, 'p'),
      flush,
      waitFor('s'),
      execute(0, 'p'),
      sync,
    ],
  },
  {
    name: 'COMMIT drops portals',
    steps: [...opened, execute(2, 'p'), sync, query('COMMIT'), execute(2, 'p'), sync],
  },
  { name: 'ROLLBACK drops portals', steps: [...opened, sync, query('ROLLBACK'), describePortal('p'), sync] },
  {
    name: 'COMMIT in a pipeline drops portals',
    steps: [...opened, execute(2, 'p'), run('COMMIT'), execute(2, 'p'), sync],
  },
  {
    name: 'ROLLBACK TO drops portals made since',
    steps: [
      query('BEGIN'),
      parse(series, 's'),
      bind({ statement: 's', portal: 'p' }),
      sync,
      query('SAVEPOINT a'),
      bind({ statement: 's', portal: 'q' }),
      sync,
      query('ROLLBACK TO a'),
      execute(1, 'p'),
      execute(1, 'q'),
      sync,
      query('ROLLBACK'),
    ],
  },
  {
    name: 'a Query drops the unnamed portal only',
    steps: [
      query('BEGIN'),
      parse(series),
      bind(),
      bind({ portal: 'p' }),
      execute(2),
      execute(2, 'p'),
      sync,
      query('SELECT 1'),
      execute(2, 'p'),
      execute(2),
      sync,
      query('ROLLBACK'),
    ],
  },
  {
    name: 'a named portal that is not executed',
    steps: [...opened, closePortal('p'), execute(0, 'p'), sync, query('ROLLBACK')],
  },
  {
    name: 'two portals of one statement',
    steps: [
      query('BEGIN'),
      parse('SELECT g + $1::int FROM generate_series(1, 3) g', 's'),
      bind({ statement: 's', portal: 'p', values: ['10'] }),
      bind({ statement: 's', portal: 'q', values: ['20'] }),
      execute(1, 'p'),
      execute(2, 'q'),
      execute(0, 'p'),
      execute(0, 'q'),
      sync,
      query('COMMIT'),
    ],
  },
  {
    name: 'a write with a limit',
    setup: table,
    steps: [
      parse('UPDATE t SET v = upper(v) WHERE k = 1'),
      bind({ portal: 'p' }),
      execute(1, 'p'),
      execute(1, 'p'),
      sync,
      query("SELECT count(*) FROM t WHERE v = 'ONE'"),
    ],
  },
  {
    name: 'RETURNING with a limit',
    setup: table,
    steps: [
      query('BEGIN'),
      parse("INSERT INTO t VALUES (4, 'a'), (5, 'b'), (6, 'c') RETURNING k"),
      bind({ portal: 'p' }),
      execute(2, 'p'),
      sync,
      query('SELECT count(*) FROM t'),
      execute(0, 'p'),
      sync,
      query('COMMIT'),
    ],
  },
  {
    name: 'a utility statement executed twice',
    steps: [
      query('BEGIN'),
      parse('SET TimeZone = UTC'),
      bind({ portal: 'p' }),
      execute(0, 'p'),
      sync,
      execute(0, 'p'),
      sync,
      query('ROLLBACK'),
    ],
  },
  {
    name: 'SHOW with a limit',
    steps: [
      query('BEGIN'),
      parse('SHOW TimeZone'),
      bind({ portal: 'p' }),
      describePortal('p'),
      execute(1, 'p'),
      execute(1, 'p'),
      sync,
      query('ROLLBACK'),
    ],
  },
  {
    name: 'an empty portal executed twice',
    steps: [parse(''), bind({ portal: 'p' }), execute(0, 'p'), execute(1, 'p'), sync],
  },
  {
    name: 'an error while a portal is executed',
    steps: [
      query('BEGIN'),
      parse('SELECT 1 / (3 - g) FROM generate_series(1, 5) g'),
      bind({ portal: 'p' }),
      execute(2, 'p'),
      execute(2, 'p'),
      sync,
      execute(1, 'p'),
      sync,
      query('ROLLBACK'),
    ],
    differs: failsByTheBatch('DataRow "0"\nDataRow "1"\nPortalSuspended\n'),
  },
  {
    name: 'a portal does not see later writes',
    setup: table,
    steps: [
      query('BEGIN'),
      parse('SELECT k FROM t ORDER BY k'),
      bind({ portal: 'p' }),
      execute(1, 'p'),
      sync,
      query("INSERT INTO t VALUES (4, 'four')"),
      execute(0, 'p'),
      sync,
      query('COMMIT'),
    ],
  },
  {
    name: 'a result in binary, suspended',
    steps: [
      query('BEGIN'),
      parse(series),
      bind({ portal: 'p', resultFormats: [1] }),
      execute(1, 'p'),
      describePortal('p'),
      execute(1, 'p'),
      sync,
      query('COMMIT'),
    ],
  },
]

const cursors: readonly Script[] = [
  {
    name: 'cursor',
    steps: [
      ...[
        'BEGIN',
        `DECLARE c CURSOR FOR ${series}`,
        'FETCH c',
        'FETCH 2 FROM c',
        'MOVE 1 IN c',
        'FETCH ALL c',
        'FETCH c',
        'CLOSE c',
        'FETCH c',
        'ROLLBACK',
      ].map(query),
    ],
  },
  { name: 'DECLARE without BEGIN', steps: [query('DECLARE c CURSOR FOR SELECT 1')] },
  {
    name: 'cursor WITH HOLD',
    steps: [`DECLARE c CURSOR WITH HOLD FOR ${series}`, 'FETCH 2 c', 'CLOSE c', 'CLOSE c'].map(query),
  },
  {
    name: 'cursor of a taken name',
    steps: ['BEGIN', 'DECLARE c CURSOR FOR SELECT 1', 'DECLARE c CURSOR FOR SELECT 2', 'ROLLBACK'].map(query),
  },
  {
    name: 'a cursor that scrolls',
    steps: [
      'BEGIN',
      `DECLARE c SCROLL CURSOR FOR ${series}`,
      'FETCH LAST c',
      'FETCH PRIOR c',
      'FETCH ABSOLUTE 2 c',
      'FETCH RELATIVE -1 c',
      'FETCH BACKWARD ALL c',
      'MOVE FORWARD ALL c',
      'COMMIT',
    ].map(query),
  },
  {
    name: 'a cursor that does not scroll',
    steps: [
      'BEGIN',
      `DECLARE c NO SCROLL CURSOR FOR ${series}`,
      'FETCH 2 c',
      'FETCH PRIOR c',
      'ROLLBACK',
    ].map(query),
  },
  {
    name: 'FETCH over the extended protocol',
    steps: [
      query('BEGIN'),
      query(`DECLARE c CURSOR FOR ${series}`),
      parse('FETCH 2 FROM c', 'f'),
      describeStatement('f'),
      bind({ statement: 'f' }),
      describePortal(),
      execute(),
      bind({ statement: 'f' }),
      execute(1),
      sync,
      query('COMMIT'),
    ],
  },
  {
    name: 'CLOSE ALL',
    steps: ['BEGIN', 'DECLARE c CURSOR FOR SELECT 1', 'CLOSE ALL', 'FETCH c', 'ROLLBACK'].map(query),
  },
  {
    name: 'a portal is a cursor to SQL',
    steps: [
      ...[...opened, execute(1, 'p'), sync, query('FETCH 2 FROM p'), execute(1, 'p'), sync],
      ...[query('MOVE 1 IN p'), query('FETCH p'), query('CLOSE p'), execute(1, 'p'), sync, query('ROLLBACK')],
    ],
  },
  {
    name: 'a cursor is a portal to the protocol',
    steps: [
      query('BEGIN'),
      query(`DECLARE c CURSOR FOR ${series}`),
      describePortal('c'),
      execute(2, 'c'),
      execute(1, 'c'),
      sync,
      query('FETCH c'),
      closePortal('c'),
      sync,
      query('FETCH c'),
      query('ROLLBACK'),
    ],
  },
  {
    name: 'a cursor of the name of a portal',
    steps: [...opened, sync, query('DECLARE p CURSOR FOR SELECT 1'), query('ROLLBACK')],
  },
]

export const portalScripts = [...portals, ...cursors]
