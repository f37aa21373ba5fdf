/**
 * `npm run slt -- [--complete] [--postgres] [--url postgres://…] FILE…`: runs .slt files, each against a
 * fresh server in this process unless --url names a running one; --postgres runs them on PostgreSQL
 * (PGlite) instead. --complete rewrites the expected rows with what came.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { Millrace } from '../../server/index.ts'
import { completeSlt } from './slt-file.ts'
import { postgresTarget } from './slt-postgres.ts'
import { runSlt, type SltOutcome, serverTarget } from './slt-run.ts'

const { values, positionals } = parseArgs({
  options: {
    complete: { type: 'boolean', default: false },
    postgres: { type: 'boolean', default: false },
    url: { type: 'string' },
  },
  allowPositionals: true,
})

let failed = 0
let passed = 0
for (const file of positionals) {
  const text = readFileSync(file, 'utf8')
  const outcome = await runOn(text)
  if (values.complete) writeFileSync(file, completeSlt(text, outcome.actual))
  for (const { line, message } of outcome.failures) process.stdout.write(`${file}:${line}: ${message}\n\n`)
  failed += outcome.failures.length
  passed += outcome.records - outcome.failures.length
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 || values.complete ? 0 : 1

async function runOn(text: string): Promise<SltOutcome> {
  if (values.postgres) return runOnPostgres(text)
  if (values.url !== undefined) return runSlt(text, serverTarget(values.url))
  const database = await Millrace.create()
  try {
    const { url } = await database.listen({ host: '127.0.0.1', port: 0 })
    return await runSlt(text, serverTarget(url))
  } finally {
    await database.close()
  }
}

async function runOnPostgres(text: string): Promise<SltOutcome> {
  const postgres = await PGlite.create()
  try {
    return await runSlt(text, postgresTarget(postgres))
  } finally {
    await postgres.close()
  }
}
