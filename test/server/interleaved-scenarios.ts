/** Two sessions, a and b, statement by statement. */

export interface Scenario {
  readonly name: string
  readonly steps: readonly string[]
}

/** What every scenario starts from. */
export const scenarioTables = [
  'DROP TABLE IF EXISTS t, log',
  'CREATE TABLE t (id int PRIMARY KEY, v int)',
  'CREATE TABLE log (n int)',
  'INSERT INTO t VALUES (1, 10), (2, 20)',
]

const read = 'SELECT id, v FROM t ORDER BY id'
const repeatable = 'BEGIN ISOLATION LEVEL REPEATABLE READ'
const serializable = 'BEGIN ISOLATION LEVEL SERIALIZABLE'

/** PostgreSQL waits in none of these, and answers the same. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'nobody sees what is not committed',
    steps: [
      'a: BEGIN',
      'a: UPDATE t SET v = 0 WHERE id = 1',
      'a: INSERT INTO t VALUES (3, 30)',
      `b: ${read}`,
      'a: ROLLBACK',
      `b: ${read}`,
      `a: ${read}`,
    ],
  },
  {
    name: 'READ COMMITTED reads anew with each statement',
    steps: [
      'a: BEGIN',
      `a: ${read}`,
      'b: UPDATE t SET v = v + 1',
      `a: ${read}`,
      'b: INSERT INTO t VALUES (3, 30)',
      `a: ${read}`,
      'a: UPDATE t SET v = v * 2',
      'a: COMMIT',
      `b: ${read}`,
    ],
  },
  {
    name: 'READ COMMITTED deletes what is there',
    steps: [
      'a: BEGIN',
      `a: ${read}`,
      'b: DELETE FROM t WHERE id = 1',
      'a: DELETE FROM t',
      'a: COMMIT',
      `b: ${read}`,
    ],
  },
  {
    name: 'REPEATABLE READ reads one state',
    steps: [
      `a: ${repeatable}`,
      `a: ${read}`,
      'b: UPDATE t SET v = v + 1',
      'b: INSERT INTO t VALUES (3, 30)',
      `a: ${read}`,
      'a: SELECT v FROM t WHERE id = 3',
      'a: UPDATE t SET v = 0 WHERE id = 3',
      'a: COMMIT',
      `a: ${read}`,
    ],
  },
  {
    name: 'REPEATABLE READ begins with the first query',
    steps: [
      `a: ${repeatable}`,
      'b: UPDATE t SET v = v + 1',
      `a: ${read}`,
      'b: DELETE FROM t',
      `a: ${read}`,
      'a: COMMIT',
    ],
  },
  {
    name: 'REPEATABLE READ does not lose an update',
    steps: [
      `a: ${repeatable}`,
      `a: ${read}`,
      'b: UPDATE t SET v = 100 WHERE id = 1',
      'a: UPDATE t SET v = v + 1 WHERE id = 1',
      'a: SELECT 1',
      'a: COMMIT',
      `a: ${read}`,
    ],
  },
  {
    name: 'REPEATABLE READ goes on from a savepoint after a conflict',
    steps: [
      `a: ${repeatable}`,
      `a: ${read}`,
      'a: SAVEPOINT s',
      'b: UPDATE t SET v = 100 WHERE id = 1',
      'a: DELETE FROM t WHERE id = 1',
      'a: ROLLBACK TO s',
      'a: UPDATE t SET v = v + 1 WHERE id = 2',
      'a: COMMIT',
      `a: ${read}`,
    ],
  },
  {
    name: 'REPEATABLE READ meets a row that is deleted',
    steps: [
      `a: ${repeatable}`,
      `a: ${read}`,
      'b: DELETE FROM t WHERE id = 1',
      'a: UPDATE t SET v = v + 1 WHERE id = 1',
      'a: ROLLBACK',
      `a: ${repeatable}`,
      `a: ${read}`,
      'b: DELETE FROM t WHERE id = 2',
      'a: DELETE FROM t',
      'a: ROLLBACK',
      `a: ${read}`,
    ],
  },
  {
    name: 'a key that was taken after the snapshot is taken',
    steps: [
      `a: ${repeatable}`,
      `a: ${read}`,
      'b: INSERT INTO t VALUES (5, 50)',
      'a: SELECT * FROM t WHERE id = 5',
      'a: SAVEPOINT s',
      'a: INSERT INTO t VALUES (5, 51)',
      'a: ROLLBACK TO s',
      'a: INSERT INTO t VALUES (5, 51) ON CONFLICT DO NOTHING',
      'a: ROLLBACK TO s',
      'a: INSERT INTO t VALUES (5, 51) ON CONFLICT (id) DO UPDATE SET v = excluded.v',
      'a: ROLLBACK TO s',
      'a: INSERT INTO t VALUES (1, 51) ON CONFLICT (id) DO UPDATE SET v = excluded.v',
      'a: COMMIT',
      `a: ${read}`,
    ],
  },
  {
    name: 'ON CONFLICT of READ COMMITTED meets the newest row',
    steps: [
      'a: BEGIN',
      `a: ${read}`,
      'b: INSERT INTO t VALUES (5, 50)',
      'b: UPDATE t SET v = 11 WHERE id = 1',
      'a: INSERT INTO t VALUES (5, 1) ON CONFLICT DO NOTHING',
      'a: INSERT INTO t VALUES (1, 1), (5, 1) ON CONFLICT (id) DO UPDATE SET v = t.v + excluded.v RETURNING *',
      'a: COMMIT',
      `b: ${read}`,
    ],
  },
  {
    name: 'a key is free again when its row is gone',
    steps: [
      'a: BEGIN',
      'b: DELETE FROM t WHERE id = 1',
      'a: INSERT INTO t VALUES (1, 11)',
      'a: COMMIT',
      'b: INSERT INTO t VALUES (1, 12)',
      `b: ${read}`,
    ],
  },
  {
    name: 'SERIALIZABLE refuses a write skew',
    steps: [
      `a: ${serializable}`,
      `b: ${serializable}`,
      'a: SELECT sum(v) FROM t',
      'b: SELECT sum(v) FROM t',
      'a: UPDATE t SET v = v - 30 WHERE id = 1',
      'b: UPDATE t SET v = v - 30 WHERE id = 2',
      'a: COMMIT',
      'b: COMMIT',
      `b: ${read}`,
    ],
  },
  {
    name: 'SERIALIZABLE refuses two counts that miss each other',
    steps: [
      `a: ${serializable}`,
      `b: ${serializable}`,
      'a: INSERT INTO log SELECT count(*) FROM log',
      'b: INSERT INTO log SELECT count(*) FROM log',
      'b: COMMIT',
      'a: COMMIT',
      'a: SELECT * FROM log',
    ],
  },
  {
    name: 'REPEATABLE READ lets a write skew pass',
    steps: [
      `a: ${repeatable}`,
      `b: ${repeatable}`,
      'a: SELECT sum(v) FROM t',
      'b: SELECT sum(v) FROM t',
      'a: UPDATE t SET v = v - 30 WHERE id = 1',
      'b: UPDATE t SET v = v - 30 WHERE id = 2',
      'a: COMMIT',
      'b: COMMIT',
      `b: ${read}`,
    ],
  },
  {
    name: 'SERIALIZABLE readers need no retry',
    steps: [
      `a: ${serializable}`,
      `a: ${read}`,
      'b: UPDATE t SET v = 0',
      `a: ${read}`,
      'a: COMMIT',
      `a: ${serializable} READ ONLY`,
      'a: SELECT sum(v) FROM t',
      'b: UPDATE t SET v = 1',
      'a: SELECT sum(v) FROM t',
      'a: COMMIT',
    ],
  },
  {
    name: 'SERIALIZABLE that only reads other tables commits',
    steps: [
      `a: ${serializable}`,
      'a: SELECT count(*) FROM log',
      'b: UPDATE t SET v = 0',
      'a: INSERT INTO log VALUES (1)',
      'a: COMMIT',
      'b: SELECT * FROM log',
    ],
  },
  {
    name: 'rows of the other session after COMMIT',
    steps: [
      'a: BEGIN',
      'a: INSERT INTO t VALUES (3, 30), (4, 40)',
      'a: DELETE FROM t WHERE id = 1',
      'a: COMMIT',
      'b: INSERT INTO t VALUES (3, 31)',
      'b: INSERT INTO t VALUES (1, 11)',
      `b: ${read}`,
    ],
  },
  {
    name: 'a cursor keeps the state of its declaration',
    steps: [
      'a: BEGIN',
      'a: DECLARE c CURSOR FOR SELECT id, v FROM t ORDER BY id',
      'b: DELETE FROM t',
      'a: INSERT INTO t VALUES (3, 30)',
      'a: FETCH ALL FROM c',
      `a: ${read}`,
      'a: COMMIT',
    ],
  },
]

/** Where PostgreSQL would wait for a lock: each step with our answer. */
export const waits: readonly {
  readonly name: string
  readonly steps: readonly (readonly [string, string])[]
}[] = [
  {
    name: 'two updates of a row: the second COMMIT fails',
    steps: [
      ['a: BEGIN', 'BEGIN'],
      ['b: BEGIN', 'BEGIN'],
      ['a: UPDATE t SET v = v + 1 WHERE id = 1', 'UPDATE 1'],
      ['b: UPDATE t SET v = v + 1 WHERE id = 1', 'UPDATE 1'],
      ['b: COMMIT', 'COMMIT'],
      ['a: COMMIT', '40001: could not serialize access due to concurrent update'],
      [`a: ${read}`, 'SELECT 2: 1,11 2,20'],
    ],
  },
  {
    name: 'a statement by itself does not wait for a block',
    steps: [
      ['a: BEGIN', 'BEGIN'],
      ['a: UPDATE t SET v = v + 1 WHERE id = 1', 'UPDATE 1'],
      ['b: UPDATE t SET v = v + 5 WHERE id = 1', 'UPDATE 1'],
      ['a: COMMIT', '40001: could not serialize access due to concurrent update'],
      [`a: ${read}`, 'SELECT 2: 1,15 2,20'],
    ],
  },
  {
    name: 'a deleted row that was updated: the second COMMIT fails',
    steps: [
      [`a: ${repeatable}`, 'BEGIN'],
      ['a: UPDATE t SET v = 0 WHERE id = 1', 'UPDATE 1'],
      ['b: DELETE FROM t WHERE id = 1', 'DELETE 1'],
      ['a: COMMIT', '40001: could not serialize access due to concurrent delete'],
      [`a: ${read}`, 'SELECT 1: 2,20'],
    ],
  },
  {
    name: 'the same key twice: the second COMMIT fails',
    steps: [
      ['a: BEGIN', 'BEGIN'],
      ['a: INSERT INTO t VALUES (5, 50)', 'INSERT 1'],
      ['b: INSERT INTO t VALUES (5, 51)', 'INSERT 1'],
      ['a: COMMIT', '40001: could not serialize access due to concurrent update'],
      ['a: INSERT INTO t VALUES (5, 50)', '23505: duplicate key value violates unique constraint "t_pkey"'],
    ],
  },
  {
    name: 'the same key by ON CONFLICT: the second COMMIT fails, and is right when it is tried again',
    steps: [
      ['a: BEGIN', 'BEGIN'],
      ['a: INSERT INTO t VALUES (5, 1) ON CONFLICT (id) DO UPDATE SET v = t.v + 1', 'INSERT 1'],
      ['b: INSERT INTO t VALUES (5, 1) ON CONFLICT (id) DO UPDATE SET v = t.v + 1', 'INSERT 1'],
      ['a: COMMIT', '40001: could not serialize access due to concurrent update'],
      [
        'a: INSERT INTO t VALUES (5, 1) ON CONFLICT (id) DO UPDATE SET v = t.v + 1 RETURNING v',
        'INSERT 1: 2',
      ],
    ],
  },
  {
    name: 'what would be a deadlock: the second COMMIT fails',
    steps: [
      ['a: BEGIN', 'BEGIN'],
      ['b: BEGIN', 'BEGIN'],
      ['a: UPDATE t SET v = 1 WHERE id = 1', 'UPDATE 1'],
      ['b: UPDATE t SET v = 2 WHERE id = 2', 'UPDATE 1'],
      ['a: UPDATE t SET v = 1 WHERE id = 2', 'UPDATE 1'],
      ['b: UPDATE t SET v = 2 WHERE id = 1', 'UPDATE 1'],
      ['a: COMMIT', 'COMMIT'],
      ['b: COMMIT', '40001: could not serialize access due to concurrent update'],
      [`a: ${read}`, 'SELECT 2: 1,1 2,1'],
    ],
  },
  {
    name: 'a transaction whose rows are gone reads no mixture',
    steps: [
      ['a: BEGIN', 'BEGIN'],
      ['a: UPDATE t SET v = 0 WHERE id = 1', 'UPDATE 1'],
      ['b: UPDATE t SET v = 5 WHERE id = 1', 'UPDATE 1'],
      [`a: ${read}`, '40001: could not serialize access due to concurrent update'],
      ['a: ROLLBACK', 'ROLLBACK'],
      ['a: BEGIN', 'BEGIN'],
      ['a: INSERT INTO t VALUES (5, 50)', 'INSERT 1'],
      ['b: INSERT INTO t VALUES (5, 51)', 'INSERT 1'],
      ['a: SELECT v FROM t WHERE id = 5', '40001: could not serialize access due to concurrent update'],
      ['a: ROLLBACK', 'ROLLBACK'],
    ],
  },
  {
    name: 'READ ONLY reads one state, which PostgreSQL does only from REPEATABLE READ on',
    steps: [
      ['a: BEGIN READ ONLY', 'BEGIN'],
      ['a: SELECT sum(v) FROM t', 'SELECT 1: 30'],
      ['b: UPDATE t SET v = 0', 'UPDATE 2'],
      ['a: SELECT sum(v) FROM t', 'SELECT 1: 30'],
      ['a: COMMIT', 'COMMIT'],
    ],
  },
  {
    name: 'SERIALIZABLE watches rows that were looked up by key one by one',
    steps: [
      [`a: ${serializable}`, 'BEGIN'],
      [`b: ${serializable}`, 'BEGIN'],
      ['a: UPDATE t SET v = v + 1 WHERE id = 1', 'UPDATE 1'],
      ['b: UPDATE t SET v = v + 1 WHERE id = 2', 'UPDATE 1'],
      ['a: COMMIT', 'COMMIT'],
      ['b: COMMIT', 'COMMIT'],
      [`a: ${serializable}`, 'BEGIN'],
      ['a: SELECT v FROM t WHERE id = 7', 'SELECT 0'],
      ['a: INSERT INTO log VALUES (1)', 'INSERT 1'],
      ['b: INSERT INTO t VALUES (7, 0)', 'INSERT 1'],
      ['a: COMMIT', '40001: could not serialize access due to read/write dependencies among transactions'],
    ],
  },
]
