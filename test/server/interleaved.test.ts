/** Two sessions whose statements interleave: what each sees of the other, and when they conflict. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { Client, type DatabaseError } from 'pg'
import { usePostgres } from '../support/postgres-server.ts'
import { TestServer } from '../support/wire-server.ts'
import { scenarios, scenarioTables, waits } from './interleaved-scenarios.ts'

interface Server {
  readonly port: number
  readonly user: string
  readonly database: string
}

/** A statement's answer: `TAG count: rows`, or `CODE: message (hint)`. */
async function answer(client: Client, text: string): Promise<string> {
  const types = { getTypeParser: () => (value: unknown) => value }
  try {
    const { command, rowCount, rows } = await client.query({ text, rowMode: 'array', types })
    const shown = (rows as unknown[][]).map(row => row.join(',')).join(' ')
    const count = rowCount === null ? '' : ` ${rowCount}`
    return shown === '' ? `${command}${count}` : `${command}${count}: ${shown}`
  } catch (error) {
    const { code, message } = error as DatabaseError
    return `${code}: ${message}`
  }
}

/** The answers of a scenario's steps on a server. */
async function play({ port, user, database }: Server, steps: readonly string[]): Promise<string[]> {
  // What waits for a lock would wait for ever.
  const options = '-c statement_timeout=5s'
  const open = () => new Client({ host: '127.0.0.1', port, user, database, options })
  const clients = new Map([
    ['a', open()],
    ['b', open()],
  ])
  try {
    for (const client of clients.values()) await client.connect()
    for (const statement of scenarioTables) await clients.get('a')!.query(statement)
    const answers: string[] = []
    for (const step of steps) answers.push(await answer(clients.get(step[0]!)!, step.slice(3)))
    return answers
  } finally {
    for (const client of clients.values()) await client.end()
  }
}

describe('interleaved sessions', () => {
  let server: TestServer
  const millrace = (): Server => ({ port: server.wire.port, user: 'tester', database: 'dev' })
  before(async () => {
    server = await TestServer.start()
  })
  after(() => server.close())

  describe('as PostgreSQL', () => {
    const postgres = usePostgres()
    for (const { name, steps } of scenarios) {
      it(name, async () => {
        const expected = await play(postgres(), steps)
        const answers = await play(millrace(), steps)
        const together = (all: readonly string[]) => steps.map((step, index) => `${step} -> ${all[index]}`)
        assert.deepEqual(together(answers), together(expected))
      })
    }
  })

  describe('where PostgreSQL waits, or reads otherwise', () => {
    for (const { name, steps } of waits) {
      it(name, async () => {
        const answers = await play(
          millrace(),
          steps.map(([step]) => step),
        )
        assert.deepEqual(
          steps.map(([step], index) => [step, answers[index]]),
          steps,
        )
      })
    }
  })
})
