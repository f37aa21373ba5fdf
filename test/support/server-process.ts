/** `millrace start` as a child process, for tests and benches that measure the server alone. */

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../server/main.js', import.meta.url))

/** A server on a free port of 127.0.0.1; whoever starts one stops it. */
export class ServerProcess {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(nodeOptions: readonly string[] = []): Promise<ServerProcess> {
    const args = [...nodeOptions, main, 'start', '--port', '0', '--log-level', 'warn']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of child.stdout!) {
      const match = /^ready postgres:\/\/[^:]+:(\d+)\//.exec(String(line))
      if (match !== null) return new ServerProcess(child, Number(match[1]))
    }
    throw new Error('the server did not become ready')
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

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await exited
  }
}
