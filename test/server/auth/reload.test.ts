/** SIGHUP to the program itself: host rules that it reads again, and what its log says. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, afterEach, describe, it } from 'mocha'
import pg from 'pg'

const main = fileURLToPath(new URL('../../../server/main.js', import.meta.url))

describe('host rules', function () {
  this.timeout(15_000)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-reload-'))
  const path = join(folder, 'millrace.toml')
  let child: ChildProcess | undefined
  let printed = ''
  afterEach(() => child?.kill('SIGKILL'))
  after(() => rmSync(folder, { recursive: true }))

  const rule = (method: string) =>
    `[[role]]\nname = "ada"\n[[hba]]\ntype = "host"\naddress = "127.0.0.1"\nmethod = "${method}"\n`

  async function untilPrinted(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(printed)
      if (match !== null) return match
      await Promise.race([once(child!.stdout!, 'data'), once(child!.stderr!, 'data')])
    }
  }

  async function reload(config: string, expected: RegExp): Promise<void> {
    printed = ''
    writeFileSync(path, config)
    child!.kill('SIGHUP')
    await untilPrinted(expected)
  }

  it('are read again on SIGHUP, unless they are not good', async () => {
    writeFileSync(path, rule('trust'))
    const started = spawn(process.execPath, [main, 'start', '--port', '0', '--config', path], {
      env: { PATH: process.env['PATH'] },
    })
    child = started
    for (const stream of [started.stdout, started.stderr]) stream.on('data', chunk => (printed += chunk))
    const [, port] = await untilPrinted(/^ready postgres:\/\/127\.0\.0\.1:(\d+)\/dev$/m)
    const connect = async () => {
      const client = new pg.Client({ host: '127.0.0.1', port: Number(port), user: 'ada', database: 'dev' })
      await client.connect()
      return client
    }
    const before = await connect()
    await reload(rule('reject'), /host rules are loaded again/)
    const refused = {
      code: '28000',
      message: /^pg_hba\.conf rejects connection for host "127\.0\.0\.1", user "ada"/,
    }
    await assert.rejects(connect(), refused)
    assert.deepEqual((await before.query('SELECT 1 AS one')).rows, [{ one: 1 }])
    await reload(
      rule('magic'),
      /method must be one of .*the new host rules cannot be used: the old ones stay/,
    )
    await assert.rejects(connect(), refused)
    await reload(rule('trust'), /host rules are loaded again/)
    await (await connect()).end()
    await before.end()
  })
})
