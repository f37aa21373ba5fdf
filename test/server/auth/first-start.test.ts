/** A server that was never told of a role, as the program itself: who gets in, and what its log says. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, it } from 'mocha'
import pg from 'pg'

const main = fileURLToPath(new URL('../../../server/main.js', import.meta.url))

describe('the first start', function () {
  this.timeout(15_000)
  let child: ChildProcess | undefined
  afterEach(() => child?.kill('SIGKILL'))

  /** What it printed until it was ready or ended. */
  async function start(...args: readonly string[]): Promise<string> {
    const environment = { PATH: process.env['PATH'] }
    const started = spawn(process.execPath, [main, 'start', '--port', '0', ...args], { env: environment })
    child = started
    let printed = ''
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', chunk => (printed += chunk))
    }
    const closed = once(started, 'close')
    while (started.exitCode === null && !/^ready .*\n/m.test(printed)) {
      await Promise.race([once(started.stdout, 'data'), closed])
    }
    return printed
  }

  async function whoAmI(port: number, user: string): Promise<unknown> {
    const client = new pg.Client({ host: '127.0.0.1', port, user, database: 'dev' })
    await client.connect()
    const { rows } = await client.query(
      `SELECT session_user AS name, current_setting('is_superuser') AS superuser`,
    )
    await client.end()
    return rows[0]
  }

  it('lets every user of this machine in as a superuser and says so, until there is a role', async () => {
    const printed = await start()
    assert.match(
      printed,
      /"msg":"no roles yet: every user of this machine may connect, and is the superuser root"/,
    )
    const port = Number(/^ready postgres:\/\/127\.0\.0\.1:(\d+)\/dev$/m.exec(printed)?.[1])
    assert.deepEqual(await whoAmI(port, 'root'), { name: 'root', superuser: 'on' })
    assert.deepEqual(await whoAmI(port, 'anybody'), { name: 'anybody', superuser: 'on' })
    const root = new pg.Client({ host: '127.0.0.1', port, user: 'root', database: 'dev' })
    await root.connect()
    await root.query('CREATE USER ada')
    await root.end()
    await assert.rejects(whoAmI(port, 'anybody'), { code: '28000', message: 'role "anybody" does not exist' })
    assert.deepEqual(await whoAmI(port, 'ada'), { name: 'ada', superuser: 'off' })
  })

  it('listens on this machine alone', async function () {
    const printed = await start()
    const port = Number(/^ready postgres:\/\/127\.0\.0\.1:(\d+)\/dev$/m.exec(printed)?.[1])
    const outside = Object.values(networkInterfaces())
      .flatMap(addresses => addresses ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)
    if (outside === undefined) return this.skip()
    const client = new pg.Client({ host: outside.address, port, user: 'root', database: 'dev' })
    await assert.rejects(client.connect(), { code: 'ECONNREFUSED' })
  })

  it('refuses to listen for other machines', async () => {
    const printed = await start('--host', '0.0.0.0')
    const refusal =
      'millrace: refusing to listen on "0.0.0.0": without passwords only loopback addresses are allowed'
    assert(printed.startsWith(refusal), printed)
    assert.equal(printed.trim().split('\n').length, 1)
    assert.equal(child?.exitCode, 1)
  })
})
