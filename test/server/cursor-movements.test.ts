import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { pino } from 'pino'
import { Database } from '../../server/database.ts'
import { Millrace } from '../../server/index.ts'
import { failure } from './failure.ts'
import { sessionAnswer, useSameAsPostgres } from './same-as-postgres.ts'

const declare = (options: string) => `DECLARE c ${options} CURSOR FOR SELECT id, v FROM t ORDER BY id`

const movements = [
  'NEXT',
  'PRIOR',
  'FIRST',
  'LAST',
  'FORWARD',
  'BACKWARD',
  'ALL',
  'FORWARD ALL',
  'BACKWARD ALL',
  ...['', 'ABSOLUTE ', 'RELATIVE ', 'FORWARD ', 'BACKWARD '].flatMap(direction =>
    [-7, -2, -1, 0, 1, 2, 3, 5, 6, 9].map(count => `${direction}${count}`),
  ),
]

describe('cursor movements', () => {
  const assertSameAsPostgres = useSameAsPostgres()

  const rows = (count: number) =>
    `CREATE TABLE t (id int PRIMARY KEY, v text);
     INSERT INTO t SELECT n, 'v' || n FROM generate_series(1, ${count}) AS g(n)`

  for (const count of [0, 1, 5]) {
    it(`SCROLL over ${count} rows, as PostgreSQL`, async () => {
      const random = fc.sample(fc.tuple(fc.constantFrom('FETCH', 'MOVE'), fc.constantFrom(...movements)), {
        numRuns: 60,
        seed: 7 + count,
      })
      const steps = random.map(([verb, movement]) => `${verb} ${movement} FROM c`)
      const all = movements.map(movement => `FETCH ${movement} FROM c`)
      await assertSameAsPostgres(rows(count), [
        'BEGIN',
        declare('SCROLL'),
        ...steps,
        ...all,
        'CLOSE c',
        'FETCH c',
        'ROLLBACK',
      ])
    }).timeout(20_000)
  }

  it('NO SCROLL, as PostgreSQL', async () => {
    const back = [
      'PRIOR',
      'FIRST',
      'LAST',
      'ABSOLUTE 1',
      'ABSOLUTE 0',
      'ABSOLUTE -1',
      'RELATIVE 0',
      '0',
      '-1',
    ]
    await assertSameAsPostgres(rows(5), [
      ...back.flatMap(movement => [
        'BEGIN',
        declare('NO SCROLL'),
        'FETCH 2 FROM c',
        'MOVE 0 IN c',
        `FETCH ${movement} FROM c`,
        'ROLLBACK',
      ]),
      'BEGIN',
      declare('NO SCROLL'),
      'FETCH FIRST FROM c',
      'FETCH ABSOLUTE 2 FROM c',
      'FETCH RELATIVE 2 FROM c',
      'FETCH ALL FROM c',
      'FETCH ABSOLUTE 9 FROM c',
      'MOVE 1 FROM c',
      'COMMIT',
    ])
  })

  it('names and the ends of transactions, as PostgreSQL', async () => {
    await assertSameAsPostgres(rows(3), [
      'DECLARE c CURSOR FOR SELECT 1',
      'CLOSE c',
      'CLOSE ALL',
      'BEGIN',
      declare('SCROLL'),
      'MOVE LAST FROM c',
      'DECLARE h SCROLL CURSOR WITH HOLD FOR SELECT id FROM t ORDER BY id',
      'FETCH 1 FROM h',
      'COMMIT',
      'FETCH 1 FROM c',
      'FETCH 1 FROM h',
      'FETCH PRIOR FROM h',
      'BEGIN',
      'DECLARE g CURSOR WITH HOLD FOR SELECT 1',
      'ROLLBACK',
      'FETCH 1 FROM g',
      'FETCH ALL FROM h',
      'BEGIN',
      'DELETE FROM t',
      'DECLARE h CURSOR FOR SELECT 2',
      'COMMIT',
      'MOVE BACKWARD ALL FROM h',
      'FETCH ALL FROM h',
      'CLOSE h',
      'CLOSE h',
      'DECLARE h NO SCROLL CURSOR WITH HOLD FOR SELECT 4 AS n',
      'FETCH h',
      'CLOSE ALL',
      'FETCH h',
    ])
  })

  it('keeps own writes in view across COMMIT WITH HOLD, as PostgreSQL', async () => {
    await assertSameAsPostgres(rows(2), [
      'BEGIN',
      "INSERT INTO t VALUES (3, 'own')",
      'DELETE FROM t WHERE id = 1',
      'DECLARE h CURSOR WITH HOLD FOR SELECT id FROM t ORDER BY id',
      'DELETE FROM t WHERE id = 2',
      'COMMIT',
      'FETCH ALL FROM h',
      'CLOSE h',
    ])
  })

  it('reads a FETCH to its end before the next one', async () => {
    const database = await Database.open({ logger: pino({ level: 'silent' }) })
    const session = database.connectEmbedded()
    await sessionAnswer(
      session,
      'BEGIN; DECLARE c CURSOR FOR SELECT n FROM generate_series(1, 20000) AS g(n)',
    )
    const portal = await session.bind('p', await session.prepare('p', 'FETCH 15000 FROM c', []), () => [])
    const first = await portal.execute()
    assert(first.kind === 'rows')
    let seen = (await first.rows.next())!.length
    assert(seen < 15000)
    assert.deepEqual(await sessionAnswer(session, 'FETCH c'), [['FETCH 1', [['15001']]]])
    for (let batch = await first.rows.next(); batch !== undefined; batch = await first.rows.next())
      seen += batch.length
    assert.equal(seen, 15000)
    await database.close()
  })

  it('bounds what a cursor keeps', async () => {
    const db = await Millrace.create()
    const many = `SELECT n, repeat('x', 100) AS pad FROM generate_series(1, 1000000) AS g(n)`
    await db.exec(`BEGIN; DECLARE c SCROLL CURSOR FOR ${many}`)
    const error = await failure(db.exec('MOVE ALL FROM c'))
    assert.equal(error.code, '54000')
    await db.exec(`ROLLBACK; BEGIN; DECLARE c CURSOR FOR ${many}; FETCH 10 FROM c; FETCH PRIOR FROM c`)
    await db.exec('MOVE 50000 FROM c')
    const back = await failure(db.exec('FETCH PRIOR FROM c'))
    assert.deepEqual([back.code, back.message], ['55000', 'cursor can only scan forward'])
    await db.close()
  }).timeout(20_000)
})
