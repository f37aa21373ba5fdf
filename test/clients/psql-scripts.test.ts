/**
 * psql runs each script of psql/ against Millrace and PostgreSQL: what it prints is the same, to the column
 * that a caret is under. A script's first line may name arguments: `-- psql -1 …`.
 */

import { strict as assert } from 'node:assert'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { usePostgres } from '../support/postgres-server.ts'
import { projectRoot } from '../support/project-root.ts'
import { missingProgram, requirePart } from '../support/requirement.ts'
import { type Output, runProgram } from './client-program.ts'
import { type Target, useMillrace } from './targets.ts'

const scripts = join(projectRoot, 'test/clients/psql')

describe('psql beside PostgreSQL', () => {
  const millrace = useMillrace()
  const postgres = usePostgres()
  before(function () {
    requirePart(this, 'psql', missingProgram('psql'))
  })

  for (const file of readdirSync(scripts)) {
    it(file.replace('.sql', ''), async () => {
      const args = [...argumentsOf(file), '--file', join(scripts, file)]
      assert.equal(comparable(await psql(millrace(), args)), comparable(await psql(postgres(), args)))
    })
  }

  it('runs several commands', async () => {
    const args = [
      '-c',
      'SELECT 1; SELECT 2',
      '-c',
      '\\echo three',
      '-c',
      'SELECT 1/0; SELECT 4',
      '-c',
      'SELECT 5',
    ]
    assert.equal(comparable(await psql(millrace(), args)), comparable(await psql(postgres(), args)))
  })

  it('stops at the first command that fails', async () => {
    const args = ['-v', 'ON_ERROR_STOP=1', '-c', 'SELECT 1/0', '-c', 'SELECT 5']
    const output = await psql(millrace(), args)
    assert.deepEqual(output, { stdout: '', stderr: 'ERROR:  division by zero\n', code: 1 })
    assert.deepEqual(output, await psql(postgres(), args))
  })
})

/** In a folder of its own, for the files that a script writes. */
async function psql(target: Target, args: readonly string[]): Promise<Output> {
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-psql-'))
  try {
    return await runProgram(target, 'psql', ['--no-psqlrc', ...args], { cwd })
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

function argumentsOf(file: string): string[] {
  const match = /^-- psql (.*)/.exec(readFileSync(join(scripts, file), 'utf8'))
  return match === null ? [] : match[1]!.split(' ')
}

/** Without what is PostgreSQL's alone: lines of its source code. */
function comparable({ stdout, stderr, code }: Output): string {
  return `${stdout}\n${stderr}`.replaceAll(/^LOCATION: .*\n/gm, '') + `\nexit code ${code}`
}
