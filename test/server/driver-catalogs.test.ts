/** The catalogs that drivers read for names of types and of a result's columns: pgjdbc's own queries. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { Millrace } from '../../server/index.ts'
import { failure } from './failure.ts'

describe('catalogs of drivers', () => {
  let db: Millrace
  beforeEach(async () => {
    db = await Millrace.create()
  })
  afterEach(() => db.close())

  const rows = async (sql: string): Promise<unknown[]> =>
    (await db.query<unknown[]>(sql, [], { rowMode: 'array' })).rows

  /** Schemas along the search path come first. */
  const pathOrder = `LEFT JOIN (SELECT ns.oid AS nspoid, ns.nspname, r.r FROM pg_namespace AS ns
    JOIN (SELECT s.r, (current_schemas(false))[s.r] AS nspname
      FROM generate_series(1, array_upper(current_schemas(false), 1)) AS s(r)) AS r USING (nspname)
    ) AS sp ON sp.nspoid = typnamespace`

  it('name the type of a result', async () => {
    const query = (
      oid: number,
    ) => `SELECT typinput = 'pg_catalog.array_in'::regproc AS is_array, typtype, typname,
      pg_type.oid FROM pg_catalog.pg_type ${pathOrder} WHERE pg_type.oid = ${oid}
      ORDER BY sp.r, pg_type.oid DESC`
    assert.deepEqual(await rows(query(3802)), [[false, 'b', 'jsonb', 3802]])
    assert.deepEqual(await rows(query(1187)), [[true, 'b', '_interval', 1187]])
  })

  it('find a type by its name', async () => {
    const query = `SELECT pg_type.oid, typname FROM pg_catalog.pg_type ${pathOrder}
      WHERE typname = 'interval' ORDER BY sp.r, pg_type.oid DESC LIMIT 1`
    assert.deepEqual(await rows(query), [[1186, 'interval']])
    const schema = `SELECT n.nspname = ANY(current_schemas(true)), n.nspname, t.typname
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON t.typnamespace = n.oid WHERE t.oid = 1009`
    assert.deepEqual(await rows(schema), [[true, 'pg_catalog', '_text']])
  })

  it("tell a result's columns", async () => {
    await db.exec(`CREATE SCHEMA s;
      CREATE TABLE s.t (id int PRIMARY KEY, a numeric(5,2) DEFAULT 1.5, b text NOT NULL, c int[]);
      CREATE MATERIALIZED VIEW s.m AS SELECT b FROM s.t; CREATE VIEW s.v AS SELECT b FROM s.t`)
    const query = `SELECT a.attnum, a.attname, c.relname, c.relkind, n.nspname,
        a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
        a.attidentity != '' OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%',
        pg_get_expr(d.adbin, d.adrelid), a.atttypmod
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON (c.relnamespace = n.oid)
        JOIN pg_catalog.pg_attribute a ON (c.oid = a.attrelid)
        JOIN pg_catalog.pg_type t ON (a.atttypid = t.oid)
        LEFT JOIN pg_catalog.pg_attrdef d ON (d.adrelid = a.attrelid AND d.adnum = a.attnum)
      WHERE n.nspname = 's' ORDER BY c.oid, a.attnum`
    assert.deepEqual(await rows(query), [
      [1, 'id', 't', 'r', 's', true, null, null, -1],
      [2, 'a', 't', 'r', 's', false, false, '1.5::numeric(5,2)', (5 << 16) + 2 + 4],
      [3, 'b', 't', 'r', 's', true, null, null, -1],
      [4, 'c', 't', 'r', 's', false, null, null, -1],
      [1, 'b', 'm', 'm', 's', false, null, null, -1],
      [1, 'b', 'v', 'v', 's', false, null, null, -1],
    ])
  })

  it('are found without their schema, before tables of the same name', async () => {
    await db.exec('CREATE TABLE public.pg_namespace (n int); SET search_path = public')
    assert.deepEqual(await rows("SELECT nspname FROM pg_namespace WHERE nspname = 'public'"), [['public']])
    await db.exec('SET search_path = public, pg_catalog')
    assert.deepEqual(await rows('SELECT n FROM pg_namespace'), [])
  })

  it('give schemas OIDs of their own', async () => {
    await db.exec('CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE b.t (n int)')
    const query = `SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relname = 't'`
    assert.deepEqual(await rows(query), [['b']])
    assert.deepEqual(await rows('SELECT count(*)::int, count(DISTINCT oid)::int FROM pg_namespace'), [[6, 6]])
  })

  it('know functions by their names', async () => {
    assert.deepEqual(await rows("SELECT 'int4in'::regproc::oid, 750::regproc::text, '-'::regproc::oid"), [
      [42, 'array_in', 0],
    ])
    const { code, message } = await failure(db.query("SELECT 'nope'::regproc"))
    assert.deepEqual([code, message], ['42883', 'function "nope" does not exist'])
  })
})
