/** The examples in the documentation run: programs print what the page says, SQL raises no error. */

import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { must } from '../planner/assert.ts'
import { Millrace } from '../server/index.ts'
import { projectRoot } from './support/project-root.ts'

interface Block {
  /** The fence's first word and what follows it: `sql`, `sql kafka`. */
  readonly info: string
  readonly text: string
  readonly line: number
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(projectRoot, page), 'utf8')
  return [...text.matchAll(/^```(\S[^\n]*)\n(.*?)^```$/gms)].map(match => ({
    info: match[1]!,
    text: match[2]!,
    line: text.slice(0, match.index).split('\n').length,
  }))
}

describe('documentation', () => {
  const pages = blocksOf('docs/embedded.md')
  pages.forEach((block, index) => {
    if (block.info !== 'js') return
    it(`docs/embedded.md, line ${block.line}`, async () => {
      const folder = join(projectRoot, '.cache/docs')
      mkdirSync(folder, { recursive: true })
      const file = join(folder, `embedded-${block.line}.mjs`)
      writeFileSync(file, block.text)
      const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 15_000 })
      assert.equal(stdout, pages[index + 1]!.text)
    })
  })

  for (const page of ['README.md', 'docs/sql.md', 'docs/security.md']) {
    it(`${page}: SQL`, async () => {
      const database = await Millrace.create()
      try {
        for (const { text, line, info } of blocksOf(page)) {
          if (info !== 'sql') continue
          await database.exec(text).catch((error: Error) => {
            assert.fail(`${page}, block at line ${line}: ${error.message}`)
          })
        }
      } finally {
        await database.close()
      }
    })
  }

  it('README.md: the model', async () => {
    const block = must(
      blocksOf('README.md').find(({ info }) => info === 'sql model'),
      'the README has a model block',
    )
    const file = join(projectRoot, 'test/support/models/two-inputs.onnx')
    const database = await Millrace.create()
    try {
      await database.exec('CREATE TABLE tx (id int PRIMARY KEY, amount float8, hour int)')
      await database.exec(block.text.replace('fraud.onnx', file))
      await database.exec('INSERT INTO tx VALUES (1, 10, 1), (2, 100, 5)')
      const { rows } = await database.query('SELECT id, score FROM suspicious')
      assert.deepEqual(rows, [{ id: 2, score: 1.5 }])
    } finally {
      await database.close()
    }
  })
})
