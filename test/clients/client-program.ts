/** Client programs as child processes, which end with their test. */

import { type ChildProcess, spawn } from 'node:child_process'
import { projectRoot } from '../support/project-root.ts'
import { connectionVariables, type Target } from './targets.ts'

export interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
}

export interface ProgramOptions {
  /** For standard input; none leaves it open. */
  readonly input?: string
  readonly cwd?: string
  /** Besides the server's address. */
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

export interface RunningProgram {
  readonly child: ChildProcess
  readonly finished: Promise<Output>
}

const TIMEOUT_MS = 60_000

/** Starts a program that finds `target` in its environment. `timeoutMs` later it is killed. */
export function startProgram(
  target: Target,
  command: string,
  args: readonly string[],
  { input, cwd = projectRoot, environment = {}, timeoutMs = TIMEOUT_MS }: ProgramOptions = {},
): RunningProgram {
  const env = { ...process.env, ...connectionVariables(target), LC_ALL: 'C.UTF-8', ...environment }
  const child = spawn(command, args, { env, cwd, timeout: timeoutMs, killSignal: 'SIGKILL' })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  // A program that ends early closes its input.
  child.stdin.on('error', () => undefined)
  if (input !== undefined) child.stdin.end(input)
  const finished = new Promise<Output>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ stdout, stderr, code }))
  })
  return { child, finished }
}

export function runProgram(
  target: Target,
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Output> {
  return startProgram(target, command, args, { input: '', ...options }).finished
}
