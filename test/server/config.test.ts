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
      identities: [],
      tls: undefined,
      socketDir: undefined,
      limits: {},
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
      identities: [],
      tls: undefined,
      socketDir: undefined,
      limits: {},
    })
  })

  it('reads roles and host rules from the file, and the password of root from the environment', () => {
    const path = file(`
      [[role]]
      name = "ada"
      password = "x"
      member_of = ["team"]
      [[hba]]
      type = "hostssl"
      user = ["ada", "+team"]
      address = "10.0.0.0/8"
      method = "scram-sha-256"
    `)
    const ssl = ['--ssl-cert-file', 'c.pem', '--ssl-key-file', 'k.pem']
    const { roles, hostRules, tls, host } = start(
      ['--config', path, '--host', '0.0.0.0', '--ssl-min-protocol-version', 'TLSv1.3', ...ssl],
      { MILLRACE_ROOT_PASSWORD: 'y' },
    )
    assert.deepEqual(
      roles.map(({ name, password, memberOf }) => ({ name, password, memberOf })),
      [
        { name: 'root', password: 'y', memberOf: undefined },
        { name: 'ada', password: 'x', memberOf: ['team'] },
      ],
    )
    const users = ['ada', '+team']
    assert.deepEqual(hostRules, [
      {
        ...{ type: 'hostssl', databases: ['all'], users, address: '10.0.0.0/8', method: 'scram-sha-256' },
        ...{ clientCertificate: undefined, clientName: undefined, map: undefined },
      },
    ])
    const files = { certFile: 'c.pem', keyFile: 'k.pem', caFile: undefined }
    assert.deepEqual([tls, host], [{ ...files, minVersion: 'TLSv1.3' }, '0.0.0.0'])
  })

  it('reads rules about client certificates, and the maps from their names to users', () => {
    const ssl = 'ssl_cert_file = "c"\nssl_key_file = "k"\n'
    const rule = (more: string) => '[[hba]]\ntype = "hostssl"\naddress = "all"\nmethod = "cert"\n' + more
    const map = '[[ident]]\nmap = "staff"\nsystem_user = "/^(.*)@x$"\ndatabase_user = "\\\\1"\n'
    const given = 'clientname = "DN"\nmap = "staff"\n'
    const config = start(['--config', file(`${ssl}ssl_ca_file = "ca"\n${rule(given)}${map}`)])
    assert.deepEqual(config.hostRules?.[0], {
      ...{ type: 'hostssl', databases: ['all'], users: ['all'], address: 'all', method: 'cert' },
      ...{ clientCertificate: undefined, clientName: 'DN', map: 'staff' },
    })
    assert.deepEqual(config.identities, [{ map: 'staff', systemUser: '/^(.*)@x$', databaseUser: '\\1' }])
    const failure = (text: string) => {
      try {
        return String(start(['--config', file(text)]).hostRules)
      } catch (error) {
        return (error as Error).message
      }
    }
    const needsCa = 'host rules with method cert or clientcert need ssl_ca_file'
    assert.equal(failure(ssl + rule('')), needsCa)
    assert.equal(failure(ssl + rule('clientcert = "verify-full"').replace('cert"', 'trust"')), needsCa)
    assert.match(
      failure(rule('clientcert = "verify-ca"')),
      /entry 1: method cert always is clientcert verify-/,
    )
    assert.match(
      failure(rule('clientcert = "no"')),
      /entry 1: clientcert must be one of verify-ca, verify-full/,
    )
    assert.match(failure(rule('map = "m"').replace('cert"', 'trust"')), /clientname and map need method cert/)
    assert.match(failure(rule('user = "/("')), /entry 1: Invalid regular expression/)
    assert.match(failure('[[ident]]\nmap = "m"'), /ident in .*, entry 1: system_user must be a text/)
  })

  it('listens beyond this machine only where every rule for others asks for a proof', () => {
    const outside = (text: string, environment: NodeJS.ProcessEnv = {}) => {
      const path = file(text)
      try {
        return start(['--host', '::', '--config', path], environment).host
      } catch (error) {
        return (error as Error).message
      }
    }
    const rule = (address: string, method: string) =>
      `[[hba]]\ntype = "host"\naddress = "${address}"\nmethod = "${method}"\n`
    assert.equal(outside('', { MILLRACE_ROOT_PASSWORD: 'x' }), '::')
    assert.match(
      outside('[[role]]\nname = "ada"'),
      /^refusing to listen on "::": without passwords only loopback/,
    )
    assert.equal(outside(rule('all', 'scram-sha-256') + rule('127.0.0.1', 'trust')), '::')
    assert.equal(outside(rule('::1', 'trust') + rule('all', 'reject')), '::')
    for (const address of ['all', '10.0.0.0/8', '0.0.0.0/0', '127.0.0.0/7', '::/0', '::1/127']) {
      assert.match(
        outside(rule(address, 'trust')),
        /^refusing .* the host rule "host all all .* trust" lets/,
        address,
      )
    }
    assert.match(outside(rule('all', 'cert')), /entry 1: method cert needs type hostssl$/)
    assert.match(outside(rule('somewhere', 'trust')), /entry 1: "somewhere" is neither "all", "samehost" nor/)
    assert.match(
      outside(rule('all', 'md5')),
      /entry 1: method md5 is not supported; there are trust, reject, scram/,
    )
    assert.match(outside(rule('all', 'magic')), /entry 1: method must be one of trust, reject, scram-sha-256/)
    assert.match(outside('[[hba]]\ntyp = "host"'), /^unknown option typ in hba in .*, entry 1$/)
    assert.match(outside('ssl_cert_file = "x"'), /^TLS needs both ssl_cert_file and ssl_key_file$/)
  })

  it('names the place of a mistake in the file without showing what is there', () => {
    for (const text of [
      'password = "hush',
      'password = hush',
      'password "hush"',
      'password = "hush" "hush"',
    ]) {
      const place = /^cannot read configuration file .*: line 2, column \d+: Invalid TOML document: [^\n]*$/
      const check = (error: Error) => place.test(error.message) && !error.message.includes('hush')
      assert.throws(() => start(['--config', file(`[[role]]\n${text}\n`)]), check, text)
    }
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
