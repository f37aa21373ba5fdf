/**
 * libpq, which most other drivers are made of, as C programs use it: pipeline mode, rows one by one, binary
 * values, COPY, cancelling. c/ has the programs; they run against Millrace and PostgreSQL alike.
 */

import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../support/project-root.ts'
import { missingProgram, requirePart } from '../support/requirement.ts'
import { runProgram } from './client-program.ts'
import { targets } from './targets.ts'

const programs = ['pipeline', 'statements', 'copy'] as const

describe('libpq', () => {
  let folder: string

  before(function () {
    this.timeout(60_000)
    requirePart(this, 'a C compiler', missingProgram('gcc'))
    requirePart(this, 'libpq (Debian: libpq-dev)', missingProgram('pg_config'))
    folder = mkdtempSync(join(tmpdir(), 'millrace-libpq-'))
    for (const program of programs) compile(program, join(folder, program))
  })
  after(() => folder && rmSync(folder, { recursive: true }))

  for (const { name, use } of targets) {
    describe(`on ${name}`, () => {
      const target = use()
      for (const program of programs) {
        it(program, async () => {
          const { stdout, stderr, code } = await runProgram(target(), join(folder, program), [])
          assert.equal(code, 0, stdout + stderr)
        })
      }
    })
  }
})

function compile(program: string, output: string): void {
  const source = join(projectRoot, `test/clients/c/${program}.c`)
  const { stdout: include } = spawnSync('pg_config', ['--includedir'], { encoding: 'utf8' })
  const flags = ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-O1', `-I${include.trim()}`]
  const { status, stderr } = spawnSync('gcc', [...flags, source, '-lpq', '-o', output], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}
