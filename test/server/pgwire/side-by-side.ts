/** Two clients that send the same, one here and one to PostgreSQL 15: both are answered the same. */

import { strict as assert } from 'node:assert'
import { type PostgresServer, usePostgres } from '../../support/postgres-server.ts'
import { type BackendMessage, startup, WireClient } from '../../support/wire-client.ts'
import { TestServer } from '../../support/wire-server.ts'

export class SideBySide {
  readonly #ours: WireClient
  readonly #postgres: WireClient

  private constructor(ours: WireClient, postgres: WireClient) {
    this.#ours = ours
    this.#postgres = postgres
  }

  /** `parameters` are those of both start-up messages. */
  static async open(
    server: TestServer,
    postgres: PostgresServer,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<SideBySide> {
    const ours = await server.open()
    const theirs = await WireClient.open(postgres.port)
    await ours.send(startup({ user: 'tester', database: 'dev', ...parameters }))
    await theirs.send(startup({ user: postgres.user, database: postgres.database, ...parameters }))
    const both = new SideBySide(ours, theirs)
    await ours.readUntilReady()
    await theirs.readUntilReady()
    return both
  }

  /** Sends messages of which `readyCount` end in ReadyForQuery; returns PostgreSQL's answer. */
  async same(messages: Buffer, what: string, readyCount = 1): Promise<readonly BackendMessage[]> {
    const [got, expected] = await this.ask(messages, readyCount)
    assert.deepEqual(transcript(got), transcript(expected), what)
    return expected
  }

  /** Both answers, ours first. */
  async ask(
    messages: Buffer,
    readyCount = 1,
  ): Promise<readonly [readonly BackendMessage[], readonly BackendMessage[]]> {
    await Promise.all([this.#ours.send(messages), this.#postgres.send(messages)])
    return [await this.#ours.readUntilReady(readyCount), await this.#postgres.readUntilReady(readyCount)]
  }

  close(): void {
    this.#ours.close()
    this.#postgres.close()
  }
}

/** In a suite: a server of ours, and a client of it and of PostgreSQL, from the suite's start to its end. */
export function useSideBySide(): { readonly server: TestServer; readonly clients: SideBySide } {
  const postgres = usePostgres()
  let server: TestServer
  let clients: SideBySide
  before(async () => {
    server = await TestServer.start()
    clients = await SideBySide.open(server, postgres())
  })
  after(async () => {
    clients.close()
    await server.close()
  })
  return {
    get server() {
      return server
    },
    get clients() {
      return clients
    },
  }
}

/**
 * Messages as they read in a comparison. PostgreSQL computes constants when it binds and we when we run, so
 * what is answered to Bind and Describe before an error is left out.
 */
export function transcript(messages: readonly BackendMessage[]): string[] {
  return messages
    .filter(({ type }, index) => !isBeforeError(messages, index) || !'2T'.includes(type))
    .map(comparable)
}

function isBeforeError(messages: readonly BackendMessage[], index: number): boolean {
  const next = messages[index + 1]
  return (
    next !== undefined &&
    (next.type === 'E' || ('2T'.includes(next.type) && isBeforeError(messages, index + 1)))
  )
}

/** How a message reads in a comparison: text where there is some, without what differs between servers. */
function comparable({ type, body }: BackendMessage): string {
  switch (type) {
    case 'E':
    case 'N':
      return `${type} ${messageFields(body)}`
    case 'A':
      return `A ${body.toString('latin1', 4)}`
    case 'T':
      return `T ${columns(body)}`
    default:
      return `${type} ${body.toString('latin1').replaceAll(/[^\x20-\x7e]/g, escaped)}`
  }
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** Severity, code, message, detail and hint. */
function messageFields(body: Buffer): string {
  return body
    .toString('latin1')
    .split('\0')
    .filter(field => /^[SCMDH]/.test(field))
    .join(' | ')
}

/** Without the table and the number of the column in it. */
function columns(body: Buffer): string {
  const parts: string[] = []
  for (let at = 2; at < body.length; ) {
    const end = body.indexOf(0, at)
    parts.push(`${body.toString('latin1', at, end)} ${body.toString('hex', end + 7, end + 19)}`)
    at = end + 19
  }
  return parts.join(', ')
}
