/**
 * psql itself, as people run it: results, \copy-able output, cursors in chunks, Ctrl-C, errors with their
 * position.
 */

import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn } from 'node:child_process'
import { Millrace } from '../../server/index.ts'
import { missingProgram, requirePart } from '../support/requirement.ts'

interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
}

describe('psql', () => {
  let database: Millrace
  let url: string

  before(async function () {
    requirePart(this, 'psql', missingProgram('psql'))
    database = await Millrace.create()
    ;({ url } = await database.listen({ host: '127.0.0.1', port: 0 }))
  })
  after(() => database?.close())

  function start(args: readonly string[]): ChildProcess {
    return spawn('psql', ['-X', '-q', ...args, url], { env: { ...process.env, PGCONNECT_TIMEOUT: '5' } })
  }

  async function finish(child: ChildProcess): Promise<Output> {
    let stdout = ''
    let stderr = ''
    child.stdout!.on('data', chunk => {
      stdout += String(chunk)
    })
    child.stderr!.on('data', chunk => {
      stderr += String(chunk)
    })
    const code = await new Promise<number | null>(resolve => {
      child.on('close', resolve)
    })
    return { stdout, stderr, code }
  }

  const psql = (sql: string, ...args: readonly string[]): Promise<Output> =>
    finish(start([...args, '-c', sql]))

  it('prints a table', async () => {
    const { stdout, stderr } = await psql("SELECT 1 AS n, 'grün' AS colour, NULL AS nothing")
    assert.equal(stderr, '')
    assert.equal(stdout, ' n | colour | nothing \n---+--------+---------\n 1 | grün   | \n(1 row)\n\n')
  })

  it('shows where a statement is wrong', async () => {
    const { stderr, code } = await psql('SELECT 1 + nope')
    assert.equal(code, 1)
    assert.equal(
      stderr,
      'ERROR:  column "nope" does not exist\nLINE 1: SELECT 1 + nope\n                   ^\n',
    )
  })

  it('creates, fills and follows', async () => {
    const child = start(['-At'])
    child.stdin!.end(`CREATE TABLE p (k int PRIMARY KEY, v text);
      CREATE MATERIALIZED VIEW pv AS SELECT count(*) AS n, string_agg(v, ',' ORDER BY k) AS all_v FROM p;
      INSERT INTO p VALUES (1, 'a'), (2, 'b');
      UPDATE p SET v = 'c' WHERE k = 1;
      SELECT * FROM pv;`)
    const { stdout, stderr } = await finish(child)
    assert.deepEqual([stdout, stderr], ['2|c,b\n', ''])
  })

  it('describes a result without running it', async () => {
    const child = start(['-At'])
    child.stdin!.end('SELECT 1 AS a, now() AS b, 1.5::numeric(4,1) AS c \\gdesc\n')
    const { stdout, stderr } = await finish(child)
    assert.equal(stderr, '')
    assert.equal(stdout, 'a|integer\nb|timestamp with time zone\nc|numeric(4,1)\n')
  })

  it('reads a long result in chunks through a cursor', async () => {
    const { stdout, stderr } = await psql(
      'SELECT g FROM generate_series(1, 25000) g',
      '-At',
      '-v',
      'FETCH_COUNT=1000',
    )
    assert.equal(stderr, '')
    const lines = stdout.trimEnd().split('\n')
    assert.deepEqual([lines.length, lines[0], lines.at(-1)], [25000, '1', '25000'])
  })

  it('stops on Ctrl-C', async () => {
    const child = start(['-c', 'SELECT count(*) FROM generate_series(1, 1000000000)'])
    const finished = finish(child)
    setTimeout(() => child.kill('SIGINT'), 500)
    const { stderr } = await finished
    assert.match(stderr, /ERROR: {2}canceling statement due to user request/)
  })

  it('copies a subscription while rows arrive', async () => {
    await psql('CREATE TABLE live (n int)')
    const child = start(['-c', 'COPY (SUBSCRIBE live) TO STDOUT'])
    const finished = finish(child)
    for (let n = 0; n < 3; n++) await psql(`INSERT INTO live VALUES (${n})`)
    await new Promise(resolve => {
      setTimeout(resolve, 300)
    })
    // psql keeps what goes to a pipe in its buffer until it ends.
    child.kill('SIGINT')
    const { stdout } = await finished
    const rows = stdout.trimEnd().split('\n')
    assert.deepEqual(
      rows.map(line => line.split('\t').slice(1).join(' ')),
      ['insert 0', 'insert 1', 'insert 2'],
    )
  })

  it('copies csv', async () => {
    const { stdout } = await psql(
      'COPY (SELECT 1 AS a, \'x,"y"\' AS b, NULL AS c) TO STDOUT WITH (FORMAT csv, HEADER)',
    )
    assert.equal(stdout, 'a,b,c\n1,"x,""y""",\n')
  })
})
