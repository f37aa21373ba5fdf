/**
 * The programs of java/ and go/, which check their drivers against a server: built into .cache/clients, once
 * for each state of their sources. They print one line of JSON for each group of checks.
 */

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../support/project-root.ts'
import { missingProgram } from '../support/requirement.ts'
import { runProgram } from './client-program.ts'
import type { Target } from './targets.ts'

const run = promisify(execFile)

export interface CompiledClients {
  /** Why they cannot be built here, or undefined. */
  missing(): string | undefined
  /** Resolves with the command that runs them. */
  build(): Promise<readonly string[]>
}

/** What a group of checks found. */
export interface GroupReport {
  readonly group: string
  readonly failures: readonly string[]
  /** Without an expectation in the program: two servers have to give the same. */
  readonly seen: readonly string[]
}

export type Reports = ReadonlyMap<string, GroupReport>

const cache = join(projectRoot, '.cache', 'clients')
const RUN_TIMEOUT_MS = 240_000

/** pgjdbc and HikariCP, of Maven's repository, with the JDK's compiler. */
export const javaClients: CompiledClients = {
  missing: () => missingProgram('javac', '-version') ?? missingProgram('mvn'),
  build: async () => {
    const { folder, files, digest } = sourcesOf('java')
    const classes = join(cache, `java-${digest}`)
    if (!existsSync(classes)) {
      const unfinished = `${classes}-${process.pid}`
      await rm(unfinished, { recursive: true, force: true })
      await mkdir(unfinished, { recursive: true })
      const jars = join(unfinished, 'classpath')
      const resolve = ['dependency:build-classpath', `-Dmdep.outputFile=${jars}`]
      await run('mvn', ['-q', '-B', '-f', join(folder, 'pom.xml'), ...resolve])
      const sources = files.filter(file => file.endsWith('.java'))
      const classpath = await readFile(jars, 'utf8')
      const options = ['-Xlint:all', '-Werror', '-encoding', 'UTF-8', '-d', unfinished, '-cp', classpath]
      await run('javac', [...options, ...sources])
      await rename(unfinished, classes)
    }
    const classpath = [classes, await readFile(join(classes, 'classpath'), 'utf8')].join(delimiter)
    // A short run: the second compiler and a collector with threads cost more than they give.
    const machine = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Duser.timezone=Europe/Berlin']
    return ['java', ...machine, '-Duser.language=en', '-cp', classpath, 'Main']
  },
}

/** pgx and lib/pq, of Go's module proxy. The compiler has a cache of its own. */
export const goClients: CompiledClients = {
  missing: () => missingProgram('go', 'version'),
  build: async () => {
    await mkdir(cache, { recursive: true })
    const program = join(cache, 'go-clients')
    const unfinished = `${program}-${process.pid}`
    const { folder } = sourcesOf('go')
    await run('go', ['build', '-buildvcs=false', '-o', unfinished, '.'], { cwd: folder })
    await rename(unfinished, program)
    return [program]
  },
}

function sourcesOf(language: 'java' | 'go') {
  const folder = join(projectRoot, 'test', 'clients', language)
  const files = readdirSync(folder).map(name => join(folder, name))
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(file))
  return { folder, files, digest: hash.digest('hex').slice(0, 16) }
}

/** Runs groups, all but the logins by default. `environment`: what they need besides the server's address. */
export async function runGroups(
  [program, ...args]: readonly string[],
  target: Target,
  groups: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Reports> {
  const options = { environment, timeoutMs: RUN_TIMEOUT_MS }
  const { stdout, stderr, code } = await runProgram(target, program!, [...args, ...groups], options)
  const lines = stdout.split('\n').filter(line => line.startsWith('{'))
  const reports = lines.map(line => JSON.parse(line) as GroupReport)
  const hasFailed = reports.some(({ failures }) => failures.length > 0)
  if (reports.length === 0 || code !== (hasFailed ? 1 : 0)) {
    throw new Error(`the clients ended with ${code}: ${stderr}`)
  }
  return new Map(reports.map(report => [report.group, report]))
}
