/** Every .slt file of this folder, through the wire, each on a fresh server. `npm run slt` runs them one by one. */

import { strict as assert } from 'node:assert'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Millrace } from '../../server/index.ts'
import { projectRoot } from '../support/project-root.ts'
import { runSlt } from '../support/slt-run.ts'

const folder = join(projectRoot, 'test/sql')

describe('sql', () => {
  for (const file of readdirSync(folder)
    .filter(name => name.endsWith('.slt'))
    .sort()) {
    it(file, async () => {
      const database = await Millrace.create()
      try {
        const { url } = await database.listen({ host: '127.0.0.1', port: 0 })
        const { failures } = await runSlt(readFileSync(join(folder, file), 'utf8'), url)
        assert.equal(failures.map(({ line, message }) => `${file}:${line}: ${message}`).join('\n\n'), '')
      } finally {
        await database.close()
      }
    })
  }
})
