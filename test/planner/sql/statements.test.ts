import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadParser, parse } from '../../../planner/sql/parse.ts'
import { projectRoot } from '../../support/project-root.ts'
import { brief, parseOne } from './parse-one.ts'

const integer = (value: number) => ({ kind: 'literal', literal: 'integer', text: String(value) })
const column = (...path: string[]) => ({ kind: 'column', path })

describe('statements of PostgreSQL', () => {
  before(loadParser)

  it('cuts a text at its semicolons', () => {
    const text = ";; select 'é;' ; -- one\n /* ; */ begin ;\n select 2 "
    const parsed = parse(text)
    assert.deepEqual(
      parsed.map(({ start, end }) => text.slice(start, end)),
      ["select 'é;'", 'begin', 'select 2'],
    )
    assert.equal(parsed[1]?.statement.position, 34)
  })

  it('finds no statement in blanks and comments', () => {
    for (const text of ['', ' \n', ';', ' ; ;', '-- ping', '/* a /* b */ */'])
      assert.deepEqual(parse(text), [])
  })

  it('reads every recorded statement of real clients', () => {
    const file = join(projectRoot, 'test/clients/recorded-statements.jsonl')
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    assert.ok(lines.length > 300)
    for (const line of lines) {
      const { sql } = JSON.parse(line) as { sql: string }
      for (const { statement, start, end } of parse(sql)) {
        assert.ok(statement.kind.length > 0 && start < end && end <= sql.length, sql)
      }
    }
  })

  it('SELECT', () => {
    const select = parseOne(
      'select',
      `WITH RECURSIVE x (a) AS MATERIALIZED (SELECT 1)
      SELECT DISTINCT ON (a) a AS b FROM x, s.y AS z (c) WHERE a GROUP BY ROLLUP (a), b HAVING c
      WINDOW w AS (PARTITION BY a) ORDER BY 1 DESC LIMIT 3 OFFSET 4 FOR UPDATE`,
    )
    assert.equal(select.recursive, true)
    assert.deepEqual(
      select.ctes.map(({ name, columns, materialized }) => [name, columns, materialized]),
      [['x', ['a'], true]],
    )
    const { ctes, ...rest } = select
    assert.deepEqual(brief(rest), {
      kind: 'select',
      recursive: true,
      body: {
        kind: 'select',
        distinct: { on: [column('a')] },
        targets: [{ expression: column('a'), alias: 'b' }],
        from: [
          { kind: 'table', table: { name: 'x' } },
          { kind: 'table', table: { schemaName: 's', name: 'y' }, alias: { name: 'z', columns: ['c'] } },
        ],
        where: column('a'),
        groupBy: [
          { kind: 'grouping_set', set: 'rollup', items: [{ kind: 'expression', expression: column('a') }] },
          { kind: 'expression', expression: column('b') },
        ],
        having: column('c'),
        windows: [{ name: 'w', partitionBy: [column('a')] }],
      },
      orderBy: [{ expression: integer(1), descending: true }],
      limit: integer(3),
      offset: integer(4),
      locking: [{ strength: 'UPDATE' }],
    })
    assert.equal(parseOne('select', 'SELECT a FROM t LIMIT ALL').limit, undefined)
    assert.deepEqual(brief(parseOne('select', 'SELECT DISTINCT a').body), {
      kind: 'select',
      distinct: {},
      targets: [{ expression: column('a') }],
    })
  })

  it('set operations and VALUES', () => {
    const { body } = parseOne(
      'select',
      '(SELECT 1 ORDER BY 1) UNION ALL SELECT 2 INTERSECT VALUES (1, 2), (3, 4)',
    )
    assert.ok(body.kind === 'set_operation' && body.right.body.kind === 'set_operation')
    assert.deepEqual([body.operation, body.all, body.left.orderBy.length], ['union', true, 1])
    assert.deepEqual(brief(body.right.body.right.body), {
      kind: 'values',
      rows: [
        [integer(1), integer(2)],
        [integer(3), integer(4)],
      ],
    })
  })

  it('FROM', () => {
    const from = (text: string) => {
      const { body } = parseOne('select', `SELECT 1 FROM ${text}`)
      return body.kind === 'select' ? brief(body.from[0]) : undefined
    }
    const table = (name: string) => ({ kind: 'table', table: { name } })
    const [a, b] = [table('a'), table('b')]
    assert.deepEqual(from('d.s.t'), {
      kind: 'table',
      table: { catalogName: 'd', schemaName: 's', name: 't' },
    })
    assert.deepEqual(from('a NATURAL LEFT JOIN b'), {
      kind: 'join',
      joinType: 'left',
      natural: true,
      left: a,
      right: b,
    })
    assert.deepEqual(from('a FULL JOIN b USING (x, y)'), {
      kind: 'join',
      joinType: 'full',
      using: ['x', 'y'],
      left: a,
      right: b,
    })
    assert.deepEqual(from('(a CROSS JOIN b) j'), {
      kind: 'join',
      joinType: 'inner',
      left: a,
      right: b,
      alias: { name: 'j' },
    })
    assert.deepEqual(from('generate_series(1, 2) WITH ORDINALITY AS g (n, i)'), {
      kind: 'function',
      functions: [
        { kind: 'function', name: ['generate_series'], args: [{ value: integer(1) }, { value: integer(2) }] },
      ],
      withOrdinality: true,
      alias: { name: 'g', columns: ['n', 'i'] },
    })
  })

  it('INSERT, UPDATE, DELETE', () => {
    assert.deepEqual(
      brief(
        parseOne(
          'insert',
          `INSERT INTO s.t AS x (a, b) VALUES (1, DEFAULT)
      ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE c RETURNING *, a AS d`,
        ),
      ),
      {
        kind: 'insert',
        table: { schemaName: 's', name: 't' },
        alias: 'x',
        columns: [{ name: 'a' }, { name: 'b' }],
        source: { kind: 'select', body: { kind: 'values', rows: [[integer(1), { kind: 'default' }]] } },
        onConflict: {
          columns: ['a'],
          action: 'update',
          assignments: [{ column: 'b', value: column('excluded', 'b') }],
          where: column('c'),
        },
        returning: [{ expression: { kind: 'star' } }, { expression: column('a'), alias: 'd' }],
      },
    )
    assert.equal(parseOne('insert', 'INSERT INTO t DEFAULT VALUES').source, undefined)
    assert.equal(
      parseOne('insert', 'INSERT INTO t SELECT 1 ON CONFLICT ON CONSTRAINT k DO NOTHING').onConflict
        ?.constraint,
      'k',
    )
    assert.deepEqual(
      brief(parseOne('update', 'UPDATE t x SET a = 1, (b, c) = ROW(2, DEFAULT) FROM y WHERE z')),
      {
        kind: 'update',
        table: { name: 't' },
        alias: 'x',
        assignments: [
          { column: 'a', value: integer(1) },
          { column: 'b', value: integer(2) },
          { column: 'c', value: { kind: 'default' } },
        ],
        from: [{ kind: 'table', table: { name: 'y' } }],
        where: column('z'),
      },
    )
    assert.deepEqual(brief(parseOne('delete', 'DELETE FROM t USING u WHERE a')), {
      kind: 'delete',
      table: { name: 't' },
      using: [{ kind: 'table', table: { name: 'u' } }],
      where: column('a'),
    })
  })

  it('CREATE TABLE', () => {
    const table = parseOne(
      'create_table',
      `CREATE TEMP TABLE IF NOT EXISTS s.t (
      id int PRIMARY KEY, b numeric(10, 2) NOT NULL DEFAULT 3 CHECK (b > 1),
      c text GENERATED ALWAYS AS (id) STORED,
      d int GENERATED BY DEFAULT AS IDENTITY REFERENCES u, CONSTRAINT pk PRIMARY KEY (id, b), UNIQUE (c))
      WITH (x.y = 'z', n = 1, f)`,
    )
    assert.deepEqual([table.temporary, table.ifNotExists, table.table.schemaName], [true, true, 's'])
    const flags = table.columns.map(({ type, position, ...rest }) => brief(rest))
    assert.deepEqual(
      flags.map(flag => Object.keys(flag as object).join()),
      ['name,primaryKey', 'name,notNull,default,check', 'name,generated', 'name,identity,references'],
    )
    assert.deepEqual(brief(table.constraints), [
      { kind: 'primary_key', name: 'pk', columns: ['id', 'b'] },
      { kind: 'unique', columns: ['c'] },
    ])
    assert.deepEqual(brief(table.options), [
      { name: 'x.y', value: 'z' },
      { name: 'n', value: '1' },
      { name: 'f' },
    ])
  })

  it('other definitions', () => {
    assert.equal(parseOne('create_table_as', 'CREATE TABLE t (a) AS SELECT 1 WITH NO DATA').withData, false)
    assert.equal(parseOne('create_table_as', 'SELECT 1 AS a INTO t FROM u').table.name, 't')
    assert.equal(parseOne('create_view', 'CREATE OR REPLACE VIEW v (a) AS SELECT 1').orReplace, true)
    assert.equal(
      parseOne('create_materialized_view', 'CREATE MATERIALIZED VIEW v AS SELECT 1').emit,
      undefined,
    )
    assert.equal(parseOne('create_schema', 'CREATE SCHEMA IF NOT EXISTS s').name, 's')
    assert.deepEqual(parseOne('create_index', 'CREATE INDEX i ON t (a, lower(b))').columns, ['a', undefined])
    assert.deepEqual(brief(parseOne('drop', 'DROP MATERIALIZED VIEW IF EXISTS s.v, w CASCADE')), {
      kind: 'drop',
      object: 'materialized_view',
      names: [{ schemaName: 's', name: 'v' }, { name: 'w' }],
      ifExists: true,
      cascade: true,
    })
    assert.deepEqual(brief(parseOne('comment', "COMMENT ON COLUMN t.a IS 'x'")), {
      kind: 'comment',
      object: 'column',
      name: ['t', 'a'],
      text: 'x',
    })
    assert.throws(() => parse('SELECT * FROM (SELECT 1 INTO x) y'), {
      code: '42601',
      message: 'SELECT ... INTO is not allowed here',
    })
  })

  it('transactions and settings', () => {
    assert.deepEqual(brief(parseOne('transaction', 'BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY')), {
      kind: 'transaction',
      action: 'begin',
      modes: [
        { name: 'transaction_isolation', value: 'serializable' },
        { name: 'transaction_read_only', value: 'true' },
      ],
    })
    assert.deepEqual(brief(parseOne('transaction', 'ROLLBACK TO SAVEPOINT a')), {
      kind: 'transaction',
      action: 'rollback_to',
      name: 'a',
    })
    assert.equal(parseOne('transaction', 'COMMIT AND CHAIN').chain, true)
    assert.equal(parseOne('transaction', 'START TRANSACTION').start, true)
    assert.deepEqual(brief(parseOne('set', "SET LOCAL a.b = 'x', 2, on")), {
      kind: 'set',
      name: 'a.b',
      scope: 'local',
      values: ['x', '2', 'on'],
    })
    assert.deepEqual(brief(parseOne('set', "SET TIME ZONE 'UTC'")), {
      kind: 'set',
      name: 'timezone',
      scope: 'session',
      values: ['UTC'],
    })
    assert.equal(parseOne('set', 'SET x TO DEFAULT').values, undefined)
    assert.equal(
      parseOne('set', 'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE').modes[0]?.value,
      'false',
    )
    assert.equal(parseOne('reset', 'RESET ALL').name, 'all')
    assert.deepEqual(brief(parseOne('show', 'SHOW TIME ZONE').target), { kind: 'variable', name: 'timezone' })
  })

  it('EXPLAIN, COPY, cursors, prepared statements', () => {
    const explain = parseOne('explain', 'EXPLAIN (ANALYZE false, FORMAT json, CODEGEN) SELECT 1')
    assert.deepEqual(
      [explain.analyze, explain.options.map(({ name }) => name)],
      [false, ['analyze', 'format', 'codegen']],
    )
    assert.equal(parseOne('explain', 'EXPLAIN ANALYZE INSERT INTO t VALUES (1)').analyze, true)
    assert.deepEqual(
      brief(parseOne('copy', "COPY t (a) FROM STDIN WITH (FORMAT csv, FORCE_NULL (a), NULL '')")),
      {
        kind: 'copy',
        from: { kind: 'relation', table: { name: 't' }, columns: [{ name: 'a' }] },
        isFrom: true,
        options: [
          { name: 'format', value: 'csv' },
          { name: 'force_null', list: ['a'] },
          { name: 'null', value: '' },
        ],
      },
    )
    assert.equal(parseOne('copy', 'COPY (SELECT 1) TO STDOUT').from.kind, 'query')
    const cursor = parseOne('declare_cursor', 'DECLARE c BINARY NO SCROLL CURSOR WITH HOLD FOR SELECT 1')
    assert.deepEqual([cursor.binary, cursor.scroll, cursor.hold], [true, false, true])
    const fetch = (sql: string) => {
      const { move, direction, count } = parseOne('fetch', sql)
      return [move, direction, count]
    }
    assert.deepEqual(fetch('FETCH c'), [false, 'forward', 1])
    assert.deepEqual(fetch('FETCH ALL FROM c'), [false, 'forward', 'all'])
    assert.deepEqual(fetch('MOVE ABSOLUTE -1 IN c'), [true, 'absolute', -1])
    assert.equal(parseOne('close', 'CLOSE ALL').name, undefined)
    assert.deepEqual(parseOne('prepare', 'PREPARE p (int) AS SELECT $1').types[0]?.names, [
      'pg_catalog',
      'int4',
    ])
    assert.equal(parseOne('execute', "EXECUTE p (1, 'a')").args.length, 2)
    assert.equal(parseOne('deallocate', 'DEALLOCATE ALL').name, undefined)
  })

  it('roles and privileges', () => {
    const options = parseOne(
      'create_role',
      "CREATE USER u PASSWORD 'x' IN ROLE r VALID UNTIL '2030-01-01'",
    ).options
    assert.deepEqual(
      options.map(({ name, text, roles }) => [name, text, roles.length]),
      [
        ['password', 'x', 0],
        ['addroleto', undefined, 1],
        ['validUntil', '2030-01-01', 0],
      ],
    )
    const role = parseOne('grant_role', 'REVOKE ADMIN OPTION FOR a, b FROM current_user CASCADE')
    assert.deepEqual([role.isGrant, role.roles, role.admin, role.cascade], [false, ['a', 'b'], true, true])
    assert.equal(role.members[0]?.kind, 'current_user')
    const grant = parseOne('grant', 'GRANT SELECT, update (a, "B") ON s.t TO PUBLIC WITH GRANT OPTION')
    const wanted = [
      { name: 'select', columns: [] },
      { name: 'update', columns: ['a', 'B'] },
    ]
    assert.deepEqual([grant.privileges, grant.grantOption], [wanted, true])
    const all = parseOne('grant', 'GRANT ALL (c) ON t TO u').privileges
    assert.deepEqual(all, [{ name: undefined, columns: ['c'] }])
    const model = parseOne('grant', 'REVOKE GRANT OPTION FOR execute ON MODEL s.m, n FROM u CASCADE')
    assert.deepEqual([model.privileges?.[0]?.name, model.grantOption, model.cascade], ['execute', true, true])
    assert(model.target.kind === 'model')
    assert.deepEqual(
      model.target.names.map(({ schemaName, name }) => [schemaName, name]),
      [
        ['s', 'm'],
        [undefined, 'n'],
      ],
    )
    assert.equal(parseOne('grant', 'GRANT ALL ON MATERIALIZED VIEW v TO u').privileges, undefined)
    assert.deepEqual(brief(parseOne('drop_owned', 'DROP OWNED BY u, current_user CASCADE')), {
      kind: 'drop_owned',
      roles: [{ kind: 'name', name: 'u' }, { kind: 'current_user' }],
      cascade: true,
    })
    assert.throws(() => parse('GRANT ON MODEL m TO u'), { code: '42601' })
    assert.throws(() => parse('GRANT SELECT ON MODEL m'), { code: '42601' })
  })

  it('names what it does not support', () => {
    const command = (sql: string) => parseOne('unsupported', sql).command
    assert.equal(command('ALTER TABLE t ADD COLUMN a int'), 'ALTER TABLE')
    assert.equal(command('CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$select 1$$'), 'CREATE FUNCTION')
    assert.equal(command('MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE'), 'MERGE')
    assert.equal(command('ALTER SOURCE s ADD COLUMN a int'), 'ALTER SOURCE')
    assert.throws(() => parse('CREATE TABLE t (a int) INHERITS (u)'), { code: '0A000' })
  })
})
