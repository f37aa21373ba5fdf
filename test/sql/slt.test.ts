/**
 * Every .slt file of this folder, through the wire, each on a fresh server. Those that say `control
 * compare postgres` also run on PostgreSQL: expected results are its, not ours. `npm run slt` runs them
 * one by one.
 */

import { strict as assert } from 'node:assert'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Millrace } from '../../server/index.ts'
import { projectRoot } from '../support/project-root.ts'
import { isComparedWithPostgres } from '../support/slt-file.ts'
import { postgresTarget } from '../support/slt-postgres.ts'
import { runSlt, type SltTarget, serverTarget } from '../support/slt-run.ts'

const folder = join(projectRoot, 'test/sql')

describe('sql', function () {
  this.timeout(60_000)
  let postgres: PGlite | undefined
  after(() => postgres?.close())

  for (const file of readdirSync(folder)
    .filter(name => name.endsWith('.slt'))
    .sort()) {
    const text = readFileSync(join(folder, file), 'utf8')

    it(file, async () => {
      const database = await Millrace.create()
      try {
        const { url } = await database.listen({ host: '127.0.0.1', port: 0 })
        await expectPass(file, text, serverTarget(url))
      } finally {
        await database.close()
      }
    })

    if (!isComparedWithPostgres(text)) continue
    it(`${file} on PostgreSQL`, async () => {
      postgres ??= await PGlite.create()
      await postgres.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
      await postgres.exec('DISCARD ALL')
      await expectPass(file, text, postgresTarget(postgres))
    })
  }
})

async function expectPass(file: string, text: string, target: SltTarget): Promise<void> {
  const { failures } = await runSlt(text, target)
  assert.equal(failures.map(({ line, message }) => `${file}:${line}: ${message}`).join('\n\n'), '')
}
