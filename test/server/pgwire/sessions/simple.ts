/** The simple protocol: one Query message, any number of statements. */

import { frame } from '../../../support/wire-client.ts'
import { constantsAreNotFolded, failsByTheBatch } from './differences.ts'
import { query } from './messages.ts'
import { type Script, table } from './script.ts'

export const simpleScripts: readonly Script[] = [
  { name: 'simple query', steps: [query('SELECT 1')] },
  { name: 'empty query', steps: [query('')] },
  { name: 'comment only', steps: [query('-- ping')] },
  { name: 'semicolon only', steps: [query(';')] },
  { name: 'several semicolons', steps: [query(' ; ;; ')] },
  { name: 'several statements', steps: [query('SELECT 1; SELECT 2, 3')] },
  { name: 'empty statements between others', steps: [query(';SELECT 1;; SELECT 2;')] },
  { name: 'two queries in a row', steps: [query('SELECT 1'), query('SELECT 2')] },
  {
    name: 'an error in the middle of a result',
    steps: [query('SELECT 1 / (3 - g) FROM generate_series(1, 5) g'), query('SELECT 1')],
    differs: failsByTheBatch('DataRow "0"\nDataRow "1"\n'),
  },
  {
    name: 'an error of a later statement ends the query',
    steps: [query('SELECT 1; SELECT 1 / (g - 1) FROM generate_series(1, 1) g; SELECT 3')],
  },
  {
    name: 'an error in a constant',
    steps: [query('SELECT 1; SELECT 1/0; SELECT 3')],
    differs: constantsAreNotFolded('RowDescription\n  "?column?" type 23 size 4 modifier -1 text\n'),
  },
  { name: 'syntax error', steps: [query('SELEC 1')] },
  { name: 'syntax error at the end', steps: [query('SELECT 1 +')] },
  { name: 'a syntax error in the second statement', steps: [query('SELECT 1; SELEC 2')] },
  { name: 'unknown column', steps: [query('SELECT nope')] },
  { name: 'unknown column of a later statement', steps: [query('SELECT 1; SELECT 2, nope')] },
  { name: 'a position counts characters', steps: [query("SELECT 'äöü€😀', nope")] },
  { name: 'unknown table', steps: [query('SELECT * FROM nope')] },
  { name: 'unknown function', steps: [query('SELECT nope(1)')] },
  { name: 'unknown type', steps: [query("SELECT 'x'::nope")] },
  { name: 'no such operator', steps: [query('SELECT 1 + true')] },
  { name: 'text that is no number', steps: [query("SELECT 'x'::int")] },
  { name: 'an integer out of range', steps: [query('SELECT 2147483647 + g FROM generate_series(1, 1) g')] },
  { name: 'a query without columns', steps: [query('SELECT')] },
  { name: 'a query without rows', steps: [query('SELECT 1 WHERE false')] },
  { name: 'rows without columns', steps: [query('SELECT FROM generate_series(1, 2)')] },
  { name: 'values', steps: [query("VALUES (1, 'a'), (2, NULL)")] },
  { name: 'columns of one name', steps: [query('SELECT 1 AS a, 2 AS a, 3')] },
  {
    name: 'names of columns',
    steps: [query('SELECT 1 AS "Ä b", now() IS NULL, upper(\'x\'), true AND true')],
  },
  {
    name: 'types of columns',
    steps: [
      query(
        "SELECT true, 1::int2, 2, 3::int8, 1.5::float4, 2.5::float8, 1.50, 1.5::numeric(10, 2), 'x'::text, " +
          "'y'::varchar(7), 'z'::varchar, '\\x01'::bytea, '2024-02-03'::date, '10:11:12'::time, " +
          "'2024-02-03 04:05:06'::timestamp, '2024-02-03 04:05:06+00'::timestamptz, '1 day'::interval, " +
          "'{\"a\":1}'::json, '{\"a\":1}'::jsonb, '00000000-0000-0000-0000-000000000001'::uuid, ARRAY[1,2]",
      ),
    ],
  },
  { name: 'untyped literals and NULL', steps: [query("SELECT 'a', NULL, '' AS empty")] },
  { name: 'SHOW', steps: [query('SHOW TimeZone'), query('SHOW nope')] },
  { name: 'columns of a table', setup: table, steps: [query('SELECT v, k, k + 1 FROM t ORDER BY k')] },
  { name: 'TABLE', setup: table, steps: [query('TABLE t')] },
  {
    name: 'tags of writes',
    setup: table,
    steps: [
      query("INSERT INTO t VALUES (4, 'four'), (5, 'five')"),
      query('UPDATE t SET v = upper(v) WHERE k > 3'),
      query('DELETE FROM t WHERE k > 100'),
      query('DELETE FROM t'),
      query("INSERT INTO t SELECT 1, 'x' WHERE false"),
    ],
  },
  {
    name: 'RETURNING',
    setup: table,
    steps: [
      query("INSERT INTO t VALUES (4, 'four') RETURNING k, v"),
      query("UPDATE t SET v = 'x' WHERE k = 4 RETURNING v AS new"),
      query('DELETE FROM t WHERE k = 4 RETURNING *'),
      query('DELETE FROM t WHERE k = 4 RETURNING *'),
    ],
  },
  {
    name: 'a key that is there',
    setup: table,
    steps: [query("INSERT INTO t VALUES (1, 'again')"), query('SELECT count(*) FROM t')],
  },
  { name: 'NULL where it must not be', setup: table, steps: [query('INSERT INTO t VALUES (9, NULL)')] },
  {
    name: 'an unknown column of a table',
    setup: table,
    steps: [query('INSERT INTO t (k, w) VALUES (1, 2)')],
  },
  { name: 'too many values', setup: table, steps: [query("INSERT INTO t VALUES (1, 'x', 3)")] },
  { name: 'a value of the wrong type', setup: table, steps: [query('INSERT INTO t VALUES (true, 1)')] },
  { name: 'notice', steps: [query('DROP TABLE IF EXISTS nope')] },
  {
    name: 'notices that the client does not want',
    steps: [query('SET client_min_messages = error'), query('DROP TABLE IF EXISTS nope; COMMIT')],
  },
  { name: 'a query that is not terminated', steps: [frame('Q', 'SELECT 1'), query('SELECT 2')] },
  { name: 'bytes after a query', steps: [frame('Q', 'SELECT 1\0more\0'), query('SELECT 2')] },
  { name: 'a query of no bytes', steps: [frame('Q'), query('SELECT 2')] },
  {
    name: 'a query that is not UTF-8',
    steps: [frame('Q', Buffer.from("SELECT '\xff'\0", 'latin1')), query('SELECT 2')],
  },
  {
    name: 'a query with a character that is cut short',
    steps: [frame('Q', Buffer.from("SELECT '\xe2\x82'\0", 'latin1')), query('SELECT 2')],
  },
]
