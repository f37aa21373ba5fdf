/**
 * Values of every type beside PostgreSQL 15 under every setting that changes how they are written and read:
 * results in text, casts to text, arrays, records, COPY, and what was written read again.
 */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { usePostgres } from '../../support/postgres-server.ts'
import type { BackendMessage } from '../../support/wire-client.ts'
import { TestServer } from '../../support/wire-server.ts'
import { SideBySide } from './side-by-side.ts'
import { typedValues } from './typed-values.ts'

const styles: readonly (readonly [setting: string, values: readonly string[]])[] = [
  ['DateStyle', ['ISO, MDY', 'ISO, YMD', 'SQL, MDY', 'SQL, DMY', 'Postgres, MDY', 'Postgres, DMY', 'German']],
  ['IntervalStyle', ['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601']],
  ['TimeZone', ['Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', '<-08:30>+08:30', 'UTC+3']],
  ['extra_float_digits', ['-15', '-14', '-7', '-1', '0', '1', '3']],
  ['bytea_output', ['hex', 'escape']],
]

const timesOfDay = ['date', 'time', 'timestamp', 'timestamptz', 'interval']
/** Spellings that styles read in their own way, or not at all. */
const ambiguous: Readonly<Record<string, readonly string[]>> = {
  date: ['01/02/2003', '1/2/3', '13/02/2003', '02-03-04', '1.2.2003', '99-1-2', 'Jan 8, 1999', '20030201'],
  timestamp: ['01/02/2003 04:05', 'Wed Jul 9 04:05:06 2003', '9 Jul 2003 04:05:06 BC', '2003-07-09T04:05'],
  timestamptz: ['01/02/2003 04:05 PST', 'Wed 09 Jul 04:05:06 2003 CEST', '2003-07-09 04:05 America/Lima'],
  time: ['04:05 PM', '040506', '04:05:06.789 EST'],
  interval: [
    '-1 2:03:04',
    '-1-2 3 4:5:6',
    '-1 year 2 mons 3 days',
    '1-2',
    '@ 1 day 2 hours ago',
    'P1Y2M3DT4H',
  ],
}

describe('value styles', function () {
  this.timeout(60_000)
  const postgres = usePostgres()
  let server: TestServer
  let clients: SideBySide

  before(async () => {
    server = await TestServer.start()
  })
  after(() => server.close())
  beforeEach(async () => {
    clients = await SideBySide.open(server, postgres())
  })
  afterEach(() => {
    clients.close()
    assert.deepEqual(server.internalErrors, [])
  })

  const same = (text: string) => clients.same(serialize.query(text), text)

  /** What `types` look like: alone, as text, in arrays and records; and whether that is read again. */
  async function compare(types: readonly string[]): Promise<void> {
    for (const type of types) {
      const literals = typedValues[type]!.map(value => `'${value.replaceAll("'", "''")}'::${type}`)
      const texts = rowValues(await same(`SELECT ${literals.join(', ')}`))
      await same(`SELECT ${literals.map(literal => `${literal}::text, ROW(${literal})`).join(', ')}`)
      if (!type.endsWith('[]')) await same(`SELECT ARRAY[${literals.join(', ')}]`)
      await same(`COPY (SELECT ${literals.join(', ')}) TO STDOUT`)
      await same(`COPY (SELECT ${literals.join(', ')}) TO STDOUT (FORMAT csv)`)
      const parameters = texts.map((_, index) => `$${index + 1}::${type}`)
      await clients.same(withParameters(`SELECT ${parameters.join(', ')}`, texts), `${type}: ${texts}`)
    }
  }

  for (const [setting, values] of styles) {
    for (const value of values) {
      it(`${setting} = ${value}`, async () => {
        await same(`SET ${setting} = '${value}'`)
        await compare(Object.keys(typedValues))
      })
    }
  }

  for (const dateStyle of styles[0]![1]) {
    for (const zone of ['Europe/Berlin', 'UTC']) {
      it(`DateStyle = ${dateStyle} in ${zone}`, async () => {
        await same(`SET DateStyle = '${dateStyle}'; SET TimeZone = '${zone}'`)
        await compare(timesOfDay)
      })
    }
    it(`input with DateStyle = ${dateStyle}`, async () => {
      await same(`SET DateStyle = '${dateStyle}'; SET TimeZone = 'Europe/Berlin'`)
      await readAlike(['date', 'time', 'timestamp', 'timestamptz'])
    })
  }

  for (const intervalStyle of styles[1]![1]) {
    it(`input with IntervalStyle = ${intervalStyle}`, async () => {
      await same(`SET IntervalStyle = '${intervalStyle}'`)
      await readAlike(['interval'])
    })
  }

  it('of definitions are those of the session that made them', async () => {
    const texts = [
      "SET DateStyle = 'SQL, DMY'; SET IntervalStyle = sql_standard; SET TimeZone = 'Europe/Berlin'",
      "CREATE TABLE dated (a int, d date DEFAULT '13/02/2003', i interval DEFAULT '-1 2:03:04')",
      `CREATE VIEW dates AS
         SELECT '01/02/2003'::date AS d, '1/7/2003'::timestamptz AS t, '{2/3/04}'::date[] AS a`,
      "SET DateStyle = 'ISO, MDY'; SET IntervalStyle = postgres; SET TimeZone = 'America/Lima'",
      'INSERT INTO dated (a) VALUES (1)',
      'SELECT * FROM dated',
      'SELECT * FROM dates',
      'DROP VIEW dates; DROP TABLE dated',
    ]
    for (const text of texts) await same(text)
  })

  async function readAlike(types: readonly string[]): Promise<void> {
    for (const type of types) {
      for (const text of ambiguous[type]!) {
        await clients.same(withParameters(`SELECT $1::${type}`, [text]), `${type} ${text}`)
        await same(`SELECT '${text}'::${type}, '${text}'::text::${type}`)
      }
    }
  }
})

/** Values as text parameters, the result in binary. */
function withParameters(text: string, values: readonly string[]): Buffer {
  const bind = serialize.bind({ values: [...values], binary: true })
  const rest = [serialize.execute({}), serialize.sync()]
  return Buffer.concat([serialize.parse({ text }), bind, ...rest])
}

function rowValues(messages: readonly BackendMessage[]): string[] {
  const { body } = messages.find(({ type }) => type === 'D')!
  const values: string[] = []
  for (let at = 2; at < body.length; ) {
    const end = at + 4 + body.readInt32BE(at)
    values.push(body.toString('utf8', at + 4, end))
    at = end
  }
  return values
}
