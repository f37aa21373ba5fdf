import assert from 'node:assert/strict'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, it } from 'mocha'
import pg from 'pg'

const main = fileURLToPath(new URL('../../server/main.js', import.meta.url))

interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

describe('millrace', function () {
  this.timeout(15_000)
  const running: ChildProcessWithoutNullStreams[] = []
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL')
  })

  function launch(args: readonly string[]): {
    child: ChildProcessWithoutNullStreams
    done: Promise<Finished>
  } {
    const child = spawn(process.execPath, [main, ...args], { env: { PATH: process.env['PATH'] ?? '' } })
    running.push(child)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', chunk => (stdout += chunk))
    child.stderr.on('data', chunk => (stderr += chunk))
    const done = new Promise<Finished>(resolve => {
      child.on('close', code => resolve({ code, stdout, stderr }))
    })
    return { child, done }
  }

  async function ready(child: ChildProcessWithoutNullStreams): Promise<string> {
    for await (const chunk of child.stdout) {
      const match = /^ready (postgres:\/\/127\.0\.0\.1:\d+\/dev)\n$/.exec(String(chunk))
      if (match !== null) return match[1]!
    }
    throw new Error('the server did not become ready')
  }

  it('serves clients and tells them when it stops', async () => {
    const { child, done } = launch(['start', '--port', '0', '--log-level', 'warn'])
    const { hostname, port } = new URL(await ready(child))
    const client = new pg.Client({ host: hostname, port: Number(port), user: 'ada', database: 'dev' })
    const errors: string[] = []
    client.on('error', error => errors.push(String((error as { code?: string }).code ?? error.message)))
    await client.connect()
    assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }])
    const ended = new Promise(resolve => client.once('end', resolve))
    const started = performance.now()
    child.kill('SIGTERM')
    await ended
    const { code, stdout, stderr } = await done
    assert(performance.now() - started < 5000)
    assert.deepEqual([code, stderr], [0, ''])
    assert.equal(stdout.split('\n').length, 2)
    assert(errors.includes('57P01'), String(errors))
  })

  it('exits with one line when the port is taken', async () => {
    const blocker = createServer()
    const port = await new Promise<number>(resolve => {
      blocker.listen(0, '127.0.0.1', () => resolve((blocker.address() as { port: number }).port))
    })
    const finished = await launch(['start', '--port', String(port)]).done
    blocker.close()
    assert.deepEqual(finished, {
      code: 1,
      stdout: '',
      stderr: `millrace: port ${port} of 127.0.0.1 is already in use\n`,
    })
  })

  it('exits with one line for mistakes', async () => {
    assert.deepEqual(await launch(['start', '--prot', '1']).done, {
      code: 1,
      stdout: '',
      stderr: "millrace: unknown option '--prot' (Did you mean --port?)\n",
    })
    assert.deepEqual(await launch(['start', '--set', 'nope=1']).done, {
      code: 1,
      stdout: '',
      stderr: 'millrace: unrecognized configuration parameter "nope"\n',
    })
    const { code, stderr } = await launch(['start', '--host', '0.0.0.0']).done
    assert.equal(code, 1)
    assert.match(stderr, /^millrace: refusing to listen on "0\.0\.0\.0": .*\n$/)
  })

  it('prints help and version', async () => {
    const version = await launch(['--version']).done
    assert.deepEqual([version.code, version.stderr], [0, ''])
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
    const help = await launch(['--help']).done
    assert(help.code === 0 && help.stdout.includes('start'))
  })
})
