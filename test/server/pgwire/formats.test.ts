/**
 * Every type as result and as parameter, in text and in binary: the messages are those of PostgreSQL
 * (PGlite), byte by byte, and so are the errors of malformed input.
 */

import { strict as assert } from 'node:assert'
import { PGlite } from '@electric-sql/pglite'
import { serialize } from 'pg-protocol'
import { type BackendMessage, errorField, type WireClient } from '../../support/wire-client.ts'
import { TestServer } from '../../support/wire-server.ts'
import { typedValues } from './typed-values.ts'

/** How a message reads in a comparison: errors by their code, the rest by their bytes. */
function comparable({ type, body }: BackendMessage): string {
  return type === 'E' ? `E(${errorField(body, 'C')})` : `${type} ${body.toString('hex')}`
}

/** The messages in `bytes`. */
function messagesIn(bytes: Buffer): BackendMessage[] {
  const messages: BackendMessage[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1)
    messages.push({ type: bytes.toString('latin1', at, at + 1), body: bytes.subarray(at + 5, end) })
    at = end
  }
  return messages
}

/** Parse, Describe, Bind, Describe, Execute, Sync. */
function statement(
  text: string,
  parameter: { readonly format: 0 | 1; readonly bytes: Buffer } | undefined,
  resultFormat: 0 | 1,
): Buffer[] {
  const values = parameter === undefined ? [] : [parameter.bytes]
  const bind = serialize.bind({
    values,
    // Buffers are sent as they are, with format 1; the format is put right below.
    binary: resultFormat === 1,
  })
  // After the type, the length, two empty names and the count comes the format of the only parameter.
  if (parameter !== undefined) bind.writeInt16BE(parameter.format, 9)
  return [
    serialize.parse({ text }),
    serialize.describe({ type: 'S' }),
    bind,
    serialize.describe({ type: 'P' }),
    serialize.execute({}),
    serialize.sync(),
  ]
}

function valueBytes(messages: readonly BackendMessage[]): Buffer {
  const row = messages.find(({ type }) => type === 'D')
  assert(row !== undefined, messages.map(comparable).join(' '))
  return row.body.subarray(6)
}

/** The error, whether Bind or Execute found it, or the row. */
function outcome(messages: readonly BackendMessage[]): string {
  const last = messages.findLast(({ type }) => type === 'E' || type === 'D')
  assert(last !== undefined)
  return last.type === 'E' ? comparable(last) : `D ${last.body.toString('latin1', 6)}`
}

/** Timestamps from 294247 on are refused: ours count from 1970 and not from 2000. */
function isBeyondUs(type: string, expected: string): boolean {
  return type.startsWith('timestamp') && /\b2942(4[7-9]|[5-7]\d)-/.test(expected)
}

describe('value formats', function () {
  this.timeout(60_000)
  let server: TestServer
  let client: WireClient
  let postgres: PGlite

  before(async () => {
    server = await TestServer.start()
    client = await server.login()
    postgres = await PGlite.create()
    await postgres.exec(`SET TimeZone = 'UTC'; SET extra_float_digits = 1`)
  })
  after(async () => {
    await server.close()
    await postgres.close()
  })

  async function ask(messages: readonly Buffer[]): Promise<BackendMessage[]> {
    await client.send(Buffer.concat(messages))
    return client.readUntilReady()
  }

  async function askPostgres(messages: readonly Buffer[]): Promise<BackendMessage[]> {
    const answers: Buffer[] = []
    for (const message of messages) answers.push(Buffer.from(await postgres.execProtocolRaw(message)))
    return messagesIn(Buffer.concat(answers)).filter(({ type }) => type !== 'S' && type !== 'N')
  }

  async function sameAnswers(messages: readonly Buffer[], what: string): Promise<BackendMessage[]> {
    const expected = await askPostgres(messages)
    const got = await ask(messages)
    assert.deepEqual(got.map(comparable), expected.map(comparable), what)
    return expected
  }

  for (const [type, values] of Object.entries(typedValues)) {
    it(`${type}: results and parameters`, async () => {
      for (const value of values) {
        const literal = value.replaceAll("'", "''")
        const text = `SELECT '${literal}'::${type} AS v, NULL::${type} AS nothing`
        const binary = valueBytes(await sameAnswers(statement(text, undefined, 1), `${value} in binary`))
        await sameAnswers(statement(text, undefined, 0), `${value} in text`)
        // The row also holds the NULL's length.
        const bytes = binary.subarray(0, binary.length - 4)
        for (const resultFormat of [0, 1] as const) {
          const echo = `SELECT $1::${type} AS v`
          const asText = { format: 0, bytes: Buffer.from(value) } as const
          await sameAnswers(statement(echo, asText, resultFormat), `${value} as text parameter`)
          const asBinary = { format: 1, bytes } as const
          await sameAnswers(statement(echo, asBinary, resultFormat), `${value} as binary parameter`)
        }
      }
    })

    it(`${type}: malformed binary parameters`, async () => {
      for (const value of values) {
        const literal = value.replaceAll("'", "''")
        const answer = await askPostgres(statement(`SELECT '${literal}'::${type} AS v`, undefined, 1))
        const bytes = valueBytes(answer)
        for (const [what, bad] of malformed(bytes)) {
          const messages = statement(`SELECT $1::${type} AS v`, { format: 1, bytes: bad }, 0)
          const expected = outcome(await askPostgres(messages))
          const got = outcome(await ask(messages))
          const message = `${value} ${what}: ${bad.toString('hex')}`
          if (got === expected) continue
          assert(isBeyondUs(type, expected), `${message}: ${got} instead of ${expected}`)
          assert.match(got, /^E\(22008\)$/, message)
        }
      }
      assert.deepEqual(server.internalErrors, [])
    })
  }

  const many: readonly (readonly [string, string])[] = [
    ['integers', 'g - 1000, (g * 2654435761)::int8, (g * 65537 - 2147483648)::int4, (g - 1000)::int2'],
    [
      'floats',
      'g / 7::float8, sqrt(g), g * 1e-6::float8, -g / 7e20::float8, g * 1.1e300::float8, 1e15::float8 - g',
    ],
    ['reals', '(g / 7.0)::float4, (g * 0.001)::float4, (g * 12345.678)::float4, (-g / 3.0)::float4'],
    ['numerics', 'g * 0.01, -g * 123456789.12345678, g::numeric * 1e15, g / 7::numeric, g * 1e-13, g * 1e4'],
    ['times', "time '00:00' + g * interval '43.210987 s', date '1999-12-01' + (g * 37)::int4"],
    ['timestamps', "timestamp '1900-01-01' + g * interval '41 days 3 hours 7.5 s'"],
    ['nulls', "nullif(g % 3, 0), nullif(g % 2 = 0, true), nullif('x' || g % 5, 'x3')"],
  ]
  for (const [name, columns] of many) {
    it(`many rows of ${name}`, async () => {
      const text = `SELECT ${columns} FROM generate_series(1, 2000) g`
      for (const format of [0, 1] as const) await sameAnswers(statement(text, undefined, format), name)
    })
  }

  for (const zone of ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Australia/Lord_Howe']) {
    it(`timestamptz in ${zone}`, async () => {
      const set = [serialize.query(`SET TimeZone = '${zone}'`)]
      await ask(set)
      await askPostgres(set)
      const series = [
        "'1961-01-01+00' + g * interval '12 days 5 hours'",
        "'2025-10-20+00' + g * interval '7 min'",
      ]
      for (const instants of series) {
        const text = `SELECT timestamptz ${instants} FROM generate_series(1, 2000) g`
        await sameAnswers(statement(text, undefined, 0), instants)
      }
    })
  }
})

/** Shorter, longer, and with each of the first bytes changed. */
function* malformed(bytes: Buffer): Generator<readonly [string, Buffer]> {
  yield ['without bytes', Buffer.alloc(0)]
  if (bytes.length > 0) yield ['without its last byte', bytes.subarray(0, -1)]
  yield ['with a byte more', Buffer.concat([bytes, Buffer.from([0])])]
  for (let at = 0; at < Math.min(bytes.length, 40); at++) {
    for (const change of [0xff, 0x80, 0x01]) {
      const changed = Buffer.from(bytes)
      changed[at] = changed[at]! ^ change
      yield [`with byte ${at} changed`, changed]
    }
  }
}
