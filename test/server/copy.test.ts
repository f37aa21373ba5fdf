/**
 * COPY over the wire: data cut anywhere, errors with their line and column (texts and places were compared
 * with PostgreSQL 15), message states, and every type in each format, as PostgreSQL (PGlite) writes it.
 */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { PGlite } from '@electric-sql/pglite'
import { missingProgram, requirePart } from '../support/requirement.ts'
import { errorField, frame, summary, type WireClient } from '../support/wire-client.ts'
import { TestServer } from '../support/wire-server.ts'

const done = frame('c')
const sync = frame('S')

function query(sql: string): Buffer {
  return frame('Q', `${sql}\0`)
}

function data(bytes: string | Buffer): Buffer {
  return frame('d', bytes)
}

/** Parse, Bind and Execute of the unnamed statement. */
function extended(sql: string): Buffer {
  return Buffer.concat([
    frame('P', `\0${sql}\0\0\0`),
    frame('B', Buffer.alloc(8)),
    frame('E', Buffer.alloc(5)),
  ])
}

describe('COPY', () => {
  let server: TestServer
  let client: WireClient

  before(async () => {
    server = await TestServer.start()
    client = await server.login({ TimeZone: 'UTC' })
  })
  after(async () => {
    await server.close()
    assert.deepEqual(server.internalErrors, [])
  })

  /** `messages words {error|detail|context}`. */
  async function exchange(...pieces: readonly Buffer[]): Promise<string> {
    await client.send(...pieces)
    const messages = await client.readUntilReady()
    const errors = messages
      .filter(({ type }) => type === 'E')
      .map(({ body }) => ` {${['M', 'D', 'W'].map(name => errorField(body, name)).join('|')}}`)
    return summary(messages) + errors.join('')
  }

  async function copyIn(sql: string, bytes: string | Buffer): Promise<string> {
    return exchange(Buffer.concat([query(sql), data(bytes), done]))
  }

  async function copyOut(sql: string): Promise<Buffer> {
    await client.send(query(sql))
    const messages = await client.readUntilReady()
    assert.equal(
      messages.find(({ type }) => type === 'E'),
      undefined,
    )
    return Buffer.concat(messages.filter(({ type }) => type === 'd').map(({ body }) => body))
  }

  async function table(columns: string): Promise<void> {
    await exchange(query(`DROP TABLE IF EXISTS t; CREATE TABLE t (${columns})`))
  }

  describe('FROM STDIN', () => {
    it('takes data that is cut at every byte', async () => {
      await table('a int, b text')
      const bytes = '1\tx\\ty\n2\t\\N\n3\tthr\\x65\\145 \u00e9\n'
      for (let cut = 0; cut <= Buffer.byteLength(bytes); cut++) {
        const whole = Buffer.from(bytes)
        const sent = exchange(
          query('COPY t FROM STDIN'),
          data(whole.subarray(0, cut)),
          data(whole.subarray(cut)),
          done,
        )
        assert.equal(await sent, 'G C(COPY 3) Z(I)')
        assert.equal(
          String(await copyOut('COPY (SELECT * FROM t ORDER BY a) TO STDOUT')),
          '1\tx\\ty\n2\t\\N\n3\tthree \u00e9\n',
        )
        await exchange(query('TRUNCATE t'))
      }
    })

    it('takes csv that is cut at every byte', async () => {
      await table('a int, b text')
      const bytes = Buffer.from('b,a\r\n"x,""y""\r\nz",1\r\n,2\r\n"",3\r\n')
      for (let cut = 0; cut <= bytes.length; cut++) {
        const messages = [data(bytes.subarray(0, cut)), data(bytes.subarray(cut)), done]
        const copy = query('COPY t (b, a) FROM STDIN (FORMAT csv, HEADER match)')
        assert.equal(await exchange(copy, ...messages), 'G C(COPY 3) Z(I)')
        assert.equal(
          String(await copyOut('COPY (SELECT * FROM t ORDER BY a) TO STDOUT (FORMAT csv)')),
          '1,"x,""y""\r\nz"\n2,\n3,""\n',
        )
        await exchange(query('TRUNCATE t'))
      }
    })

    it('fills columns that are not listed with their defaults', async () => {
      await table('a int DEFAULT 7, b text, c int')
      assert.equal(await copyIn('COPY t (c) FROM STDIN', '1\n2\n'), 'G C(COPY 2) Z(I)')
      assert.equal(String(await copyOut('COPY t TO STDOUT')), '7\t\\N\t1\n7\t\\N\t2\n')
    })

    it('keeps the rows that WHERE is true for', async () => {
      await table('a int, b text')
      assert.equal(await copyIn('COPY t FROM STDIN WHERE a > 1', '1\tx\n2\ty\n\\N\tz\n'), 'G C(COPY 1) Z(I)')
      assert.equal(String(await copyOut('COPY t TO STDOUT')), '2\ty\n')
    })

    it('says line and column of an error, and keeps nothing', async () => {
      await table('a int NOT NULL, b text, c numeric(4,2)')
      const cases: readonly (readonly [string, string, string])[] = [
        [
          '',
          '1\tx\t1\nq\ty\t1\n',
          'E(22P02) Z(I) {invalid input syntax for type integer: "q"||COPY t, line 2, column a: "q"}',
        ],
        ['', '1\tx\t1\n2\ty\n', 'E(22P04) Z(I) {missing data for column "c"||COPY t, line 2: "2\ty"}'],
        [
          '',
          '1\tx\t1\t\n',
          'E(22P04) Z(I) {extra data after last expected column||COPY t, line 1: "1\tx\t1\t"}',
        ],
        [
          '',
          '1\tx\t1\n2\ty\t100\n',
          'E(22003) Z(I) {numeric field overflow|A field with precision 4, scale 2 must round to an ' +
            'absolute value less than 10^2.|COPY t, line 2, column c: "100"}',
        ],
        [
          '',
          '\\N\tx\t1\n',
          'E(23502) Z(I) {null value in column "a" of relation "t" violates not-null constraint|' +
            'Failing row contains (null, x, 1.00).|COPY t, line 1: "\\N\tx\t1"}',
        ],
        ['', '1\tx\\.\n', 'E(22P04) Z(I) {missing data for column "c"||COPY t, line 1: "1\tx"}'],
        ['', '1\tx\t1\n\\.y\n', 'E(22P04) Z(I) {end-of-copy marker corrupt||COPY t, line 2}'],
        ['', '1\tx\t1\r\n2\ty\t1\n', 'E(22P04) Z(I) {literal newline found in data||COPY t, line 2}'],
        [
          ' CSV',
          '1,"x\ny",1\n2,"y\n',
          'E(22P04) Z(I) {unterminated CSV quoted field||COPY t, line 3: "2,"y\n"}',
        ],
        [
          ' (FORMAT csv, HEADER match)',
          'a,c,b\n',
          'E(22P04) Z(I) {column name mismatch in header line field 2: got "c", expected "b"||' +
            'COPY t, line 1: "a,c,b"}',
        ],
      ]
      for (const [options, bytes, expected] of cases) {
        assert.equal(await copyIn(`COPY t FROM STDIN${options}`, bytes), `G ${expected}`)
      }
      const latin1 = Buffer.from([0x31, 0x09, 0xe9, 0x09, 0x31, 0x0a])
      assert.equal(
        await copyIn('COPY t FROM STDIN', latin1),
        'G E(22021) Z(I) {invalid byte sequence for encoding "UTF8": 0xe9 0x09 0x31||COPY t, line 1}',
      )
      assert.equal(String(await copyOut('COPY t TO STDOUT')), '')
    })

    it('reports a row before the client is done', async () => {
      await table('a int')
      const early = await exchange(Buffer.concat([query('COPY t FROM STDIN'), data('1\nx\n')]))
      assert.equal(
        early,
        'G E(22P02) Z(I) {invalid input syntax for type integer: "x"||COPY t, line 2, column a: "x"}',
      )
      assert.equal(await exchange(data('2\n'), done, query('SELECT a FROM t')), 'T(1) C(SELECT 0) Z(I)')
    })

    it('is part of the transaction around it', async () => {
      await table('a int PRIMARY KEY')
      await exchange(query('BEGIN'))
      assert.equal(await copyIn('COPY t FROM STDIN', '1\n2\n'), 'G C(COPY 2) Z(T)')
      assert.equal(await exchange(query('SELECT a FROM t')), 'T(1) D*2 C(SELECT 2) Z(T)')
      await exchange(query('ROLLBACK'))
      assert.equal(await exchange(query('SELECT a FROM t')), 'T(1) C(SELECT 0) Z(I)')
      const twice = Buffer.concat([query('COPY t FROM STDIN; SELECT 1/0'), data('1\n'), done])
      assert.match(await exchange(twice), /^G C\(COPY 1\) .*E\(22012\) Z\(I\)/)
      assert.equal(await exchange(query('SELECT a FROM t')), 'T(1) C(SELECT 0) Z(I)')
    })

    it('refuses a key that is there, with all of its rows', async () => {
      await table('a int PRIMARY KEY')
      await copyIn('COPY t FROM STDIN', '5\n')
      assert.match(await copyIn('COPY t FROM STDIN', '4\n5\n'), /^G E\(23505\) Z\(I\) \{duplicate key value/)
      assert.equal(String(await copyOut('COPY t TO STDOUT')), '5\n')
    })

    it('takes many rows', async () => {
      await table('a int, b text')
      const bytes = Array.from({ length: 50_000 }, (_, row) => `${row}\tv${row}\n`).join('')
      assert.equal(await copyIn('COPY t FROM STDIN', bytes), 'G C(COPY 50000) Z(I)')
      assert.equal(String(await copyOut('COPY t TO STDOUT')), bytes)
    })
  })

  describe('messages', () => {
    it('Flush and Sync mean nothing during the copy', async () => {
      await table('a int')
      const messages = [extended('COPY t FROM STDIN'), sync, data('1\n'), frame('H'), sync, done, sync]
      assert.equal(await exchange(...messages), '1 2 G C(COPY 1) Z(I)')
    })

    it('after an error all is dropped until Sync', async () => {
      await table('a int')
      const messages = [
        extended('COPY t FROM STDIN'),
        data('x\n'),
        data('1\n'),
        done,
        query('SELECT 1'),
        sync,
      ]
      assert.match(await exchange(...messages), /^1 2 G E\(22P02\) Z\(I\)/)
    })

    it('CopyFail ends the statement with 57014', async () => {
      await table('a int')
      assert.equal(
        await exchange(query('COPY t FROM STDIN'), data('1\n'), frame('f', 'enough\0')),
        'G E(57014) Z(I) {COPY from stdin failed: enough||COPY t, line 2}',
      )
    })

    it('another message ends the connection', async () => {
      await table('a int')
      const other = await server.login()
      await other.send(query('COPY t FROM STDIN'), query('SELECT 1'))
      const messages = await other.readUntilReady()
      const errors = messages.filter(({ type }) => type === 'E').map(({ body }) => errorField(body, 'M'))
      assert.deepEqual(errors, [
        'unexpected message type 0x51 during COPY from stdin',
        'terminating connection because protocol synchronization was lost',
      ])
    })

    it('CopyData over the limit fails the copy and the connection lives', async () => {
      const small = await TestServer.start({ limits: { copyDataBytesMax: 1000 } })
      try {
        const other = await small.login()
        await other.send(query('CREATE TABLE t (a text)'))
        await other.readUntilReady()
        await other.send(query('COPY t FROM STDIN'), data('x'.repeat(1001)), done, query('SELECT 1'))
        assert.equal(summary(await other.readUntilReady(2)), 'G E(54000) Z(I) T(1) D C(SELECT 1) Z(I)')
      } finally {
        await small.close()
      }
    })
  })

  describe('options', () => {
    const wrong: readonly (readonly [string, string])[] = [
      ['TO STDOUT (FORMAT xml)', 'COPY format "xml" not recognized'],
      ["TO STDOUT (DELIMITER 'ab')", 'COPY delimiter must be a single one-byte character'],
      ["TO STDOUT (DELIMITER 'a')", 'COPY delimiter cannot be "a"'],
      ["TO STDOUT (QUOTE 'x')", 'COPY quote available only in CSV mode'],
      ["TO STDOUT (FORMAT csv, QUOTE ',')", 'COPY delimiter and quote must be different'],
      ['TO STDOUT (FORMAT binary, HEADER)', 'cannot specify HEADER in BINARY mode'],
      ["TO STDOUT (FORMAT binary, NULL 'x')", 'cannot specify NULL in BINARY mode'],
      ['TO STDOUT (HEADER match)', 'cannot use "match" with HEADER in COPY TO'],
      ['FROM STDIN (HEADER maybe)', 'header requires a Boolean value or "match"'],
      ['FROM STDIN (FORMAT csv, FORCE_QUOTE *)', 'COPY force quote only available using COPY TO'],
      ['FROM STDIN (FORMAT csv, FORCE_NULL (z))', 'column "z" of relation "t" does not exist'],
      ['TO STDOUT (FORMAT csv, FORMAT csv)', 'conflicting or redundant options'],
      ['TO STDOUT (NONSENSE)', 'option "nonsense" not recognized'],
      ["FROM '/etc/passwd'", 'COPY from a file is not supported'],
      ["TO PROGRAM 'cat'", 'COPY with a program is not supported'],
    ]
    before(() => table('a int, b text'))
    for (const [text, message] of wrong) {
      it(text, async () => {
        assert.match(
          await exchange(query(`COPY t ${text}`)),
          new RegExp(`^E\\(.*\\{${escapeRegExp(message)}\\|`),
        )
      })
    }

    it('FORCE_QUOTE, FORCE_NULL and FORCE_NOT_NULL', async () => {
      const copy = (options: string) => `COPY t FROM STDIN (FORMAT csv, ${options})`
      await copyIn(copy('FORCE_NULL (b)'), '1,""\n2,\n')
      await copyIn(copy('FORCE_NOT_NULL (b)'), '3,\n')
      assert.equal(
        String(await copyOut('COPY t TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *)')),
        'a,b\n"1",\n"2",\n"3",""\n',
      )
    })
  })

  describe('every type', () => {
    const columns = [
      'b bool, s smallint, i int, l bigint, f real, d double precision, n numeric, m numeric(8,3)',
      't text, v varchar(9), c char(4), y bytea, u uuid, j json, jb jsonb',
      'dt date, tm time, ts timestamp, tz timestamptz, iv interval, ia int[], ta text[]',
    ].join(', ')
    const rows = [
      [
        'true, -5, 7, 9007199254740993, 1.5, 0.1, 123456789012345678901.50, 1.5',
        `E'a\\tb\\\\c\\n"q",', 'vé', 'x', '\\x00ff5c', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`,
        `'{"a": [1]}', '{"b": null}', '2024-02-29', '23:59:59.5', '2026-01-02 03:04:05.678'`,
        `'1969-12-31 23:59:59.999999+00', '1 mon -2 days 03:04:05', '{1,NULL,3}', '{"a,b","",NULL,"q\\""}'`,
      ].join(', '),
      [
        `false, 32767, -2147483648, -9223372036854775808, '-Infinity', 'NaN', 'NaN', -0.001`,
        `'', '', '', '', '00000000-0000-0000-0000-000000000000', 'null', '[]'`,
        `'infinity', '00:00', '-infinity', 'infinity', '0', '{}', '{{a,b},{c,d}}'`,
      ].join(', '),
      Array.from({ length: 22 }, () => 'NULL').join(', '),
    ].map(values => `(${values})`)
    let postgres: PGlite

    before(async function () {
      this.timeout(60_000)
      postgres = await PGlite.create()
      await postgres.exec(
        `SET TimeZone = 'UTC'; CREATE TABLE t (${columns}); INSERT INTO t VALUES ${rows.join(', ')}`,
      )
    })
    after(() => postgres?.close())

    for (const format of ['text', 'csv', 'binary']) {
      it(`${format}: bytes of PostgreSQL come back as they were`, async () => {
        const { blob } = await postgres.query(`COPY t TO '/dev/blob' (FORMAT ${format})`)
        const bytes = Buffer.from(await blob!.arrayBuffer())
        await table(columns)
        assert.equal(await copyIn(`COPY t FROM STDIN (FORMAT ${format})`, bytes), 'G C(COPY 3) Z(I)')
        assert.deepEqual(
          (await copyOut(`COPY t TO STDOUT (FORMAT ${format})`)).toString('latin1'),
          bytes.toString('latin1'),
        )
      })
    }
  })

  it('psql: \\copy in and out', async function () {
    requirePart(this, 'psql', missingProgram('psql'))
    const url = `postgres://tester@127.0.0.1:${server.wire.port}/dev`
    const psql = (command: string, input = ''): Promise<string> => runPsql(url, command, input)
    await table('a int, b text')
    assert.equal(await psql('\\copy t from pstdin csv', '1,x\n2,"y\nz"\n'), 'COPY 2\n')
    assert.equal(await psql('\\copy t to pstdout csv header'), 'a,b\n1,x\n2,"y\nz"\n')
    assert.match(
      await psql('\\copy t from pstdin', '3\tq\nx\tr\n'),
      /ERROR: {2}invalid input syntax for type integer: "x"\nCONTEXT: {2}COPY t, line 2, column a: "x"/,
    )
  })
})

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Output and errors of one command. */
async function runPsql(url: string, command: string, input: string): Promise<string> {
  const child = spawn('psql', ['-X', '-c', command, url])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += String(chunk)
    })
  }
  child.stdin.end(input)
  await new Promise(resolve => child.on('close', resolve))
  return output
}
