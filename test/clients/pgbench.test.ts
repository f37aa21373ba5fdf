/**
 * pgbench as a client, in its three query modes: its tables, its read-only and its TPC-B-like script, in
 * counted transactions. It adds primary keys with ALTER TABLE, so the tables are made here and filled by it.
 */

import { strict as assert } from 'node:assert'
import pg from 'pg'
import { missingProgram, requirePart } from '../support/requirement.ts'
import { runProgram } from './client-program.ts'
import { connectionUrl, useMillrace } from './targets.ts'

const CLIENTS = 8
/** Of pgbench's scale factor 1. */
const ACCOUNTS = 100_000

const tables = `
  CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84));
  CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88));
  CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84));
  CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
  CREATE MATERIALIZED VIEW branch_moves AS
    SELECT bid, sum(delta) AS delta, count(*) AS moves FROM pgbench_history GROUP BY bid`

const pipelined = `\\set aid random(1, ${ACCOUNTS})
\\startpipeline
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
SELECT count(*) FROM pgbench_tellers WHERE bid = 1;
\\endpipeline
`

describe('pgbench', function () {
  this.timeout(60_000)
  let client: pg.Client
  after(() => client?.end())
  const target = useMillrace()

  before(async function () {
    requirePart(this, 'pgbench (Debian: postgresql-15)', missingProgram('pgbench'))
    client = new pg.Client(connectionUrl(target()))
    await client.connect()
    await client.query(tables)
    await pgbench(['--initialize', '--init-steps', 'gv'])
  })

  /** Returns how many transactions were processed; pgbench fails when one does. */
  async function pgbench(args: readonly string[], input = ''): Promise<string | undefined> {
    const { stdout, stderr, code } = await runProgram(target(), 'pgbench', args, { input })
    assert.equal(code, 0, stdout + stderr)
    return /actually processed: (\S+)/.exec(stdout)?.[1]
  }

  async function number(sql: string): Promise<number> {
    return Number((await client.query({ text: sql, rowMode: 'array' })).rows[0]?.[0])
  }

  it('fills its tables by COPY', async () => {
    assert.equal(await number('SELECT count(*) FROM pgbench_accounts'), ACCOUNTS)
    assert.equal(await number('SELECT count(*) FROM pgbench_tellers'), 10)
  })

  for (const mode of ['simple', 'extended', 'prepared'] as const) {
    const common = ['--no-vacuum', '--protocol', mode, '--client', String(CLIENTS)]

    it(`reads with the ${mode} protocol`, async () => {
      assert.equal(await pgbench([...common, '--select-only', '--transactions', '50']), '400/400')
    })

    it(`moves money with the ${mode} protocol`, async () => {
      const before = await number('SELECT count(*) FROM pgbench_history')
      // Every transaction updates the one branch: those that lose a conflict are tried again.
      const args = ['--transactions', '5', '--max-tries', '1000']
      assert.equal(await pgbench([...common, ...args]), '40/40')
      assert.equal(await number('SELECT count(*) FROM pgbench_history'), before + CLIENTS * 5)
      const moved = await number('SELECT sum(delta) FROM pgbench_history')
      for (const [table, column] of [
        ['accounts', 'abalance'],
        ['tellers', 'tbalance'],
        ['branches', 'bbalance'],
      ] as const) {
        assert.equal(await number(`SELECT sum(${column}) FROM pgbench_${table}`), moved, table)
      }
      const { rows } = await client.query('SELECT delta::int, moves::int FROM branch_moves')
      assert.deepEqual(rows, [{ delta: moved, moves: before + CLIENTS * 5 }])
    })
  }

  it('sends pipelines', async () => {
    const args = ['--no-vacuum', '--protocol', 'extended', '--client', '4', '--transactions', '25']
    assert.equal(await pgbench([...args, '--file', '-'], pipelined), '100/100')
  })

  it('connects for each transaction', async () => {
    const args = ['--no-vacuum', '--protocol', 'prepared', '--client', '4', '--transactions', '10']
    assert.equal(await pgbench([...args, '--select-only', '--connect']), '40/40')
  })
})
