/** Roles, privileges and control of sessions, statement by statement as a real PostgreSQL 15 has them. */

import assert from 'node:assert/strict'
import { Client, DatabaseError } from 'pg'
import { type PostgresServer, usePostgres } from '../../support/postgres-server.ts'
import { TestServer } from '../../support/wire-server.ts'
import { privilegeScripts } from './privilege-scripts.ts'
import { roleScripts } from './role-scripts.ts'

const STARTING_ROLE = 'starting'

describe('roles and privileges beside PostgreSQL', function () {
  this.timeout(60_000)
  const postgres = usePostgres()

  // Here the superuser is called root.
  before(async () => {
    const { port, user } = postgres()
    await run(port, user, user, `CREATE ROLE ${STARTING_ROLE} SUPERUSER LOGIN`)
    await run(port, STARTING_ROLE, user, `ALTER ROLE ${user} RENAME TO root`)
  })

  for (const [title, script] of Object.entries({ ...roleScripts, ...privilegeScripts })) {
    it(title, async () => {
      await emptyPostgres(postgres())
      const expected = await transcript(script, postgres().port)
      const server = await TestServer.start()
      try {
        const actual = await transcript(script, server.wire.port)
        const isOther = (_line: string, index: number) => actual[index] !== expected[index]
        assert.deepEqual(actual.filter(isOther), expected.filter(isOther))
        assert.deepEqual(server.internalErrors, [])
      } finally {
        await server.close()
      }
    })
  }
})

/** A new database `dev`, and no role but root and the one that is used here. */
async function emptyPostgres({ port, database }: PostgresServer): Promise<void> {
  await run(port, STARTING_ROLE, database, 'DROP DATABASE IF EXISTS dev WITH (FORCE)')
  await run(
    port,
    STARTING_ROLE,
    database,
    `
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT rolname FROM pg_roles WHERE rolname !~ '^(pg_|root$|${STARTING_ROLE}$)' LOOP
        EXECUTE format('DROP OWNED BY %I', name);
        EXECUTE format('DROP ROLE %I', name);
      END LOOP;
    END $$`,
  )
  await run(port, STARTING_ROLE, database, 'ALTER ROLE ALL RESET ALL')
  await run(port, 'root', database, 'CREATE DATABASE dev')
}

async function run(port: number, user: string, database: string, statement: string): Promise<void> {
  const client = new Client({ host: '127.0.0.1', port, user, database })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Each line of a script with what the server answers to it. */
async function transcript(script: string, port: number): Promise<string[]> {
  const clients = new Map<string, ScriptClient>()
  const open = async (role: string) => {
    await clients.get(role)?.close()
    const client = new ScriptClient(role, port)
    clients.set(role, client)
    return client.connect()
  }
  const lines: string[] = []
  try {
    for (const line of script.trim().split(/\n\s*/)) {
      const [, connecting, role = connecting, statement = ''] = /^(?:connect (\S+)|(\S+)> (.*))$/.exec(line)!
      const isNew = connecting !== undefined || !clients.has(role!)
      const opened = isNew ? await open(role!) : 'connected'
      const text = statement.replaceAll(/\$\{pid:(\w+)\}/g, (_, name: string) => clients.get(name)!.processId)
      lines.push(`${line}: ${connecting === undefined ? await clients.get(role!)!.query(text) : opened}`)
    }
  } finally {
    for (const client of clients.values()) await client.close()
  }
  return lines
}

/** Its tag counts rows there. Here it has none yet. */
const isNewView = /^CREATE MATERIALIZED VIEW/

class ScriptClient {
  readonly #client: Client
  readonly #notices: string[] = []
  #tags: string[] = []
  /** What the server said when it closed the connection. */
  #fatal: unknown
  #isOpen = false

  constructor(user: string, port: number) {
    this.#client = new Client({ host: '127.0.0.1', port, user, database: 'dev' })
    this.#client.on('notice', notice => this.#notices.push(describeError(notice as DatabaseError)))
    this.#client.on('error', error => {
      if (error instanceof DatabaseError) this.#fatal ??= error
    })
    const { connection } = this.#client as unknown as { connection: NodeJS.EventEmitter }
    connection.on('commandComplete', (message: { text: string }) => this.#tags.push(message.text))
  }

  get processId(): string {
    return String((this.#client as unknown as { processID: number }).processID)
  }

  async connect(): Promise<string> {
    try {
      await this.#client.connect()
      this.#isOpen = true
      return 'connected'
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      return describeError(error)
    }
  }

  async query(text: string): Promise<string> {
    this.#tags = []
    const answer = await this.#answer(text)
    return [...this.#notices.splice(0), answer].join('; ')
  }

  async #answer(text: string): Promise<string> {
    try {
      const { rows } = await this.#client.query({ text, rowMode: 'array' })
      const tag = isNewView.test(text) ? 'created' : this.#tags.join()
      return [...rows.map(row => JSON.stringify(row)), tag].join(' ')
    } catch (error) {
      const known = error instanceof DatabaseError ? error : this.#fatal
      if (!(known instanceof DatabaseError)) throw error
      return describeError(known)
    }
  }

  async close(): Promise<void> {
    if (this.#isOpen) await this.#client.end()
    this.#isOpen = false
  }
}

function describeError({ severity, code, message, detail, hint, position }: DatabaseError): string {
  const more = [detail && `DETAIL ${detail}`, hint && `HINT ${hint}`, position && `at ${position}`]
  return [`${severity} ${code} ${message}`, ...more.filter(part => part)].join(' | ')
}
