/**
 * Tests that need something outside npm: where it cannot be had they are skipped with a loud line, and in CI,
 * where it must be, they fail.
 */

import { spawnSync } from 'node:child_process'

/** Call in `before`. `reason` is undefined when the part is there, else why not. */
export function requirePart(context: Mocha.Context, part: string, reason: string | undefined): void {
  if (reason === undefined) return
  if (process.env['CI'] === 'true') throw new Error(`${part} is required in CI: ${reason}`)
  process.stderr.write(`\n*** SKIPPED: tests that need ${part}: ${reason}\n`)
  context.skip()
}

/** Why a program cannot be run, or undefined. */
export function missingProgram(program: string, versionFlag = '--version'): string | undefined {
  const { error, status } = spawnSync(program, [versionFlag], { stdio: 'ignore' })
  return error === undefined && status === 0 ? undefined : `${program} is not installed`
}
