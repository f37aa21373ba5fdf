/** Where the repository is, from compiled tests in any output folder. */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of the nearest package.json above this file. */
export const projectRoot: string = findRoot(import.meta.dirname)

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('no package.json above the tests')
  return findRoot(parent)
}
