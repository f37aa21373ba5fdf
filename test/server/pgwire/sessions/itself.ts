/** Portals and statements that ask for themselves, for what is not there yet, or end with what they run. */

import { bind, closePortal, describeStatement, execute, parse, query, run, sync } from './messages.ts'
import { type Script, table } from './script.ts'

/** A portal p of the statement. */
const portal = (text: string) => Buffer.concat([parse(text, 's'), bind({ statement: 's', portal: 'p' })])

export const itselfScripts: readonly Script[] = [
  {
    name: 'a portal that closes itself',
    steps: [portal('CLOSE p'), execute(0, 'p'), sync, query('SELECT 1')],
  },
  { name: 'a portal that closes all', steps: [portal('CLOSE ALL'), execute(0, 'p'), closePortal('p'), sync] },
  {
    name: 'a portal that fetches from itself',
    steps: [portal('FETCH 1 FROM p'), execute(0, 'p'), sync, query('BEGIN'), portal('MOVE 1 IN p'), sync],
  },
  {
    name: 'FETCH of a cursor that is declared later',
    steps: [
      ...[query('BEGIN'), parse('FETCH 1 FROM c', 'f'), describeStatement('f'), sync],
      ...[bind({ statement: 'f' }), execute(), sync, query('ROLLBACK')],
    ],
  },
  { name: 'DECLARE in a pipeline', steps: [run('SELECT 1'), run('DECLARE c CURSOR FOR SELECT 1'), sync] },
  {
    name: 'DISCARD ALL keeps the unnamed statement',
    steps: [parse('DISCARD ALL'), bind(), execute(), bind(), execute(), describeStatement(), sync],
  },
  { name: 'DISCARD ALL in a Query after Execute', steps: [run('SELECT 1'), query('DISCARD ALL'), sync] },
  {
    name: 'several statements in a Query after Execute',
    steps: [run('SELECT 1'), query('DECLARE c CURSOR FOR SELECT 2; FETCH c'), run('SELECT 3'), sync],
  },
  {
    name: 'a failed transaction has its settings of before',
    steps: [
      ...['BEGIN', "SET application_name = 'a'", 'SELECT nope', 'ROLLBACK'].map(query),
      ...['BEGIN', 'SAVEPOINT s', "SET application_name = 'b'", 'RELEASE s', 'SELECT nope', 'ROLLBACK'].map(
        query,
      ),
    ],
  },
  {
    name: 'RETURNING to its end in parts',
    setup: table,
    steps: [
      ...[query('BEGIN'), parse('DELETE FROM t RETURNING k', 's'), bind({ statement: 's', portal: 'p' })],
      ...[execute(2, 'p'), execute(2, 'p'), execute(2, 'p'), sync, query('ROLLBACK')],
    ],
  },
]
