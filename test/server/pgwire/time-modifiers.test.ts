/** Precisions of times and fields of intervals: values and descriptions are those of PostgreSQL 15. */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { errorField, frame } from '../../support/wire-client.ts'
import { useSideBySide } from './side-by-side.ts'

const MOMENT = '2026-01-02 03:04:05.6789'
const SPAN = '1 year 2 mons 3 days 04:05:06.789'

describe('time modifiers', () => {
  const beside = useSideBySide()

  async function same(...texts: readonly string[]): Promise<void> {
    for (const text of texts) await beside.clients.same(serialize.query(text), text)
    assert.deepEqual(beside.server.internalErrors, [])
  }

  it('round seconds', () =>
    same(
      `SELECT '${MOMENT}'::timestamp(2), '${MOMENT}'::timestamptz(0), '03:04:05.6789'::time(1)`,
      "SELECT '1999-12-31 23:59:59.5'::timestamp(0), '1999-12-31 23:59:58.5'::timestamp(0)",
      "SELECT '2000-01-01 00:00:00.5'::timestamp(0), '23:59:59.999'::time(0), 'infinity'::timestamp(1)",
      `SELECT '${SPAN}'::interval(2)`,
      "SELECT '-0.0005 s'::interval(3), '0.0005 s'::interval(3), '-1.5 s'::interval(0)",
      `SELECT '${MOMENT}'::text::timestamp(2), CAST('${MOMENT}'::timestamp AS timestamp(1))`,
      `SELECT '${MOMENT}'::timestamp(2)::timestamp, '12:00:00.55'::time::time(1), '12:00'::time(3)::text`,
      `SELECT '{"${MOMENT}"}'::timestamp(2)[], ARRAY['${MOMENT}']::timestamp(1)[]`,
      'SELECT format_type(1114, 3), format_type(1083, 0), format_type(1184, 6)',
      'SELECT localtimestamp(0) = localtimestamp::timestamp(0), localtime(2) = localtime::time(2)',
      "SELECT current_timestamp(1) = now()::timestamptz(1), '1'::timestamp(-1)",
    ))

  it('name the fields of intervals', () =>
    same(
      "SELECT interval '1' hour, interval '1-2' year to month, interval '90' minute, interval '5' second(2)",
      "SELECT interval '1 2:03:04.567' day to second(1), interval '1.239' second(2), interval(2) '1.239 s'",
      `SELECT interval '${SPAN}' year, interval '${SPAN}' month, interval '${SPAN}' day`,
      `SELECT interval '${SPAN}' hour, interval '${SPAN}' minute, interval '${SPAN}' second`,
      "SELECT interval '1 2' day to hour, interval '1 2:03' day to minute, interval '1:02' hour to minute",
      "SELECT interval '1:02' minute to second, interval '-1:02' minute to second",
      "SELECT interval '12:34.56' minute to second",
      "SELECT interval '1:02:03' hour to second, interval '1 2:3' day to second",
      "SELECT interval '-1 -2' day to hour",
      "SELECT interval '1 2' day to minute",
      `SELECT '${SPAN}'::interval day, '25:00'::interval hour, '${SPAN}'::interval::interval year to month`,
      "SELECT '5'::interval hour, interval '1.5' hour, interval '1' year, '{5,7}'::interval minute[]",
      "SELECT interval '1' year to hour",
      'SELECT format_type(1186, 67174399), format_type(1186, 2147418114)',
      'SELECT format_type(1186, (7176 << 16) | 3)',
    ))

  it('hold for columns, however a value gets there', async () => {
    await same(
      `CREATE TABLE timed (a timestamp(3), b time(0), c interval day to second(1), d timestamptz(1),
         e interval hour)`,
      `INSERT INTO timed VALUES ('${MOMENT}', '03:04:05.5', '1 2:03:04.56', '${MOMENT}+00', '5')`,
      `INSERT INTO timed SELECT '${MOMENT}'::timestamp, '03:04:05.5'::time, '1 2:03:04.56'::interval,
         '${MOMENT}+00'::timestamptz, '5:10'::interval`,
      "UPDATE timed SET a = a + interval '0.0004 s'",
      'SELECT * FROM timed',
      "SELECT a + interval '1 s', c::text, coalesce(a, a) FROM timed",
      'SELECT CASE WHEN true THEN a ELSE a END, greatest(d, d) FROM timed',
      'SELECT a FROM timed UNION ALL SELECT a FROM timed',
    )
    const row = `${MOMENT}\t03:04:05.5\t1 2:03:04.56\t${MOMENT}+00\t5\n`
    const copy = [serialize.query('COPY timed FROM STDIN'), frame('d', row), frame('c')]
    await beside.clients.same(Buffer.concat(copy), 'COPY')
    const untyped = [
      'CREATE TABLE untimed (a timestamp, b time, c interval, d timestamptz, e interval)',
      `INSERT INTO untimed VALUES ('${MOMENT}', '03:04:05.5', '1 2:03:04.56', '${MOMENT}+00', '5:10')`,
    ]
    await same(...untyped)
    const answer = await beside.clients.same(
      serialize.query('COPY untimed TO STDOUT (FORMAT binary)'),
      'binary COPY',
    )
    const data = answer.filter(({ type }) => type === 'd').map(({ body }) => frame('d', body))
    const binary = [serialize.query('COPY timed FROM STDIN (FORMAT binary)'), ...data, frame('c')]
    await beside.clients.same(Buffer.concat(binary), 'binary COPY')
    await same('SELECT * FROM timed', 'DROP TABLE timed, untimed')
  })

  it('come with a zone', () =>
    same(
      "SET TimeZone = 'Europe/Berlin'",
      "SELECT '12:34:56.789+02'::timetz, '24:00:00-15:59:59'::timetz",
      "SELECT '04:05:06 PST'::timetz, '040506+0730'::timetz",
      "SELECT '2003-07-12 04:05:06 America/New_York'::timetz",
      "SELECT '2026-01-01 12:00'::timetz, '2026-07-01 12:00'::timetz",
      "SELECT '04:05:06 America/New_York'::timetz",
      "SELECT 'x'::timetz",
      "SELECT '12:00+16'::timetz",
      "SELECT '12:34:56.789+02'::timetz(1), '12:34:56.789+02'::timetz(0)::text, '23:59:59.99+00'::timetz(0)",
      "SELECT '12:34:56.789+02'::timetz::time, '2026-07-01 10:00+00'::timestamptz::timetz(0)",
      "SELECT 'infinity'::timestamptz::timetz, '12:00'::time::timetz = '12:00'::timetz",
      "SELECT '12:00+02'::timetz = '10:00+00', '12:00+02'::timetz < '10:00+00'",
      "SELECT '12:00+02'::timetz = '12:00:00+02'",
      "SELECT '12:00+02'::timetz + interval '13 hours', '12:00+02'::timetz - interval '1 day 13 hours'",
      "SELECT x FROM (VALUES ('12:00+02'::timetz), ('10:00+00'), ('11:59+02'), (NULL)) t (x) ORDER BY x",
      "SELECT count(*) AS n FROM (VALUES ('12:00+02'::timetz), ('12:00+02'), ('10:00+00')) t (x)" +
        ' GROUP BY x ORDER BY n',
      "SELECT ARRAY['12:00+02'::timetz, NULL], ROW('12:00+02'::timetz), '{12:00:00.55+02}'::timetz(1)[]",
      "SELECT to_json('12:00+02'::timetz), pg_typeof(current_time)",
      'SELECT format_type(1266, 3), format_type(1270, -1)',
      "SELECT '12:00+02'::timetz AT TIME ZONE 'UTC', '12:00+02'::timetz AT TIME ZONE interval '-3:30'",
      "SELECT date '2026-01-02' + '12:00+02'::timetz, '12:00-05'::timetz + date '2026-01-02'",
      "SELECT extract(hour FROM '12:34:56.7+02:30'::timetz), extract(epoch FROM '12:34:56.7+02:30'::timetz)",
      "SELECT extract(timezone_hour FROM '12:34-02:30'::timetz)",
      "SELECT extract(timezone_minute FROM '12:34-02:30'::timetz)",
      "SELECT date_part('second', '12:34:56.7+02'::timetz), extract(timezone FROM '12:34-02:30'::timetz)",
      "SELECT extract(day FROM '12:34:56.7+02'::timetz)",
      'CREATE TABLE zoned (a timetz PRIMARY KEY, b timetz(0))',
      "INSERT INTO zoned VALUES ('12:00+02', '12:00:00.6+02'), ('10:00+00', '10:00:00+01')",
      "INSERT INTO zoned VALUES ('12:00:00+02', NULL) ON CONFLICT DO NOTHING",
      "SELECT b FROM zoned WHERE a = '12:00+02'",
      'COPY zoned TO STDOUT',
      'COPY zoned TO STDOUT (FORMAT binary)',
      'DROP TABLE zoned',
      'SELECT current_time(0) = current_time::timetz(0), current_time = now()::timetz',
      "SET TimeZone = 'UTC'",
    ))

  it('are refused where nothing rounds', async () => {
    const client = await beside.server.login()
    await client.send(serialize.query("CREATE SOURCE s (t timestamp(3)) WITH (connector = 'datagen')"))
    const [error] = await client.readUntilReady()
    assert.equal(errorField(error!.body, 'C'), '0A000')
    assert.match(errorField(error!.body, 'M'), /^timestamp\(3\) without time zone as a type of a source/)
  })
})
