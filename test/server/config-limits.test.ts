import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { ConfigError, readInvocation } from '../../server/config.ts'
import { projectRoot } from '../support/project-root.ts'

describe('limits in the configuration', () => {
  it('come from flags, then the environment, then the file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-limits-'))
    try {
      const path = join(folder, 'millrace.toml')
      const table = 'max_connections = 50\nauthentication_timeout = "5s"\nmax_query_size = "2MB"'
      writeFileSync(path, `[limits]\n${table}\n`)
      const limits = limitsOf(['--config', path, '--limit', 'max_connections=9', 'max_bind_size=1kb'], {
        MILLRACE_LIMITS: 'max_connections=20; superuser_reserved_connections=0; max_query_memory=2GB',
      })
      assert.deepEqual(limits, {
        connectionsMax: 9,
        connectionsReserved: 0,
        startupTimeoutMs: 5000,
        queryBytesMax: 2 * 1024 * 1024,
        bindBytesMax: 1024,
        queryMemoryMax: 2 ** 31,
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('have a flag each, and a line in the documentation', () => {
    const page = readFileSync(join(projectRoot, 'docs/limits.md'), 'utf8')
    const documented = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(match => match[1]!)
    const known = /the limits are (.*)$/.exec(failureOf('nothing=1'))![1]!.split(', ')
    assert.deepEqual(documented.toSorted(), known.toSorted())
    for (const name of known) {
      const limits = limitsOf(['--limit', `${name}=2000`], { MILLRACE_LIMITS: 'max_connections=5000' })
      assert.equal(Object.values(limits).filter(value => value === 2000).length, 1, name)
    }
  })

  it('are refused in one line when they make no sense', () => {
    assert.match(failureOf('max_conns=1'), /"max_conns" is no limit; the limits are max_connections, /)
    const count = '"-1" is no value for max_connections: a whole number, at least 1'
    assert.ok(failureOf('max_connections=-1').endsWith(count))
    const time = '"soon" is no value for authentication_timeout: a time such as 30s'
    assert.ok(failureOf('authentication_timeout=soon').includes(time))
    assert.match(failureOf('max_query_size=9TB'), /"9TB" is no value for max_query_size: a size such as 16MB/)
    const reserved = 'superuser_reserved_connections (3) must be less than max_connections (3)'
    assert.equal(failureOf('max_connections=3'), reserved)
  })
})

function limitsOf(args: readonly string[], environment: NodeJS.ProcessEnv) {
  const invocation = readInvocation(['start', ...args], environment, '1')
  assert.equal(invocation.kind, 'start')
  return invocation.kind === 'start' ? invocation.config.limits : {}
}

function failureOf(limit: string): string {
  try {
    limitsOf(['--limit', limit], {})
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('the configuration was expected to be refused')
}
