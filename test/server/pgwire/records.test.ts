/** Records: what ROW(…) and whole rows look like in text and binary, and that nothing becomes one. */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { useSideBySide } from './side-by-side.ts'

const RECORD_OID = 2249

describe('records', () => {
  const beside = useSideBySide()

  async function same(...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await beside.clients.same(serialize.query(text), text)
      const rest = [serialize.describe({ type: 'P' }), serialize.execute({}), serialize.sync()]
      const bind = serialize.bind({ binary: true })
      await beside.clients.same(
        Buffer.concat([serialize.parse({ text }), bind, ...rest]),
        `${text} in binary`,
      )
    }
    assert.deepEqual(beside.server.internalErrors, [])
  }

  it('go out in text and binary, nested and in arrays', () =>
    same(
      "SELECT ROW(1, 'a'::text, NULL::int, true, 1.5, date '2026-01-02', ARRAY[1,2], ROW(2, 'x y'::text))",
      "SELECT ROW(), ROW(NULL::int), ROW('a b'::text, E'\\t'::text, ''::text, '\"\\'::text, '(,)'::text)",
      'SELECT ARRAY[ROW(1,2), ROW(3,4)], ARRAY[ROW(1, ARRAY[ROW(2,3)])]',
      'SELECT ROW(1,2)::text, ROW(1,2)::record, ARRAY[ROW(1,2)]::record[]',
      'SELECT ROW(1,2) = ROW(1,2), ROW(1,2) < ROW(1,3), ROW(1,NULL) IS NULL, json_agg(ROW(1,2))',
    ))

  it('are made of whole rows', async () => {
    await beside.clients.same(serialize.query('CREATE TABLE whole (a int, b text, c timestamp)'), 'a table')
    const insert = "INSERT INTO whole VALUES (1, 'x y', '2026-01-02'), (2, NULL, NULL)"
    await beside.clients.same(serialize.query(insert), 'its rows')
    await same(
      'SELECT ROW(t.*) FROM whole t ORDER BY a',
      'SELECT (t.*, 1)::text FROM whole t ORDER BY a',
      'SELECT (t).a, (t).b FROM whole t ORDER BY a',
      'SELECT row_to_json(t) FROM whole t ORDER BY a',
    )
    await beside.clients.same(serialize.query('DROP TABLE whole'), 'no table')
  })

  it('are not read', async () => {
    await same("SELECT '(1,2)'::record", 'SELECT \'{"(1,2)"}\'::record[]', 'SELECT 1::record')
    const binary = Buffer.from('00000001000000170000000400000001', 'hex')
    for (const [format, bytes] of [Buffer.from('(1)'), binary].entries()) {
      const bind = serialize.bind({ values: [bytes] })
      bind.writeInt16BE(format, 9)
      const parse = serialize.parse({ text: 'SELECT $1', types: [RECORD_OID] })
      const rest = [serialize.execute({}), serialize.sync()]
      await beside.clients.same(Buffer.concat([parse, bind, ...rest]), `format ${format}`)
    }
    assert.deepEqual(beside.server.internalErrors, [])
  })
})
