/**
 * Scripted protocol sessions: what the client sends after start-up and what PostgreSQL 15 answers, as
 * `summary` prints it.
 */

import { serialize } from 'pg-protocol'
import { frame } from '../../support/wire-client.ts'

export interface Script {
  readonly name: string
  readonly send: readonly Buffer[]
  /** ReadyForQuery messages to wait for. */
  readonly ready: number
  readonly expect: string
}

const query = (text: string): Buffer => serialize.query(text)
const parse = (text: string, name = '', types: number[] = []): Buffer =>
  serialize.parse({ text, name, types })
const bind = (values: (string | null)[] = [], statement = '', portal = ''): Buffer =>
  serialize.bind({ portal, statement, values })
const describeStatement = (name = ''): Buffer => serialize.describe({ type: 'S', name })
const describePortal = (name = ''): Buffer => serialize.describe({ type: 'P', name })
const execute = (rows = 0, portal = ''): Buffer => serialize.execute({ portal, rows })
const closeStatement = (name: string): Buffer => serialize.close({ type: 'S', name })
const closePortal = (name: string): Buffer => serialize.close({ type: 'P', name })
const sync = serialize.sync()
const flush = serialize.flush()
const series = 'SELECT g FROM generate_series(1, 50) g'

export const scripts: readonly Script[] = [
  { name: 'simple query', send: [query('SELECT 1')], ready: 1, expect: 'T(1) D C(SELECT 1) Z(I)' },
  { name: 'empty query', send: [query('')], ready: 1, expect: 'I Z(I)' },
  { name: 'comment only', send: [query('-- ping')], ready: 1, expect: 'I Z(I)' },
  { name: 'semicolon only', send: [query(';')], ready: 1, expect: 'I Z(I)' },
  {
    name: 'several statements',
    send: [query('SELECT 1; SELECT 2, 3')],
    ready: 1,
    expect: 'T(1) D C(SELECT 1) T(2) D C(SELECT 1) Z(I)',
  },
  {
    name: 'several statements with an error in the middle',
    send: [query('SELECT 1; SELECT 1/0; SELECT 3')],
    ready: 1,
    expect: 'T(1) D C(SELECT 1) T(1) E(22012) Z(I)',
  },
  { name: 'syntax error', send: [query('SELEC 1')], ready: 1, expect: 'E(42601) Z(I)' },
  {
    name: 'two queries in a row',
    send: [query('SELECT 1'), query('SELECT 2')],
    ready: 2,
    expect: 'T(1) D C(SELECT 1) Z(I) T(1) D C(SELECT 1) Z(I)',
  },
  {
    name: 'transaction',
    send: [query('BEGIN'), query('SELECT 1'), query('COMMIT')],
    ready: 3,
    expect: 'C(BEGIN) Z(T) T(1) D C(SELECT 1) Z(T) C(COMMIT) Z(I)',
  },
  {
    name: 'failed transaction',
    ready: 4,
    send: [query('BEGIN'), query('SELECT nope'), query('SELECT 1'), query('COMMIT')],
    expect: 'C(BEGIN) Z(T) E(42703) Z(E) E(25P02) Z(E) C(ROLLBACK) Z(I)',
  },
  {
    name: 'extended query',
    send: [parse('SELECT $1::int + 1'), bind(['41']), describePortal(), execute(), sync],
    ready: 1,
    expect: '1 2 T(1) D C(SELECT 1) Z(I)',
  },
  {
    name: 'describe infers parameter types',
    send: [parse('SELECT 1 WHERE $1 = 2 AND $2'), describeStatement(), sync],
    ready: 1,
    expect: '1 t[23,16] T(1) Z(I)',
  },
  {
    name: 'flush without sync answers',
    send: [parse('SELECT 1'), describeStatement(), flush, bind(), execute(), sync],
    ready: 1,
    expect: '1 t[] T(1) 2 D C(SELECT 1) Z(I)',
  },
  {
    name: 'statement without rows',
    send: [parse('BEGIN'), describeStatement(), bind(), execute(), sync, query('ROLLBACK')],
    ready: 2,
    expect: '1 t[] n 2 C(BEGIN) Z(T) C(ROLLBACK) Z(I)',
  },
  {
    name: 'empty statement',
    send: [parse(''), bind(), describePortal(), execute(), sync],
    ready: 1,
    expect: '1 2 n I Z(I)',
  },
  {
    name: 'empty statement by name, from SQL',
    send: [parse('', 'p'), sync, query('EXECUTE p')],
    ready: 2,
    expect: '1 Z(I) C(EXECUTE) Z(I)',
  },
  {
    name: 'several statements in Parse',
    send: [parse('SELECT 1; SELECT 2'), bind(), execute(), sync],
    ready: 1,
    expect: 'E(42601) Z(I)',
  },
  {
    name: 'an error skips to Sync, queries included',
    send: [
      parse('SELECT nope'),
      bind(),
      execute(),
      query('SELECT 1'),
      parse('SELECT 1'),
      sync,
      query('SELECT 2'),
    ],
    ready: 2,
    expect: 'E(42703) Z(I) T(1) D C(SELECT 1) Z(I)',
  },
  {
    name: 'portal suspended and resumed',
    send: [
      query('BEGIN'),
      parse(series),
      bind([], '', 'p'),
      execute(20, 'p'),
      flush,
      execute(20, 'p'),
      flush,
      execute(20, 'p'),
      sync,
      query('COMMIT'),
    ],
    ready: 3,
    expect: 'C(BEGIN) Z(T) 1 2 D*20 s D*20 s D*10 C(SELECT 10) Z(T) C(COMMIT) Z(I)',
  },
  {
    name: 'a limit hit exactly suspends first',
    send: [
      query('BEGIN'),
      parse(series),
      bind([], '', 'p'),
      execute(50, 'p'),
      execute(50, 'p'),
      sync,
      query('COMMIT'),
    ],
    ready: 3,
    expect: 'C(BEGIN) Z(T) 1 2 D*50 s C(SELECT 0) Z(T) C(COMMIT) Z(I)',
  },
  {
    name: 'Sync outside a transaction drops portals',
    send: [parse(series), bind([], '', 'p'), execute(5, 'p'), sync, execute(5, 'p'), sync],
    ready: 2,
    expect: '1 2 D*5 s Z(I) E(34000) Z(I)',
  },
  {
    name: 'named statements',
    ready: 3,
    send: [
      parse('SELECT 1', 's1'),
      sync,
      parse('SELECT 2', 's1'),
      sync,
      bind([], 's1'),
      execute(),
      closeStatement('s1'),
      bind([], 's1'),
      sync,
    ],
    expect: '1 Z(I) E(42P05) Z(I) 2 D C(SELECT 1) 3 E(26000) Z(I)',
  },
  {
    name: 'closing what is not there',
    send: [closeStatement('x'), closePortal('y'), sync],
    ready: 1,
    expect: '3 3 Z(I)',
  },
  { name: 'two Syncs in a row', send: [sync, sync], ready: 2, expect: 'Z(I) Z(I)' },
  { name: 'Sync then Flush', send: [parse('SELECT 1'), sync, flush], ready: 1, expect: '1 Z(I)' },
  {
    name: 'pipeline of groups before one Sync',
    send: [parse('SELECT 1'), bind(), execute(), parse('SELECT 2'), bind(), execute(), sync],
    ready: 1,
    expect: '1 2 D C(SELECT 1) 1 2 D C(SELECT 1) Z(I)',
  },
  {
    name: 'wrong number of parameters',
    send: [parse('SELECT $1::int'), bind([]), sync],
    ready: 1,
    expect: '1 E(08P01) Z(I)',
  },
  {
    name: 'bad parameter text',
    send: [parse('SELECT $1::int'), bind(['x']), sync],
    ready: 1,
    expect: '1 E(22P02) Z(I)',
  },
  {
    name: 'stray COPY messages are dropped',
    send: [frame('d', 'x'), frame('c'), frame('f', 'no\0'), query('SELECT 1')],
    ready: 1,
    expect: 'T(1) D C(SELECT 1) Z(I)',
  },
  {
    name: 'copy out',
    send: [query('COPY (SELECT 1 UNION ALL SELECT 2) TO STDOUT')],
    ready: 1,
    expect: 'H d d c C(COPY 2) Z(I)',
  },
  {
    name: 'malformed Bind',
    send: [parse('SELECT 1'), frame('B', Buffer.from([0, 0, 0])), sync],
    ready: 1,
    expect: '1 E(08P01) Z(I)',
  },
]
