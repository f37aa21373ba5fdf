/**
 * Long results and long inputs through node-postgres: pg-cursor, pg-query-stream and pg-copy-streams. A
 * reader that pauses holds the server back instead of filling its memory.
 */

import { strict as assert } from 'node:assert'
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { connectionUrl, useMillrace } from './targets.ts'

const ROWS = 1_000_000
const WIDTH = 200
/** What a server that does not wait would grow by is twice as much. */
const GROWTH_BYTES_MAX = 100 * 1024 * 1024

describe('node-postgres, streams', function () {
  this.timeout(60_000)
  let client: pg.Client
  after(() => client?.end())
  const millrace = useMillrace()

  before(async () => {
    client = new pg.Client(connectionUrl(millrace()))
    await client.connect()
    await client.query('CREATE TABLE copied (k int PRIMARY KEY, v text, n numeric)')
  })

  async function count(): Promise<number> {
    return Number((await client.query('SELECT count(*) FROM copied')).rows[0].count)
  }

  describe('pg-cursor', () => {
    it('reads parts of several sizes', async () => {
      const cursor = client.query(
        new Cursor<{ g: number }>('SELECT g FROM generate_series(1, $1::int) g', [10]),
      )
      const sizes: number[][] = []
      for (const size of [1, 4, 100, 5]) sizes.push((await cursor.read(size)).map(({ g }) => g))
      assert.deepEqual(sizes, [[1], [2, 3, 4, 5], [6, 7, 8, 9, 10], []])
    })

    it('reads parts that end inside of the batches of the server', async () => {
      const query = 'SELECT g, g * 2 AS twice, md5(g::text) AS hash FROM generate_series(1, 100000) g'
      const cursor = client.query(new Cursor<{ g: number }>(query))
      let rows = 0
      for (let part = await cursor.read(777); part.length > 0; part = await cursor.read(777)) {
        assert.equal(part[0]?.g, rows + 1)
        rows += part.length
      }
      assert.equal(rows, 100_000)
    })

    it('is closed in the middle, after which the connection goes on', async () => {
      const cursor = client.query(new Cursor(`SELECT g FROM generate_series(1, ${ROWS}) g`))
      assert.equal((await cursor.read(3)).length, 3)
      await cursor.close()
      assert.equal((await client.query('SELECT 1 AS one')).rows[0].one, 1)
    })

    it('rejects with an error in the middle', async () => {
      const cursor = client.query(new Cursor('SELECT 1/(30000 - g) AS v FROM generate_series(1, 40000) g'))
      await assert.rejects(
        async () => {
          for (let rows = await cursor.read(100); rows.length > 0; rows = await cursor.read(100));
        },
        { code: '22012' },
      )
      assert.equal((await client.query('SELECT 1 AS one')).rows[0].one, 1)
    })
  })

  it('leaves no statement behind when the connection breaks', async () => {
    const { server } = millrace()
    const leaving = new pg.Client(connectionUrl(millrace()))
    leaving.on('error', () => undefined)
    await leaving.connect()
    leaving.query('SELECT count(*) FROM generate_series(1, 100000000000)').catch(() => undefined)
    const isBusy = async () => {
      const before = server.cpuMs()
      await sleep(200)
      return server.cpuMs() - before > 20
    }
    assert.ok(await isBusy())
    leaving.connection.stream.destroy()
    while (await isBusy());
  })

  describe('pg-query-stream', () => {
    it('streams a million rows', async () => {
      const query = new QueryStream('SELECT g FROM generate_series(1, $1::int) g', [ROWS], {
        batchSize: 5000,
        highWaterMark: 5000,
        rowMode: 'array',
      })
      let sum = 0
      for await (const [g] of client.query(query)) sum += g
      assert.equal(sum, (ROWS * (ROWS + 1)) / 2)
    })

    it('is destroyed in the middle', async () => {
      const stream = client.query(new QueryStream(`SELECT g FROM generate_series(1, ${ROWS}) g`))
      for await (const { g } of stream) if (g === 10) break
      assert.equal((await client.query('SELECT 1 AS one')).rows[0].one, 1)
    })
  })

  describe('pg-copy-streams', () => {
    beforeEach(() => client.query('TRUNCATE copied'))

    it('copies a million rows in', async () => {
      const into = client.query(copyFrom('COPY copied FROM STDIN'))
      await pipeline(Readable.from(lines(ROWS)), into)
      assert.equal(into.rowCount, ROWS)
      const sums =
        'SELECT count(*)::int AS rows, sum(k)::text AS k, sum(n)::text AS n, max(v) AS v FROM copied'
      const { rows } = await client.query(sums)
      assert.deepEqual(rows, [{ rows: ROWS, k: '499999500000', n: '249999750000.0', v: 'row 999999' }])
    })

    it('copies a million rows out while the reader pauses', async () => {
      const { server } = millrace()
      const text = `COPY (SELECT repeat('x', ${WIDTH}) FROM generate_series(1, ${ROWS})) TO STDOUT`
      const before = server.residentBytes()
      let most = before
      let bytes = 0
      const out = client.query(copyTo(text))
      for await (const chunk of out) {
        // Long enough for a server that does not wait to produce them all.
        if (bytes === 0) await sleep(1500)
        bytes += chunk.length
        most = Math.max(most, server.residentBytes())
      }
      assert.deepEqual([bytes, out.rowCount], [ROWS * (WIDTH + 1), ROWS])
      const grown = most - before
      assert.ok(grown < GROWTH_BYTES_MAX, `the server grew by ${Math.round(grown / 1024 / 1024)} MiB`)
    })

    it('stores nothing of a copy that is cut off', async () => {
      const into = client.query(copyFrom('COPY copied FROM STDIN'))
      into.write('1\tx\t1\n')
      into.destroy(new Error('the disk is gone'))
      await assert.rejects(finished(into), { code: '57014', message: /the disk is gone/ })
      assert.equal(await count(), 0)
    })

    it('rejects with the line of a bad value', async () => {
      const into = client.query(copyFrom('COPY copied FROM STDIN (FORMAT csv)'))
      await assert.rejects(pipeline(Readable.from(['1,a,1\n', '2,b,x\n3,c,3\n']), into), {
        code: '22P02',
        where: 'COPY copied, line 2, column n: "x"',
      })
      assert.equal(await count(), 0)
    })

    it('copies between two connections', async () => {
      const other = new pg.Client(connectionUrl(millrace()))
      await other.connect()
      const query = "SELECT g, 'row ' || g, NULL FROM generate_series(1, 20000) g"
      const out = other.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`))
      await pipeline(out, client.query(copyFrom('COPY copied (k, v, n) FROM STDIN (FORMAT binary)')))
      assert.equal(await count(), 20_000)
      await other.end()
    })
  })
})

/** Chunks of lines that do not end where lines do. */
function* lines(rows: number): Generator<string> {
  let chunk = ''
  for (let row = 0; row < rows; row++) {
    chunk += `${row}\trow ${row}\t${row / 2}\n`
    if (chunk.length < 65_536) continue
    yield chunk.slice(0, -5)
    chunk = chunk.slice(-5)
  }
  yield chunk
}
