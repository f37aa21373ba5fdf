/**
 * The drivers of Python, as Debian packages them. python/ has a program per driver, whose tests run against
 * Millrace and PostgreSQL alike.
 */

import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from '../support/project-root.ts'
import { requirePart } from '../support/requirement.ts'
import { runProgram } from './client-program.ts'
import { targets } from './targets.ts'

/** Debian's own, which sees Debian's packages. */
const python = process.env['PYTHON'] ?? '/usr/bin/python3'

const programs = [
  { driver: 'psycopg2', modules: ['psycopg2'], packages: 'python3-psycopg2' },
  {
    driver: 'psycopg3',
    modules: ['psycopg', 'psycopg_pool'],
    packages: 'python3-psycopg python3-psycopg-pool',
  },
  { driver: 'asyncpg', modules: ['asyncpg'], packages: 'python3-asyncpg' },
] as const

for (const { name, use } of targets) {
  describe(`Python on ${name}`, () => {
    const target = use()
    for (const { driver, modules, packages } of programs) {
      it(driver, async function () {
        this.timeout(60_000)
        requirePart(this, `${driver} (Python)`, missingModule(modules, packages))
        const file = join(projectRoot, `test/clients/python/test_${driver}.py`)
        const { stderr, code } = await runProgram(target(), python, ['-B', file])
        assert.equal(code, 0, stderr)
        assert.match(stderr, /^Ran \d\d tests in .*\n\nOK\n$/m)
      })
    }
  })
}

function missingModule(modules: readonly string[], packages: string): string | undefined {
  const { error, status } = spawnSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' })
  if (error === undefined && status === 0) return undefined
  return `${python} cannot import ${modules.join(' and ')} (Debian: apt-get install ${packages})`
}
