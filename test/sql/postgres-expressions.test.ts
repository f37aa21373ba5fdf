/**
 * Every expression of postgres-expressions.ts gives the same text and type as in PostgreSQL (PGlite), errors
 * included.
 */

import { strict as assert } from 'node:assert'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { Millrace } from '../../server/index.ts'
import { expressions, failures } from './postgres-expressions.ts'

interface Answer {
  readonly value: string | null
  readonly oid: number
}

interface Failure {
  readonly code: string | undefined
  readonly message: string
}

/** PGlite converts by OID: here every type stays text. */
const allAsText = Object.fromEntries(
  Array.from({ length: 5000 }, (_, oid) => [oid, (value: string) => value]),
)
const asText = { getTypeParser: () => (value: unknown) => value }

describe('expressions', () => {
  let postgres: PGlite
  let database: Millrace
  let client: pg.Client

  before(async function () {
    this.timeout(60_000)
    postgres = await PGlite.create()
    await postgres.exec("SET TimeZone = 'UTC'")
    database = await Millrace.create()
    const { url } = await database.listen({ host: '127.0.0.1', port: 0 })
    client = new pg.Client({ connectionString: url.replace('://', '://tester@'), types: asText as never })
    await client.connect()
  })

  after(async () => {
    await client.end()
    await database.close()
    await postgres.close()
  })

  async function ours(sql: string): Promise<Answer> {
    const { rows, fields } = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })
    return { value: rows[0]![0]!, oid: fields[0]!.dataTypeID }
  }

  async function theirs(sql: string): Promise<Answer> {
    const { rows, fields } = await postgres.query<(string | null)[]>(sql, [], {
      rowMode: 'array',
      parsers: allAsText,
    })
    return { value: rows[0]![0]!, oid: fields[0]!.dataTypeID }
  }

  async function failureOf(run: Promise<unknown>): Promise<Failure | undefined> {
    try {
      await run
      return undefined
    } catch (error) {
      const { code, message } = error as pg.DatabaseError
      return { code, message }
    }
  }

  for (const expression of expressions) {
    it(expression, async () => {
      const sql = `SELECT ${expression}`
      assert.deepEqual(await ours(sql), await theirs(sql))
    })
  }

  for (const sql of failures) {
    it(`fails: ${sql}`, async () => {
      const expected = await failureOf(postgres.query(sql))
      assert.notEqual(expected, undefined)
      assert.deepEqual(await failureOf(client.query(sql)), expected)
    })
  }

  it('runs statements with FROM as PostgreSQL does', async () => {
    const sql = 'SELECT 1 WHERE true OR false AND false'
    assert.deepEqual(await ours(sql), await theirs(sql))
  })
})
