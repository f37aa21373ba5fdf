/**
 * What psql does over time: Ctrl-C at a terminal, \watch, a million rows through a cursor, a file as one
 * transaction.
 */

import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectRoot } from '../support/project-root.ts'
import { missingProgram, requirePart } from '../support/requirement.ts'
import { type Output, type RunningProgram, runProgram, startProgram } from './client-program.ts'
import { useMillrace } from './targets.ts'

const ROWS = 1_000_000
const WIDTH = 320
/** A third of what the rows take. Seen: 2 MiB. */
const GROWTH_BYTES_MAX = 100 * 1024 * 1024
const ENDLESS = 'SELECT count(*) FROM generate_series(1, 100000000000)'

function majorVersion(program: string): number {
  return Number(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.match(/\d+/)?.[0])
}

const wideRows = (rows: number) =>
  `SELECT g, repeat(md5(g::text), ${WIDTH / 32}) FROM generate_series(1, ${rows}) g`

describe('psql, a session', function () {
  this.timeout(60_000)
  const millrace = useMillrace()
  before(function () {
    requirePart(this, 'psql', missingProgram('psql'))
  })

  const psql = (args: readonly string[], input = ''): Promise<Output> =>
    runProgram(millrace(), 'psql', ['--no-psqlrc', '-At', ...args], { input })

  /** psql at a pseudo terminal; what it prints has carriage returns. */
  function terminal(): RunningProgram & { type(text: string): void; shows(text: string): Promise<void> } {
    // exec: a shell that stays gets Ctrl-C as well, and ends by it when psql ends.
    const command = 'exec psql --no-psqlrc --no-readline -At -P pager=off'
    const program = startProgram(millrace(), 'script', ['-qfec', command, '/dev/null'])
    let shown = ''
    program.child.stdout!.on('data', (chunk: string) => {
      shown += chunk
    })
    return {
      ...program,
      type: text => program.child.stdin!.write(text),
      /** Waits for it, and forgets what was shown until then. */
      shows: async text => {
        while (!shown.includes(text)) {
          assert.equal(program.child.exitCode, null, `psql ended without showing "${text}": ${shown}`)
          await sleep(10)
        }
        shown = shown.slice(shown.indexOf(text) + text.length)
      },
    }
  }

  it('cancels a statement on Ctrl-C and goes on', async function () {
    requirePart(this, 'script (Debian: bsdutils)', missingProgram('script'))
    const { type, shows, finished } = terminal()
    await shows('dev=#')
    type(`BEGIN;\n${ENDLESS};\n`)
    await shows(`${ENDLESS};`)
    await sleep(300)
    type('\x03')
    await shows('ERROR:  canceling statement due to user request')
    type('SELECT 1;\n')
    await shows('ERROR:  current transaction is aborted')
    type("ROLLBACK;\nSELECT 'went' || ' on';\n")
    await shows('went on')
    type('\\q\n')
    assert.equal((await finished).code, 0)
  })

  it('watches until Ctrl-C', async function () {
    requirePart(this, 'script (Debian: bsdutils)', missingProgram('script'))
    await psql(['-c', 'CREATE TABLE watched (n int)'])
    const { type, shows, finished } = terminal()
    await shows('dev=#')
    type("SELECT 'rows: ' || count(*) FROM watched \\watch 0.02\n")
    await shows('rows: 0')
    await psql(['-c', 'INSERT INTO watched VALUES (1)'])
    await shows('rows: 1')
    await psql(['-c', 'INSERT INTO watched VALUES (2)'])
    await shows('rows: 2')
    type('\x03')
    await shows('dev=#')
    type("SELECT 'went' || ' on';\n\\q\n")
    await shows('went on')
    assert.equal((await finished).code, 0)
  })

  it('reads a million rows by a thousand, in memory that does not grow', async () => {
    const read = (rows: number) =>
      psql(['-v', 'FETCH_COUNT=1000', '-o', '|wc -lc', '-c', wideRows(rows)]).then(({ stdout, stderr }) => {
        assert.equal(stderr, '')
        return stdout.trim().split(/\s+/).map(Number)
      })
    await read(100_000)
    const { server } = millrace()
    const before = server.residentBytes()
    let most = before
    const timer = setInterval(() => {
      most = Math.max(most, server.residentBytes())
    }, 20)
    const digits = 6 * ROWS - 111_105 + 1
    assert.deepEqual(await read(ROWS), [ROWS, digits + ROWS * (WIDTH + 2)])
    clearInterval(timer)
    const grown = most - before
    assert.ok(grown < GROWTH_BYTES_MAX, `the server grew by ${Math.round(grown / 1024 / 1024)} MiB`)
  })

  it('runs a file as one transaction', async () => {
    const whole = ['--single-transaction', '-v', 'ON_ERROR_STOP=1', '-q', '-f', '-']
    const insert = 'INSERT INTO whole VALUES (1), (2);\nINSERT INTO whole VALUES (3);\n'
    await psql(['-c', 'CREATE TABLE whole (k int PRIMARY KEY)'])
    const failed = await psql(whole, `${insert}SELECT 1/0;\n`)
    assert.deepEqual([failed.code, failed.stderr], [3, 'psql:<stdin>:3: ERROR:  division by zero\n'])
    assert.equal((await psql(['-c', 'SELECT count(*) FROM whole'])).stdout, '0\n')
    assert.deepEqual(await psql(whole, insert), { stdout: '', stderr: '', code: 0 })
    assert.equal((await psql(['-c', 'SELECT count(*) FROM whole'])).stdout, '3\n')
  })

  it('says how long a statement took', async () => {
    const { stdout } = await psql([], '\\timing on\nSELECT 1;\n')
    assert.match(stdout, /^Timing is on\.\n1\nTime: \d+[.,]\d{3} ms\n$/)
  })

  it('binds parameters', async function () {
    const psql16 = ['psql', join(projectRoot, '.cache/clients/psql-16/pgserver/pginstall/bin/psql')].find(
      program => majorVersion(program) >= 16,
    )
    requirePart(this, 'psql 16 (.ci/packages)', psql16 === undefined ? 'psql is older' : undefined)
    const bind = (text: string) =>
      runProgram(millrace(), psql16!, ['--no-psqlrc', '-At'], { input: `${text} \\g\n` })
    const bound = await bind("SELECT $1::int + $2 AS n, $3 \\bind 40 2 'it''s'")
    assert.deepEqual([bound.stdout, bound.stderr], ["42|it's\n", ''])
    const failed = await bind('SELECT $1::int \\bind nine')
    assert.deepEqual(failed.stderr.split('\n'), [
      'ERROR:  invalid input syntax for type integer: "nine"',
      "CONTEXT:  unnamed portal parameter $1 = '...'",
      '',
    ])
    assert.match((await bind('SELECT $1, $2 \\bind 1')).stderr, /^ERROR: {2}bind message supplies 1 param/)
  })
})
