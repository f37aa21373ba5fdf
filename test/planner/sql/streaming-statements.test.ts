import assert from 'node:assert/strict'
import { loadParser, parse } from '../../../planner/sql/parse.ts'
import { brief, parseOne } from './parse-one.ts'

const column = (...path: string[]) => ({ kind: 'column', path })
const interval = (text: string) => ({
  kind: 'cast',
  input: { kind: 'literal', literal: 'string', text },
  type: { names: ['pg_catalog', 'interval'], arrayDimensions: 0 },
})

describe('statements of the streaming grammar', () => {
  before(loadParser)

  it('CREATE SOURCE', () => {
    const source = parseOne(
      'create_source',
      `CREATE SOURCE IF NOT EXISTS rides (ride_id bigint, fare numeric(10,2),
      WATERMARK FOR ts AS ts - INTERVAL '10 seconds' IDLE TIMEOUT INTERVAL '30 seconds', ts timestamptz)
      INCLUDE KEY AS k INCLUDE PARTITION INCLUDE HEADER
      WITH (connector = 'kafka', properties.bootstrap.server = 'k:9092', n = -5, flag = true, "Quoted" = x)
      FORMAT PLAIN ENCODE AVRO (schema.registry = 'http://x') KEY ENCODE JSON`,
    )
    assert.deepEqual(
      source.columns.map(({ name, type }) => [name, type.names.at(-1), type.modifiers]),
      [
        ['ride_id', 'int8', []],
        ['fare', 'numeric', [10, 2]],
        ['ts', 'timestamptz', []],
      ],
    )
    assert.deepEqual(brief(source.watermark), {
      column: 'ts',
      expression: { kind: 'operator', name: '-', left: column('ts'), right: interval('10 seconds') },
      idleTimeout: interval('30 seconds'),
    })
    assert.deepEqual(brief(source.includes), [
      { what: 'key', name: 'k' },
      { what: 'partition' },
      { what: 'headers' },
    ])
    assert.deepEqual(
      source.options.map(({ name, value }) => [name, value]),
      [
        ['connector', 'kafka'],
        ['properties.bootstrap.server', 'k:9092'],
        ['n', '-5'],
        ['flag', 'true'],
        ['Quoted', 'x'],
      ],
    )
    assert.deepEqual(brief(source.format), {
      format: 'plain',
      encode: 'avro',
      options: [
        { name: 'schema.registry', value: 'http://x' },
        { name: 'key.encode', value: 'json' },
      ],
    })
  })

  it('keeps positions when clauses are cut out', () => {
    const text =
      "select 'é'; CREATE SOURCE s (a int, WATERMARK FOR b AS b + x, b \"tö\", c int) WITH (k = 'v')"
    const statement = parse(text)[1]?.statement
    assert.ok(statement?.kind === 'create_source')
    const at = (part: string) => text.indexOf(part) + 1
    assert.equal(statement.position, at('CREATE'))
    assert.equal(statement.watermark?.position, at('WATERMARK'))
    assert.equal(statement.watermark?.expression.position, at('+ x'))
    assert.deepEqual(
      statement.columns.map(({ position }) => position),
      [at('a int'), at('b "tö'), at('c int')],
    )
    assert.equal(statement.columns[1]?.type.position, at('"tö'))
    assert.equal(statement.options[0]?.position, at('k ='))
  })

  it('a watermark may be the first, the last or the only element', () => {
    const names = (elements: string) => {
      const { columns, watermark } = parseOne('create_source', `CREATE SOURCE s (${elements}) WITH (a = 'b')`)
      return [columns.map(({ name }) => name), watermark?.column]
    }
    assert.deepEqual(names('WATERMARK FOR b AS b, a int, b date'), [['a', 'b'], 'b'])
    assert.deepEqual(names('a int, b date, WATERMARK FOR b AS b'), [['a', 'b'], 'b'])
    assert.deepEqual(names('WATERMARK FOR b AS b'), [[], 'b'])
  })

  it('CREATE TABLE with streaming clauses', () => {
    const table = parseOne(
      'create_table',
      `CREATE TABLE t (id int PRIMARY KEY, p timestamptz AS proctime(), v int
      GENERATED ALWAYS AS (id + 1) STORED, WATERMARK FOR p AS p) APPEND ONLY
      WITH (connector = 'x') FORMAT PLAIN ENCODE JSON`,
    )
    assert.deepEqual([table.appendOnly, table.format?.format, table.watermark?.column], [true, 'plain', 'p'])
    assert.deepEqual(
      table.columns.map(({ name, generated }) => [name, generated?.kind]),
      [
        ['id', undefined],
        ['p', 'function'],
        ['v', 'operator'],
      ],
    )
    assert.equal(parseOne('create_table_as', 'CREATE TABLE t APPEND ONLY AS SELECT 1 AS a').appendOnly, true)
  })

  it('CREATE MATERIALIZED VIEW … EMIT', () => {
    const view = parseOne(
      'create_materialized_view',
      `CREATE MATERIALIZED VIEW IF NOT EXISTS s.v (a) AS
      SELECT count(*) FROM t EMIT ON WINDOW CLOSE WITH DELAY INTERVAL '5 s' WITH (late_rows = 'l')`,
    )
    assert.deepEqual(brief(view.emit), { kind: 'window_close', delay: interval('5 s') })
    assert.deepEqual(
      [view.columns, view.ifNotExists, brief(view.options)],
      [['a'], true, [{ name: 'late_rows', value: 'l' }]],
    )
    const emit = (clause: string) => {
      return brief(
        parseOne('create_materialized_view', `CREATE MATERIALIZED VIEW v AS SELECT 1 FROM t ${clause}`).emit,
      )
    }
    assert.deepEqual(emit('EMIT ON UPDATE'), { kind: 'update' })
    assert.deepEqual(emit("EMIT PERIODIC INTERVAL '1 s'"), { kind: 'periodic', interval: interval('1 s') })
    // An alias by that name.
    assert.equal(emit('emit'), undefined)
  })

  it('CREATE SINK', () => {
    const from = parseOne(
      'create_sink',
      "CREATE SINK s FROM a.v WITH (connector = 'kafka') FORMAT UPSERT ENCODE JSON",
    )
    assert.deepEqual(brief(from.from), { kind: 'relation', table: { schemaName: 'a', name: 'v' } })
    assert.equal(from.format?.format, 'upsert')
    const query = parseOne(
      'create_sink',
      "CREATE SINK s AS WITH x AS (SELECT 1) SELECT * FROM x WITH (connector = 'x')",
    )
    assert.ok(query.from.kind === 'select' && query.from.ctes.length === 1)
    const into = parseOne('create_sink', 'CREATE SINK s INTO t (a, b) FROM v')
    assert.deepEqual([into.into?.name, into.intoColumns.map(({ name }) => name)], ['t', ['a', 'b']])
  })

  it('models', () => {
    assert.deepEqual(
      brief(parseOne('create_model', "CREATE OR REPLACE MODEL s.m FROM 'a.onnx' WITH (k = 1)")),
      {
        kind: 'create_model',
        model: { schemaName: 's', name: 'm' },
        orReplace: true,
        path: 'a.onnx',
        options: [{ name: 'k', value: '1' }],
      },
    )
    const action = (text: string) => brief(parseOne('alter_model', `ALTER MODEL m ${text}`).action)
    assert.deepEqual(action("FROM 'b'"), { kind: 'set_path', path: 'b' })
    assert.deepEqual(action('SET (a = 1)'), { kind: 'set_options', options: [{ name: 'a', value: '1' }] })
    assert.deepEqual(action('RENAME TO n'), { kind: 'rename', name: 'n' })
    assert.deepEqual(brief(parseOne('drop', 'DROP MODEL IF EXISTS m, s.n CASCADE')), {
      kind: 'drop',
      object: 'model',
      names: [{ name: 'm' }, { schemaName: 's', name: 'n' }],
      ifExists: true,
      cascade: true,
    })
  })

  it('SHOW, DESCRIBE, FLUSH', () => {
    const show = (sql: string) => brief(parseOne('show', sql).target)
    assert.deepEqual(show('SHOW TABLES'), { kind: 'objects', objects: 'tables' })
    assert.deepEqual(show("SHOW MATERIALIZED VIEWS FROM s LIKE 'a%'"), {
      kind: 'objects',
      objects: 'materialized_views',
      schemaName: 's',
      like: 'a%',
    })
    assert.deepEqual(show('SHOW SOURCE LAG s'), {
      kind: 'objects',
      objects: 'source_lag',
      name: { name: 's' },
    })
    assert.deepEqual(show('SHOW CREATE SOURCE s'), { kind: 'create', object: 'source', table: { name: 's' } })
    assert.deepEqual(show('DESCRIBE s.t'), { kind: 'columns', table: { schemaName: 's', name: 't' } })
    assert.deepEqual(show('SHOW COLUMNS FROM t'), { kind: 'columns', table: { name: 't' } })
    assert.equal(parseOne('flush', 'FLUSH').kind, 'flush')
  })

  it('SUBSCRIBE and what carries it', () => {
    const subscribe = parseOne(
      'subscribe',
      'SUBSCRIBE TO v WITH (SNAPSHOT = false, PROGRESS) AS OF 12 UP TO 20 + 1',
    )
    assert.deepEqual(brief(subscribe.from), { kind: 'relation', table: { name: 'v' } })
    assert.deepEqual(brief(subscribe.options), [{ name: 'snapshot', value: 'false' }, { name: 'progress' }])
    assert.deepEqual([subscribe.asOf?.kind, subscribe.upTo?.kind], ['literal', 'operator'])
    assert.equal(parseOne('subscribe', 'SUBSCRIBE (SELECT 1 FROM t)').from.kind, 'select')
    const copy = parseOne('copy', 'COPY (SUBSCRIBE v) TO STDOUT WITH (FORMAT csv)')
    assert.deepEqual([copy.from.kind, copy.isFrom, copy.options[0]?.value], ['subscribe', false, 'csv'])
    const cursor = parseOne('declare_cursor', 'DECLARE c NO SCROLL CURSOR WITH HOLD FOR SUBSCRIBE v AS OF 3')
    assert.deepEqual([cursor.hold, cursor.scroll, cursor.query.kind], [true, false, 'subscribe'])
    const fetch = parseOne('fetch', "FETCH 10 FROM c WITH (timeout = '1s')")
    assert.deepEqual([fetch.count, brief(fetch.options)], [10, [{ name: 'timeout', value: '1s' }]])
  })

  it('EXPLAIN of them', () => {
    const explain = parseOne(
      'explain',
      "EXPLAIN (CODEGEN, FORMAT text) CREATE SINK s FROM v WITH (connector = 'x')",
    )
    assert.deepEqual(
      [explain.statement.kind, brief(explain.options)],
      ['create_sink', [{ name: 'codegen' }, { name: 'format', value: 'text' }]],
    )
    assert.equal(parseOne('explain', 'EXPLAIN ANALYZE SUBSCRIBE TO v').analyze, true)
  })

  it('mixes with those of PostgreSQL in one text', () => {
    const kinds = parse("BEGIN; SUBSCRIBE v; SELECT ';' FROM a x ASOF JOIN b ON true; FLUSH;").map(
      ({ statement }) => statement.kind,
    )
    assert.deepEqual(kinds, ['transaction', 'subscribe', 'select', 'flush'])
  })
})

describe('streaming clauses of queries', () => {
  before(loadParser)

  const from = (text: string) => {
    const { body } = parseOne('select', `SELECT * FROM ${text}`)
    return body.kind === 'select' ? body.from[0] : undefined
  }
  const table = (name: string) => ({ kind: 'table', table: { name } })

  it('TUMBLE, HOP and CUMULATE', () => {
    const tumble = {
      kind: 'window',
      window: 'tumble',
      input: table('t'),
      time: column('ts'),
      args: [interval('1 min')],
    }
    assert.deepEqual(brief(from("TUMBLE(t, ts, INTERVAL '1 min') w")), { ...tumble, alias: { name: 'w' } })
    assert.deepEqual(brief(from("TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1 min'))")), tumble)
    assert.deepEqual(brief(from("HOP(s.t, t.ts, INTERVAL '1 min', INTERVAL '2 min', INTERVAL '3 s')")), {
      kind: 'window',
      window: 'hop',
      input: { kind: 'table', table: { schemaName: 's', name: 't' } },
      time: column('t', 'ts'),
      args: [interval('1 min'), interval('2 min'), interval('3 s')],
    })
    const named =
      "SIZE => INTERVAL '2 min', SLIDE => INTERVAL '1 min', DATA => TABLE t, TIMECOL => DESCRIPTOR(ts)"
    assert.deepEqual(brief(from(`TABLE(HOP(${named}))`)), {
      kind: 'window',
      window: 'hop',
      input: table('t'),
      time: column('ts'),
      args: [interval('1 min'), interval('2 min')],
    })
    const subquery = from("CUMULATE((SELECT * FROM t), ts, INTERVAL '1 min', INTERVAL '2 min')")
    assert.ok(subquery?.kind === 'window' && subquery.input.kind === 'subquery')
  })

  it('SESSION', () => {
    const session = {
      kind: 'window',
      window: 'session',
      input: table('t'),
      time: column('ts'),
      args: [interval('5 min')],
      partitionBy: [column('a'), column('b')],
    }
    assert.deepEqual(brief(from("SESSION(t PARTITION BY a, b, ts, INTERVAL '5 min')")), session)
    assert.deepEqual(
      brief(from("TABLE(SESSION(TABLE t PARTITION BY (a, b), DESCRIPTOR(ts), INTERVAL '5 min'))")),
      session,
    )
  })

  it('ML_PREDICT', () => {
    assert.deepEqual(brief(from('TABLE(ML_PREDICT(TABLE t, MODEL s.m, DESCRIPTOR(a, b))) p')), {
      kind: 'model',
      input: table('t'),
      model: { schemaName: 's', name: 'm' },
      args: [column('a'), column('b')],
      alias: { name: 'p' },
    })
  })

  it('ASOF JOIN, at the right one of several joins', () => {
    const asof = (text: string): unknown => {
      const item = from(text)
      const visit = (node: typeof item): unknown => {
        return node?.kind === 'join'
          ? [visit(node.left), node.asof ? 'asof' : 'join', visit(node.right)]
          : '.'
      }
      return visit(item)
    }
    assert.deepEqual(asof('a ASOF JOIN b ON true'), ['.', 'asof', '.'])
    assert.deepEqual(asof('a JOIN b ON true ASOF LEFT JOIN c ON true'), [['.', 'join', '.'], 'asof', '.'])
    assert.deepEqual(asof('a ASOF JOIN b ON true JOIN c ON true'), [['.', 'asof', '.'], 'join', '.'])
    assert.deepEqual(asof('a JOIN (b ASOF JOIN (SELECT 1) c ON true) ON true'), [
      '.',
      'join',
      ['.', 'asof', '.'],
    ])
    assert.deepEqual(asof('a "asof" JOIN b ON true'), ['.', 'join', '.'])
  })

  it('FOR SYSTEM_TIME AS OF', () => {
    const join = from('o JOIN s.r FOR SYSTEM_TIME AS OF o.ts AS x ON o.k = x.k')
    assert.ok(join?.kind === 'join')
    assert.deepEqual(brief(join.right), {
      kind: 'table',
      table: { schemaName: 's', name: 'r' },
      alias: { name: 'x' },
      systemTime: column('o', 'ts'),
    })
  })

  it('SESSION WITH GAP', () => {
    const { body } = parseOne(
      'select',
      "SELECT first_value(x) OVER (PARTITION BY k ORDER BY ts SESSION WITH GAP INTERVAL '5 min')",
    )
    const call = body.kind === 'select' ? body.targets[0]?.expression : undefined
    assert.ok(call?.kind === 'function')
    assert.deepEqual(brief(call.over?.sessionGap), interval('5 min'))
  })
})
