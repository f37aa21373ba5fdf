/** Transaction blocks, implicit and explicit, in both protocols; savepoints. */

import {
  bind,
  closePortal,
  closeStatement,
  describePortal,
  describeStatement,
  execute,
  parse,
  query,
  run,
  sync,
} from './messages.ts'
import { type Script, table } from './script.ts'

const count = query('SELECT count(*) FROM t')
const insert = "INSERT INTO t VALUES (4, 'four')"
const failing = 'SELECT 1 / (g - 1) FROM generate_series(1, 1) g'

const blocks: readonly Script[] = [
  { name: 'transaction', steps: [query('BEGIN'), query('SELECT 1'), query('COMMIT')] },
  {
    name: 'other words for a transaction',
    steps: [query('START TRANSACTION'), query('END'), query('BEGIN WORK'), query('ABORT')],
  },
  {
    name: 'failed transaction',
    steps: [query('BEGIN'), query('SELECT nope'), query('SELECT 1'), query(''), query('COMMIT')],
  },
  {
    name: 'what a failed transaction takes',
    steps: [
      query('BEGIN'),
      query('SELECT nope'),
      ...['SHOW TimeZone', 'SET TimeZone = UTC', 'BEGIN', 'SAVEPOINT a', 'ROLLBACK TO a'].map(query),
      ...['COPY (SELECT 1) TO STDOUT', 'DISCARD ALL', 'DEALLOCATE ALL', 'SELEC', 'RELEASE a', 'ROLLBACK'].map(
        query,
      ),
    ],
  },
  { name: 'BEGIN twice', steps: [query('BEGIN'), query('BEGIN'), query('ROLLBACK')] },
  { name: 'COMMIT without BEGIN', steps: [query('COMMIT'), query('ROLLBACK'), query('END')] },
  { name: 'AND CHAIN without BEGIN', steps: [query('COMMIT AND CHAIN'), query('ROLLBACK AND CHAIN')] },
  {
    name: 'AND CHAIN',
    setup: table,
    steps: [
      ...['BEGIN READ ONLY', 'COMMIT AND CHAIN', insert, 'ROLLBACK AND CHAIN'].map(query),
      ...['SHOW transaction_read_only', 'COMMIT'].map(query),
    ],
    differs: {
      why: 'a chained transaction that fails has lost its modes, as one that BEGIN started has in PostgreSQL',
      changes: [['DataRow "on"', 'DataRow "off"']],
    },
  },
  {
    name: 'READ ONLY',
    setup: table,
    steps: ['BEGIN READ ONLY', insert, 'ROLLBACK', 'BEGIN READ ONLY', 'DELETE FROM t', 'COMMIT'].map(query),
  },
  {
    name: 'modes of a transaction',
    steps: [
      ...['BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY', 'SHOW transaction_isolation'].map(query),
      ...['SELECT 1', 'SET TRANSACTION READ WRITE', 'ROLLBACK', 'BEGIN', 'SELECT 1'].map(query),
      ...['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'ROLLBACK', 'SHOW transaction_isolation'].map(
        query,
      ),
    ],
  },
  {
    name: 'SET TRANSACTION without BEGIN',
    steps: [query('SET TRANSACTION READ ONLY'), query('SET LOCAL TimeZone = UTC')],
  },
  {
    name: 'own writes are seen, others only after COMMIT',
    setup: table,
    steps: [query('BEGIN'), query(insert), count, query('ROLLBACK'), count],
  },
]

const implicitBlocks: readonly Script[] = [
  {
    name: 'an error takes back the whole query',
    setup: table,
    steps: [query(`${insert}; ${failing}`), count],
  },
  {
    name: 'COMMIT inside a query',
    setup: table,
    steps: [query(`BEGIN; ${insert}; COMMIT; INSERT INTO t VALUES (5, 'five'); ${failing}`), count],
  },
  {
    name: 'COMMIT inside a query without BEGIN',
    setup: table,
    steps: [query(`${insert}; COMMIT; INSERT INTO t VALUES (5, 'five'); ${failing}`), count],
  },
  {
    name: 'ROLLBACK inside a query without BEGIN',
    setup: table,
    steps: [query(`${insert}; ROLLBACK; SELECT 1`), count],
  },
  {
    name: 'BEGIN inside a query keeps what came before',
    setup: table,
    steps: [query(`${insert}; BEGIN; SELECT 1`), count, query('ROLLBACK'), count],
  },
  {
    name: 'a query that leaves a transaction open',
    steps: [query('BEGIN; SELECT 1'), query('SELECT 2; COMMIT; SELECT 3')],
  },
  {
    name: 'a query that fails after BEGIN',
    steps: [query('SELECT 1; BEGIN; SELECT nope; COMMIT'), query('SELECT 1'), query('ROLLBACK; SELECT 2')],
  },
  {
    name: 'COMMIT of a failed transaction, and more',
    steps: [query('BEGIN'), query('SELECT nope'), query('COMMIT; SELECT 2')],
  },
  {
    name: 'ROLLBACK and BEGIN in one query',
    steps: [query('BEGIN; ROLLBACK; BEGIN'), query('ROLLBACK; BEGIN; COMMIT')],
  },
  { name: 'SAVEPOINT in an implicit block', steps: [query('SELECT 1; SAVEPOINT a; SELECT 2')] },
  {
    name: 'SET LOCAL in an implicit block',
    steps: [query("SELECT 1; SET LOCAL TimeZone = 'Asia/Tokyo'; SHOW TimeZone"), query('SHOW TimeZone')],
  },
  {
    name: 'SET TRANSACTION in an implicit block',
    steps: [query('SELECT 1; SET TRANSACTION READ ONLY; SELECT 2')],
  },
  { name: 'DISCARD ALL in an implicit block', steps: [query('SELECT 1; DISCARD ALL')] },
  {
    name: 'DECLARE in an implicit block',
    steps: [query('DECLARE c CURSOR FOR SELECT 1; FETCH c'), query('FETCH c')],
  },
  { name: 'COMMIT AND CHAIN in an implicit block', steps: [query('SELECT 1; COMMIT AND CHAIN')] },
]

const savepoints: readonly Script[] = [
  {
    name: 'savepoints',
    setup: table,
    steps: [
      ...['BEGIN', 'SAVEPOINT a', insert, 'SAVEPOINT b', 'DELETE FROM t', 'ROLLBACK TO b'].map(query),
      count,
      ...['RELEASE SAVEPOINT a', 'ROLLBACK TO b', 'ROLLBACK TO a', 'COMMIT'].map(query),
      count,
    ],
  },
  {
    name: 'ROLLBACK TO ends the failure',
    steps: ['BEGIN', 'SAVEPOINT a', 'SELECT nope', 'ROLLBACK TO SAVEPOINT a', 'SELECT 1', 'COMMIT'].map(
      query,
    ),
  },
  { name: 'savepoints without BEGIN', steps: ['SAVEPOINT a', 'RELEASE a', 'ROLLBACK TO a'].map(query) },
  {
    name: 'a savepoint that is not there',
    steps: ['BEGIN', 'RELEASE a', 'ROLLBACK TO a', 'ROLLBACK'].map(query),
  },
  {
    name: 'savepoints of one name',
    setup: table,
    steps: [
      ...['BEGIN', 'SAVEPOINT a', insert, 'SAVEPOINT a', 'DELETE FROM t', 'ROLLBACK TO a'].map(query),
      ...['RELEASE a', 'ROLLBACK TO a', 'SELECT count(*) FROM t', 'COMMIT'].map(query),
    ],
  },
  {
    name: 'savepoints over the extended protocol',
    steps: [
      ...[query('BEGIN'), run('SAVEPOINT a'), sync, run('SELECT nope'), sync],
      ...[run('SELECT 1'), sync, run('ROLLBACK TO a'), run('SELECT 2'), sync, run('COMMIT'), sync],
    ],
  },
]

const extended: readonly Script[] = [
  {
    name: 'a pipeline is one transaction',
    setup: table,
    steps: [run(insert), run(failing), run('SELECT 1'), sync, count],
  },
  {
    name: 'Sync ends the transaction of a pipeline',
    setup: table,
    steps: [run(insert), sync, run(failing), sync, count],
  },
  {
    name: 'an error in Bind takes back what was executed',
    setup: table,
    steps: [run(insert), parse('SELECT $1::int'), bind({ values: ['x'] }), sync, count],
  },
  {
    name: 'an error of COMMIT at Sync',
    setup: table,
    steps: [run("INSERT INTO t VALUES (1, 'again')"), run('SELECT 1'), sync, count],
  },
  {
    name: 'BEGIN and COMMIT in a pipeline',
    setup: table,
    steps: [run('BEGIN'), run(insert), run('COMMIT'), run(failing), sync, count],
  },
  {
    name: 'BEGIN in a pipeline after a write',
    setup: table,
    steps: [run(insert), run('BEGIN'), run(failing), sync, query('ROLLBACK'), count],
  },
  {
    name: 'COMMIT in a pipeline without BEGIN',
    setup: table,
    steps: [run(insert), run('COMMIT'), run(failing), sync, count],
  },
  {
    name: 'ROLLBACK in a pipeline without BEGIN',
    setup: table,
    steps: [run(insert), run('ROLLBACK'), run('SELECT 1'), sync, count],
  },
  { name: 'SAVEPOINT in a pipeline without BEGIN', steps: [run('SELECT 1'), run('SAVEPOINT a'), sync] },
  {
    name: 'SET LOCAL in a pipeline',
    steps: [
      run('SELECT 1'),
      run("SET LOCAL TimeZone = 'Asia/Tokyo'"),
      run('SHOW TimeZone'),
      sync,
      query('SHOW TimeZone'),
    ],
  },
  {
    name: 'DISCARD ALL in a pipeline',
    steps: [run('SELECT 1'), run('DISCARD ALL'), sync, run('DISCARD ALL'), sync],
  },
  {
    name: 'a pipeline in a transaction block',
    setup: table,
    steps: [
      query('BEGIN'),
      run(insert),
      sync,
      run(failing),
      run('SELECT 1'),
      sync,
      run('SELECT 2'),
      sync,
      run('ROLLBACK'),
      sync,
      count,
    ],
  },
  {
    name: 'Parse in a failed transaction',
    steps: [
      ...[query('BEGIN'), query('SELECT nope'), parse('SELECT 1'), sync, parse(''), bind(), execute(), sync],
      ...[
        parse('ROLLBACK', 'r'),
        describeStatement('r'),
        bind({ statement: 'r' }),
        describePortal(),
        execute(),
        sync,
      ],
    ],
  },
  {
    name: 'prepared statements in a failed transaction',
    steps: [
      ...[parse('SELECT 1', 's'), parse('SET TimeZone = UTC', 'n'), query('BEGIN'), query('SELECT nope')],
      ...[describeStatement('s'), sync, describeStatement('n'), sync, bind({ statement: 's' }), sync],
      ...[bind({ statement: 'n' }), sync, closeStatement('s'), closePortal('p'), sync, query('COMMIT')],
    ],
  },
  {
    name: 'portals in a failed transaction',
    steps: [
      ...[query('BEGIN'), parse('SELECT 1', 's'), bind({ portal: 'p', statement: 's' }), sync],
      ...[
        query('SELECT nope'),
        describePortal('p'),
        sync,
        execute(0, 'p'),
        sync,
        closePortal('p'),
        sync,
        query('ROLLBACK'),
      ],
    ],
  },
]

export const transactionScripts = [...blocks, ...implicitBlocks, ...savepoints, ...extended]
