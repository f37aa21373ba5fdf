/** `millrace start` as a child process, for tests and benches that measure the server alone. */

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../server/main.js', import.meta.url))

const LOG_LENGTH_MAX = 1_000_000
/** Makes the child answer `memory`: see server-memory.ts. */
const memoryHook = new URL('./server-memory.js', import.meta.url).href

/** Bytes after a full garbage collection. */
export interface ServerMemory {
  readonly heapBytes: number
  /** Outside of the heap: buffers and typed arrays. */
  readonly externalBytes: number
  readonly residentBytes: number
}

/** A server on a free port of 127.0.0.1; whoever starts one stops it. */
export class ServerProcess {
  readonly port: number
  readonly #child: ChildProcess
  #log = ''

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    child.stderr!.on('data', (chunk: Buffer) => {
      if (this.#log.length < LOG_LENGTH_MAX) this.#log += String(chunk)
    })
  }

  /** `options`: more of `millrace start`. */
  static async start(
    nodeOptions: readonly string[] = [],
    options: readonly string[] = [],
  ): Promise<ServerProcess> {
    const own = [...nodeOptions, '--expose-gc', '--import', memoryHook]
    const args = [...own, main, 'start', '--port', '0', '--log-level', 'warn', ...options]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    child.stderr!.on('data', (chunk: Buffer) => process.stderr.write(chunk))
    for await (const line of child.stdout!) {
      const match = /^ready postgres:\/\/[^:]+:(\d+)\//.exec(String(line))
      if (match !== null) return new ServerProcess(child, Number(match[1]))
    }
    throw new Error('the server did not become ready')
  }

  get processId(): number {
    return this.#child.pid!
  }

  /** Resident memory in bytes. Linux only. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
  }

  /** CPU time used so far in milliseconds, of all threads. Linux only; 10 ms steps. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  }

  /** Open file descriptors, sockets included. Linux only. */
  descriptorCount(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length
  }

  /** What is left after a full garbage collection. */
  async memory(): Promise<ServerMemory> {
    const answer = new Promise(resolve => this.#child.once('message', resolve))
    this.#child.send('memory')
    return (await answer) as ServerMemory
  }

  /** Undefined while it runs, then its exit code or signal. */
  get exit(): number | string | undefined {
    return this.#child.exitCode ?? this.#child.signalCode ?? undefined
  }

  /** What it wrote to its log at level warn and above. */
  get log(): string {
    return this.#log
  }

  /** Resolves when it has ended: `exit` says how. */
  async stop(): Promise<void> {
    if (this.exit !== undefined) return
    const exited = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await exited
  }
}
