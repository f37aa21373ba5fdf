/** Text in the client's encoding, both ways and in every place that has some: as PostgreSQL 15 has it. */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { usePostgres } from '../../support/postgres-server.ts'
import { frame, summary } from '../../support/wire-client.ts'
import { TestServer } from '../../support/wire-server.ts'
import { SideBySide } from './side-by-side.ts'

/** A Query in LATIN1. */
function query(text: string): Buffer {
  return frame('Q', Buffer.from(`${text}\0`, 'latin1'))
}

const EURO = 'chr(8364)'

describe('client_encoding', () => {
  const postgres = usePostgres()
  let server: TestServer
  let clients: SideBySide

  before(async () => {
    server = await TestServer.start()
  })
  after(() => server.close())
  beforeEach(async () => {
    clients = await SideBySide.open(server, postgres(), { client_encoding: 'iso-8859-1' })
  })
  afterEach(async () => {
    await clients.ask(query('ROLLBACK; DROP TABLE IF EXISTS encoded'))
    clients.close()
    assert.deepEqual(server.internalErrors, [])
  })

  async function same(...texts: readonly string[]): Promise<void> {
    for (const text of texts) await clients.same(query(text), text)
  }

  it('is named in many ways and told to the client', async () => {
    await same(
      'SHOW client_encoding',
      "SET client_encoding = 'utf-8'",
      "SET NAMES 'latin1'",
      'SELECT pg_client_encoding()',
      'SET NAMES DEFAULT',
      "SET client_encoding = 'SQL_ASCII'",
      'SHOW client_encoding',
      'RESET client_encoding',
      "SELECT set_config('client_encoding', 'unicode', false)",
      "BEGIN; SET LOCAL client_encoding = 'Latin 1'; SELECT chr(233)",
      'ROLLBACK',
      'SELECT chr(233)',
      "SET client_encoding = 'nonsense'",
      "SET client_encoding = ''",
      "SET client_encoding = 'mule_internal'",
    )
  })

  it('holds for query text, column names, values and errors', async () => {
    await same(
      `SELECT 'é' AS "ü", length('é'), 'é' = chr(233)`,
      'SELECT "é"',
      'SELECT * FROM "niño"',
      "SELECT 'ä'::int",
      "SET application_name = 'é'",
      `SELECT ARRAY['é', NULL], ROW('é', 1), '{"é": 1}'::jsonb, '"é"'::json, 'é'::varchar`,
      `SELECT 'éa'::char(3), 'é'::name, repeat('é', 40)::name`,
      `CREATE TABLE encoded ("naïve" text); INSERT INTO encoded VALUES ('ß'), (NULL), ('ÿ\u0080')`,
      'SELECT * FROM encoded',
      `SELECT "naïve" || ${EURO} FROM encoded`,
      `SELECT v FROM (VALUES ('a'), ('é'), (${EURO}), ('z')) t (v)`,
      `SELECT ARRAY['a', ${EURO}]`,
      `SELECT ROW('a', ${EURO})`,
      `SELECT ${EURO}::int`,
      `SELECT convert_to('é', 'latin1'), convert_from('\\xe9', 'iso88591')`,
      `SELECT convert_to(${EURO}, 'latin1')`,
    )
  })

  it('holds for parameters and results in binary and for names of statements', async () => {
    const text = (value: string): Buffer => Buffer.from(value, 'latin1')
    const values: readonly (readonly [string, Buffer])[] = [
      ['text', text('é')],
      ['varchar', text('déjà')],
      ['json', text('{"é": 1}')],
      ['jsonb', text('\u0001{"é": "ü"}')],
      ['name', text('ñ')],
      ['bytea', text('é')],
      ['text[]', binaryArray(25, ['é', 'abc', 'ü'])],
    ]
    for (const [type, bytes] of values) {
      for (const resultFormat of [0, 1]) {
        const bind = serialize.bind({ values: [bytes], binary: resultFormat === 1 })
        bind.writeInt16BE(1, 9)
        const message = Buffer.concat([
          serialize.parse({ text: `SELECT $1::${type} AS v, ARRAY[$1::${type}::text]` }),
          bind,
          serialize.describe({ type: 'P' }),
          serialize.execute({}),
          serialize.sync(),
        ])
        await clients.same(message, `${type} in format ${resultFormat}`)
      }
    }
    const parse = Buffer.concat([text("é\0SELECT 'é'::text, $1::text\0"), Buffer.alloc(2)])
    const describe = text('Sé\0')
    const bind = Buffer.concat([text('\0é\0'), Buffer.from([0, 0, 0, 1, 0, 0, 0, 1]), text('ü\0\0')])
    const rest = Buffer.concat([serialize.execute({}), serialize.sync()])
    const message = Buffer.concat([frame('P', parse), frame('D', describe), frame('B', bind), rest])
    await clients.same(message, 'a statement named é')
    await clients.same(message, 'a second statement named é')
  })

  it('holds for COPY, unless it says its own', async () => {
    await same(
      `CREATE TABLE encoded ("é" text, n int)`,
      `INSERT INTO encoded VALUES ('ü', 1), ('a;b', 2)`,
      'COPY encoded TO STDOUT',
      "COPY encoded TO STDOUT (ENCODING 'utf8')",
      "COPY encoded TO STDOUT (ENCODING 'sql_ascii', FORMAT csv, HEADER, DELIMITER ';', NULL 'é')",
      "COPY encoded TO STDOUT (FORMAT csv, HEADER, DELIMITER ';', NULL 'é')",
      'COPY encoded TO STDOUT (FORMAT binary)',
      "COPY encoded TO STDOUT (ENCODING 'nonsense')",
    )
    const copyIn = (options: string, data: string): Buffer => {
      const start = query(`COPY encoded FROM STDIN ${options}`)
      return Buffer.concat([start, frame('d', Buffer.from(data, 'latin1')), frame('c')])
    }
    await clients.same(copyIn('', 'é\t3\n\\xe9\t4\n'), 'escapes are bytes of UTF-8')
    await clients.same(copyIn('', 'é\t3\n'), 'text')
    await clients.same(copyIn("(ENCODING 'utf8')", 'Ã©\t5\n'), 'text in UTF-8')
    await clients.same(copyIn("(ENCODING 'utf8')", 'é\t5\n'), 'text that is no UTF-8')
    await clients.same(copyIn('(FORMAT csv)', '"é,ü",6\n'), 'csv')
    await clients.same(copyIn('', 'ok\té\n'), 'an error in a value')
    await same('SELECT * FROM encoded ORDER BY n', "SET client_encoding = 'utf8'")
    await clients.same(copyIn("(ENCODING 'latin1')", 'é\t7\n'), 'LATIN1 from a client of UTF-8')
    await same('SELECT * FROM encoded ORDER BY n', "COPY encoded TO STDOUT (ENCODING 'latin1')")
  })

  it('holds for notifications; one that it cannot tell is an error', async () => {
    await same('LISTEN "é"', 'NOTIFY "é", \'ü\'')
    // PostgreSQL closes the connection, with the same error.
    const [got, expected] = await clients.ask(query(`SELECT pg_notify('é', ${EURO})`))
    assert.equal(summary(expected), 'T(1) D C(SELECT 1) E(22P05)')
    assert.equal(summary(got), 'T(1) D C(SELECT 1) E(22P05) Z(I)')
  })

  it('UTF8 and SQL_ASCII take and give what is stored', async () => {
    for (const encoding of ['UTF8', 'SQL_ASCII']) {
      await same(
        `SET client_encoding = '${encoding}'`,
        "SELECT 'Ã©' AS \"Ã©\", length('Ã©')",
        `SELECT ${EURO}, ${EURO}::int`,
        "SELECT 'é'",
        "SELECT '\xe2\x82'",
      )
    }
  })
})

/** One dimension from 1 on. */
function binaryArray(elementOid: number, items: readonly string[]): Buffer {
  const int32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return bytes
  }
  const elements = items.flatMap(item => [int32(item.length), Buffer.from(item, 'latin1')])
  return Buffer.concat([1, 0, elementOid, items.length, 1].map(int32).concat(elements))
}
