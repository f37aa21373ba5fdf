import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import type { Config } from '../../server/config.ts'
import { ConfigError, readInvocation } from '../../server/config.ts'

describe('config', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-config-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  function file(text: string): string {
    const path = join(folder, 'millrace.toml')
    writeFileSync(path, text)
    return path
  }

  it('has defaults', () => {
    assert.deepEqual(start([]), {
      host: '127.0.0.1',
      port: 5433,
      logLevel: 'info',
      settings: {},
      roles: [],
      hostRules: undefined,
      tls: undefined,
    })
  })

  it('takes flags before the environment before the file', () => {
    const path = file(
      'port = 1\nhost = "127.0.0.2"\nlog_level = "debug"\nmemory = true\n[settings]\njit = "on"\n',
    )
    const environment = { MILLRACE_PORT: '2', MILLRACE_HOST: '127.0.0.3', MILLRACE_SETTINGS: 'epoch_max=5ms' }
    const config = start(['--config', path, '--port', '3', '--set', 'TimeZone=Asia/Tokyo'], environment)
    assert.deepEqual(config, {
      host: '127.0.0.3',
      port: 3,
      logLevel: 'debug',
      settings: { jit: 'on', epoch_max: '5ms', TimeZone: 'Asia/Tokyo' },
      roles: [],
      hostRules: undefined,
      tls: undefined,
    })
  })

  it('finds the file by MILLRACE_CONFIG', () => {
    assert.equal(start([], { MILLRACE_CONFIG: file('port = 77') }).port, 77)
  })

  it('answers every mistake with one line', () => {
    const cases: readonly (readonly [
      args: string[],
      environment: Record<string, string>,
      message: RegExp,
    ])[] = [
      [['--port', 'x'], {}, /^option '--port <number>' argument 'x' is invalid\. "x" is no port number/],
      [['--prot', '1'], {}, /^unknown option '--prot'/],
      [[], { MILLRACE_PROT: '1' }, /^unknown option MILLRACE_PROT$/],
      [
        ['--config', join(folder, 'missing.toml')],
        {},
        /^cannot read configuration file .*missing\.toml: ENOENT/,
      ],
      [['--config', file('port = ')], {}, /^cannot read configuration file /],
      [['--host', '0.0.0.0'], {}, /^refusing to listen on "0\.0\.0\.0"/],
      [['--log-level', 'loud'], {}, /"loud" is not one of/],
      [[], { MILLRACE_MEMORY: 'false' }, /^memory = false/],
      [['--set', 'x'], {}, /not of the form name=value/],
    ]
    for (const [args, environment, message] of cases) {
      assert.throws(
        () => start(args, environment),
        (error: unknown) => {
          assert(error instanceof ConfigError, String(error))
          assert.match(error.message, message)
          assert(!error.message.includes('\n'))
          return true
        },
      )
    }
    const unknown = file('colour = "red"')
    assert.throws(() => start(['--config', unknown]), /unknown option colour in /)
  })

  it('prints help and version', () => {
    assert.deepEqual(readInvocation(['--version'], {}, '1.2.3'), { kind: 'print', text: '1.2.3\n' })
    const help = readInvocation(['start', '--help'], {}, '1.2.3')
    assert(help.kind === 'print' && help.text.includes('--port <number>'))
    assert.equal(readInvocation([], {}, '1.2.3').kind, 'print')
    assert.throws(() => readInvocation(['dance'], {}, '1.2.3'), /unknown command 'dance'/)
  })
})

function start(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Config {
  const invocation = readInvocation(['start', ...args], environment, '0.0.0')
  assert(invocation.kind === 'start')
  return invocation.config
}
