import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { SqlError } from '../../planner/errors.ts'
import { SessionSettings, splitIdentifiers } from '../../server/settings/session-settings.ts'

function settings(initial: Record<string, string> = {}): SessionSettings {
  const identity = { isSuperuser: () => true, checkRole: () => {}, checkSessionAuthorization: () => {} }
  return new SessionSettings(
    Object.entries({ session_authorization: 'ada', ...initial }),
    new Map(),
    identity,
  )
}

function failure(run: () => void): { code: string; message: string } {
  try {
    run()
  } catch (error) {
    assert(error instanceof SqlError, String(error))
    return { code: error.code, message: error.message }
  }
  throw new Error('expected an error')
}

describe('SessionSettings', () => {
  it('prints values as PostgreSQL does', () => {
    const session = settings()
    const cases: readonly (readonly [name: string, set: string, shown: string])[] = [
      ['statement_timeout', '5000', '5s'],
      ['statement_timeout', '1500ms', '1500ms'],
      ['statement_timeout', '90 s', '90s'],
      ['statement_timeout', '60000', '1min'],
      ['statement_timeout', '0', '0'],
      ['DateStyle', 'iso, dmy', 'ISO, DMY'],
      ['datestyle', 'ISO', 'ISO, DMY'],
      ['datestyle', 'sql', 'SQL, DMY'],
      ['datestyle', 'us, postgresql', 'Postgres, MDY'],
      ['datestyle', 'German', 'German, DMY'],
      ['datestyle', 'ymd', 'German, YMD'],
      ['datestyle', 'default', 'ISO, MDY'],
      ['client_encoding', "'utf-8'", 'UTF8'],
      ['jit', 'TRUE', 'on'],
      ['extra_float_digits', '2', '2'],
      ['extra_float_digits', '-14.6', '-15'],
      ['extra_float_digits', '0x3', '3'],
      ['bytea_output', 'ESCAPE', 'escape'],
      ['client_encoding', 'Unicode', 'UTF8'],
      ['client_encoding', 'sql_ascii', 'SQL_ASCII'],
      ['timezone', 'europe/berlin', 'Europe/Berlin'],
      ['TimeZone', 'utc', 'UTC'],
      ['TimeZone', '-8', '<-08>+08'],
      ['TimeZone', '5.75', '<+05:45>-05:45'],
      ['TimeZone', "INTERVAL '-03:30'", '<-03:30>+03:30'],
      ['TimeZone', 'UTC+3', 'UTC+3'],
      ['TimeZone', 'zulu', 'Zulu'],
      ['client_min_messages', 'WARNING', 'warning'],
      ['rw_implicit_flush', 'true', 'on'],
      ['streaming_parallelism', '4', '4'],
      ['my.own', 'x', 'x'],
    ]
    for (const [name, value, shown] of cases) {
      session.set(name, value, false)
      assert.equal(session.get(name), shown, name)
    }
  })

  it('refuses unknown names, bad values and fixed settings', () => {
    const session = settings()
    assert.deepEqual(
      failure(() => session.get('no_such')),
      { code: '42704', message: 'unrecognized configuration parameter "no_such"' },
    )
    assert.deepEqual(
      failure(() => session.set('TimeZone', 'Mars/Phobos', false)),
      { code: '22023', message: 'invalid value for parameter "TimeZone": "Mars/Phobos"' },
    )
    assert.deepEqual(
      failure(() => session.set('jit', 'maybe', false)),
      { code: '22023', message: 'parameter "jit" requires a Boolean value' },
    )
    assert.deepEqual(
      failure(() => session.set('extra_float_digits', '4', false)),
      {
        code: '22023',
        message: '4 is outside the valid range for parameter "extra_float_digits" (-15 .. 3)',
      },
    )
    assert.deepEqual(
      failure(() => session.set('server_version', '16', false)),
      { code: '55P02', message: 'parameter "server_version" cannot be changed' },
    )
    assert.equal(failure(() => session.get('my.unset')).code, '42704')
  })

  it('names what is wrong with a style, a zone and an encoding', () => {
    const session = settings()
    const cases: readonly (readonly [name: string, set: string, code: string, detail: string | undefined])[] =
      [
        ['DateStyle', 'iso, sql', '22023', 'Conflicting "datestyle" specifications.'],
        ['DateStyle', 'mdy, dmy', '22023', 'Conflicting "datestyle" specifications.'],
        ['DateStyle', 'iso, Fast', '22023', 'Unrecognized key word: "fast".'],
        ['DateStyle', 'iso,', '22023', 'List syntax is invalid.'],
        ['TimeZone', '168', '22023', 'UTC timezone offset is out of range.'],
        ['TimeZone', "INTERVAL '1 month'", '22023', 'Cannot specify months in time zone interval.'],
        ['TimeZone', "INTERVAL '1 day'", '22023', 'Cannot specify days in time zone interval.'],
        ['TimeZone', 'PST', '22023', undefined],
        ['TimeZone', '', '22023', undefined],
        ['TimeZone', 'CET-1CEST,M3.5.0,M10.5.0/3', '0A000', undefined],
        ['client_encoding', 'utf9', '22023', undefined],
        ['client_encoding', 'Latin2', '0A000', 'Conversion between LATIN2 and UTF8 is not supported.'],
      ]
    for (const [name, value, code, detail] of cases) {
      assert.throws(
        () => session.set(name, value, false),
        (error: SqlError) => error.code === code && error.fields.detail === detail,
        value,
      )
    }
  })

  it('resets to what the session started with', () => {
    const session = settings({ TimeZone: 'Asia/Tokyo' })
    session.set('TimeZone', 'UTC', false)
    session.set('TimeZone', undefined, false)
    assert.equal(session.get('TimeZone'), 'Asia/Tokyo')
  })

  it('undoes SET on rollback and ends SET LOCAL with the transaction', () => {
    const session = settings()
    session.begin()
    session.set('jit', 'on', false)
    session.set('TimeZone', 'Asia/Tokyo', true)
    session.end(true)
    assert.equal(session.get('jit'), 'on')
    assert.equal(session.get('TimeZone'), 'UTC')
    session.begin()
    session.set('jit', 'off', false)
    session.end(false)
    assert.equal(session.get('jit'), 'on')
  })

  it('reports changes of the settings that clients follow', () => {
    const session = settings()
    const reports: string[] = []
    session.onReport = (name, value) => reports.push(`${name}=${value}`)
    session.set('application_name', 'psql', false)
    session.set('application_name', 'psql', false)
    session.set('jit', 'on', false)
    session.begin()
    session.set('timezone', 'Asia/Tokyo', false)
    session.end(false)
    session.resetAll()
    assert.deepEqual(reports, [
      'application_name=psql',
      'TimeZone=Asia/Tokyo',
      'TimeZone=UTC',
      'application_name=',
    ])
  })

  it('resolves the search path', () => {
    const session = settings()
    assert.deepEqual(session.searchPath(), ['ada', 'public'])
    session.set('search_path', 'a, "B c"', false)
    assert.deepEqual(session.searchPath(), ['a', 'B c'])
    assert.deepEqual(splitIdentifiers('A, "say ""x"""'), ['a', 'say "x"'])
  })
})
