/** SQL's prepared statements and the protocol's, and plans that are made again when a table changed. */

import {
  bind,
  closeStatement,
  describePortal,
  describeStatement,
  execute,
  parse,
  query,
  sync,
} from './messages.ts'
import { type Script, table } from './script.ts'

const prepared: readonly Script[] = [
  {
    name: 'PREPARE and EXECUTE',
    steps: [
      'PREPARE p (int) AS SELECT $1 + 1 AS x',
      'EXECUTE p (41)',
      'EXECUTE p',
      "EXECUTE p ('x')",
      'EXECUTE q',
      'DEALLOCATE p',
      'DEALLOCATE p',
      'EXECUTE p(1)',
    ].map(query),
  },
  {
    name: 'arguments of EXECUTE are assigned to the parameters',
    steps: [
      'PREPARE p (int, text, numeric, date) AS SELECT $1 AS a, $2 AS b, $3 AS c, $4 AS d',
      "EXECUTE p (1.5, 2, '3.50', '2026-01-02')",
      "EXECUTE p (1 + 1, 'a' || 'b', 7, DATE '2026-01-02' + 1)",
      'EXECUTE p (NULL, NULL, NULL, NULL)',
      "EXECUTE p (true, '', 1, NULL)",
      "EXECUTE p (1, '', 1, 5)",
      "EXECUTE p (1, '', 'x', NULL)",
      "EXECUTE p (3000000000, '', 1, NULL)",
      "EXECUTE p (1 / 0, '', 1, NULL)",
      "EXECUTE p (nosuch, '', 1, NULL)",
      "EXECUTE p (count(*), '', 1, NULL)",
      "EXECUTE p ($1, '', 1, NULL)",
      'PREPARE q (text[]) AS SELECT $1 AS a',
      "EXECUTE q ('{a,b}')",
      "EXECUTE q (ARRAY['c'])",
      'EXECUTE q (ARRAY[1])',
      'EXECUTE q (1)',
      'SET datestyle = german',
      "EXECUTE p (1, '', 1, '03.02.2026')",
    ].map(query),
  },
  {
    name: 'PREPARE is seen by the protocol',
    steps: [
      query('PREPARE p (int) AS SELECT $1 + 1 AS x'),
      describeStatement('p'),
      bind({ statement: 'p', values: ['1'] }),
      execute(),
      closeStatement('p'),
      sync,
      query('EXECUTE p (1)'),
    ],
  },
  {
    name: 'Parse is seen by SQL',
    steps: [
      parse('SELECT $1::int + 1', 'p'),
      sync,
      query('EXECUTE p (41)'),
      query('DEALLOCATE p'),
      bind({ statement: 'p', values: ['1'] }),
      sync,
    ],
  },
  {
    name: 'PREPARE of a taken name',
    steps: [
      parse('SELECT 1', 'p'),
      sync,
      query('PREPARE p AS SELECT 2'),
      query('DEALLOCATE ALL'),
      query('PREPARE p AS SELECT 2'),
      parse('SELECT 3', 'p'),
      sync,
    ],
  },
  {
    name: 'EXECUTE over the extended protocol',
    steps: [
      query('PREPARE p (int) AS SELECT $1 + 1 AS x'),
      parse('EXECUTE p (1)'),
      describeStatement(),
      bind(),
      describePortal(),
      execute(),
      sync,
    ],
  },
  {
    name: 'prepared statements outlive a failed transaction',
    steps: [
      query('BEGIN'),
      query('PREPARE p AS SELECT 1'),
      parse('SELECT 2', 'q'),
      sync,
      query('ROLLBACK'),
      query('EXECUTE p'),
      query('EXECUTE q'),
    ],
  },
  { name: 'empty statement by name, from SQL', steps: [parse('', 'p'), sync, query('EXECUTE p')] },
  {
    name: 'DISCARD ALL',
    steps: [
      parse('SELECT 1', 'p'),
      sync,
      query('SET application_name = x'),
      query('DISCARD ALL'),
      bind({ statement: 'p' }),
      sync,
      query('DISCARD PLANS'),
    ],
  },
  { name: 'PREPARE of what cannot be prepared', steps: [query('PREPARE p AS SHOW TimeZone')] },
]

const plans: readonly Script[] = [
  {
    name: 'a statement whose table changed its columns',
    setup: ['DROP TABLE IF EXISTS t', 'CREATE TABLE t (a integer)'],
    steps: [
      ...[
        parse('SELECT * FROM t', 's'),
        sync,
        query('DROP TABLE t'),
        query('CREATE TABLE t (a integer, b text)'),
      ],
      ...[
        bind({ statement: 's' }),
        execute(),
        sync,
        query('BEGIN'),
        bind({ statement: 's' }),
        sync,
        query('ROLLBACK'),
      ],
    ],
  },
  {
    name: 'a statement whose table is gone',
    setup: ['DROP TABLE IF EXISTS t', 'CREATE TABLE t (a integer)'],
    steps: [
      parse('SELECT * FROM t', 's'),
      sync,
      query('DROP TABLE t'),
      bind({ statement: 's' }),
      sync,
      describeStatement('s'),
      sync,
    ],
    differs: {
      why: 'Describe is refused before it is answered in part',
      changes: [['ParameterDescription\n', '']],
    },
  },
  {
    name: 'a statement whose table was made again',
    setup: table,
    steps: [
      ...[
        parse('SELECT v FROM t WHERE k = $1', 's'),
        bind({ statement: 's', values: ['1'] }),
        execute(),
        sync,
      ],
      ...[
        query('DROP TABLE t'),
        query('CREATE TABLE t (v text, k integer)'),
        query("INSERT INTO t VALUES ('new', 1)"),
      ],
      ...[describeStatement('s'), bind({ statement: 's', values: ['1'] }), execute(), sync],
    ],
  },
  {
    name: 'EXECUTE of a statement whose table changed its columns',
    setup: ['DROP TABLE IF EXISTS t', 'CREATE TABLE t (a integer)'],
    steps: ['PREPARE s AS SELECT * FROM t', 'DROP TABLE t', 'CREATE TABLE t (a text)', 'EXECUTE s'].map(
      query,
    ),
  },
]

export const preparedScripts = [...prepared, ...plans]
