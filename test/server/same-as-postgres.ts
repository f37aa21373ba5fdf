/** A statement's answer here and on PostgreSQL in one form: tags with rows as text, or an error. */

import assert from 'node:assert/strict'
import { PGlite } from '@electric-sql/pglite'
import { after, before } from 'mocha'
import { pino } from 'pino'
import { batchRows } from '../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { formatValue } from '../../executor/expression/text-format.ts'
import { SqlError } from '../../planner/errors.ts'
import { Database } from '../../server/database.ts'
import type { DatabaseSession } from '../../server/session.ts'

/** `CODE: message`, or one entry for each statement: its tag without count, the count, the rows. */
type Answer = string | readonly (readonly unknown[])[]

/** `setup` makes tables t and u; the statements run one after another, in a fresh session here and there. */
type AssertSameAsPostgres = (setup: string, statements: readonly string[]) => Promise<void>

/** For the tests of a suite, which share a PGlite. */
export function useSameAsPostgres(): AssertSameAsPostgres {
  let postgres: PGlite
  before(async () => {
    postgres = await PGlite.create()
  })
  after(() => postgres.close())
  return (setup, statements) => assertSame(postgres, setup, statements)
}

async function assertSame(postgres: PGlite, setup: string, statements: readonly string[]): Promise<void> {
  for (const text of ['ROLLBACK', 'DISCARD ALL', `DROP TABLE IF EXISTS t, u; ${setup}`])
    await postgres.exec(text)
  const database = await Database.open({
    logger: pino({ level: 'silent' }),
    settings: { epoch_max: '10ms' },
  })
  try {
    const session = database.connectEmbedded()
    await sessionAnswer(session, setup)
    for (const statement of statements) {
      const expected = await postgresAnswer(postgres, statement)
      assert.deepEqual(await sessionAnswer(session, statement), expected, statement)
    }
  } finally {
    await database.close()
  }
}

async function postgresAnswer(db: PGlite, sql: string): Promise<Answer> {
  const text = Buffer.from(`${sql}\0`)
  const message = Buffer.alloc(5 + text.length)
  message.write('Q')
  message.writeInt32BE(4 + text.length, 1)
  text.copy(message, 5)
  const answers: unknown[][] = []
  let rows: unknown[] = []
  const { messages } = await db.execProtocol(message, { throwOnError: false })
  for (const answer of messages) {
    const { name } = answer
    if (name === 'error') {
      const error = answer as unknown as { code: string; message: string; hint: string | undefined }
      return describeError(error.code, error.message, error.hint)
    }
    if (name === 'dataRow') rows.push((answer as unknown as { fields: unknown[] }).fields)
    if (name === 'commandComplete') {
      answers.push([(answer as unknown as { text: string }).text, rows])
      rows = []
    }
  }
  return answers
}

export async function sessionAnswer(session: DatabaseSession, sql: string): Promise<Answer> {
  const answers: unknown[][] = []
  try {
    for await (const result of session.simpleQuery(sql)) {
      if (result.kind === 'command') answers.push([result.commandTag, []])
      if (result.kind !== 'rows') continue
      const context = session.context([])
      const rows: unknown[] = []
      for (let batch = await result.rows.next(); batch !== undefined; batch = await result.rows.next()) {
        const types = batch.columns.map(column => column.type)
        const asText = (value: SqlValue, index: number) =>
          value === null ? null : formatValue(types[index]!, value, context)
        rows.push(...batchRows(batch).map(row => row.map(asText)))
      }
      answers.push([result.commandTag(rows.length), rows])
    }
    return answers
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    return describeError(error.code, error.message, error.fields.hint)
  }
}

function describeError(code: string, message: string, hint: string | undefined): string {
  return hint === undefined ? `${code}: ${message}` : `${code}: ${message} (${hint})`
}
