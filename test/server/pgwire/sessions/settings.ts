/** Settings that the server reports, LISTEN and NOTIFY, cancel requests. */

import { bind, execute, flush, parse, query, run, sync } from './messages.ts'
import { cancel, otherClient, type Script, untilAsleep, waitFor } from './script.ts'

const reported: readonly Script[] = [
  {
    name: 'a reported setting',
    steps: [query("SET application_name = 'mine'"), query('RESET application_name')],
  },
  {
    name: 'a setting that does not change',
    steps: [query('SET TimeZone = UTC'), query("SET TimeZone = 'UTC'")],
  },
  {
    name: 'several reported settings',
    steps: [
      query("SET TimeZone = 'Europe/Berlin'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'iso_8601'"),
    ],
  },
  {
    name: 'a setting that changes and changes back',
    steps: [query("SET application_name = 'a'; SET application_name = ''")],
  },
  {
    name: 'a setting that is not reported',
    steps: [query('SET statement_timeout = 1000'), query('SHOW statement_timeout')],
  },
  {
    name: 'a setting is reported before ReadyForQuery',
    steps: [
      query("SET application_name = 'a'; SELECT 1"),
      run("SET application_name = 'b'"),
      run('SELECT 2'),
      sync,
    ],
  },
  {
    name: 'a setting is not reported at Flush',
    steps: [run("SET application_name = 'b'"), flush, waitFor('C'), sync],
  },
  {
    name: 'ROLLBACK takes a setting back',
    steps: [query('BEGIN'), query("SET application_name = 'a'"), query('ROLLBACK')],
  },
  { name: 'an error takes a setting back', steps: [query("SET application_name = 'a'; SELECT nope")] },
  { name: 'SET LOCAL', steps: [query('BEGIN'), query("SET LOCAL application_name = 'a'"), query('COMMIT')] },
  {
    name: 'ROLLBACK TO takes a setting back',
    steps: ['BEGIN', 'SAVEPOINT a', "SET application_name = 'x'", 'ROLLBACK TO a', 'COMMIT'].map(query),
  },
  {
    name: 'set_config',
    steps: [
      query("SELECT set_config('application_name', 'x', false)"),
      query("SELECT set_config('application_name', 'y', true)"),
      query("SELECT current_setting('application_name')"),
    ],
  },
  {
    name: 'settings that there are not',
    steps: [
      query('SET nope = 1'),
      query("SET TimeZone = 'Nowhere/At_All'"),
      query('SET server_version = 1'),
      query('SET integer_datetimes = off'),
      query("SET DateStyle = 'nope'"),
      query('SET statement_timeout = -5'),
    ],
  },
  {
    name: 'a setting of an extension',
    steps: [
      query("SET my.setting = 'x'"),
      query('SHOW my.setting'),
      query('RESET my.setting'),
      query('SHOW my.other'),
    ],
  },
  {
    name: 'RESET ALL',
    steps: [query("SET application_name = 'x'; SET TimeZone = 'Asia/Tokyo'"), query('RESET ALL')],
  },
  {
    name: 'DateStyle is normalised',
    steps: [
      query('SET DateStyle = dmy'),
      query("SET DateStyle TO 'German'"),
      query("SELECT '2024-02-03'::date"),
    ],
  },
  {
    name: 'client_encoding',
    steps: [
      query("SET client_encoding = 'utf-8'"),
      query("SET client_encoding = 'nope'"),
      query('SET NAMES'),
      query("SET NAMES 'UTF8'"),
    ],
  },
  {
    name: 'default_transaction_read_only is reported',
    steps: [
      query('SET default_transaction_read_only = on'),
      query('SHOW transaction_read_only'),
      query('SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE'),
    ],
  },
]

const notifications: readonly Script[] = [
  { name: 'NOTIFY to itself', steps: [query('LISTEN c'), query("NOTIFY c, 'hello'"), query('NOTIFY c')] },
  {
    name: 'NOTIFY in a transaction',
    steps: [query('LISTEN c'), query('BEGIN'), query("NOTIFY c, 'a'"), query('SELECT 1'), query('COMMIT')],
  },
  {
    name: 'NOTIFY that is rolled back',
    steps: [query('LISTEN c'), query('BEGIN'), query("NOTIFY c, 'a'"), query('ROLLBACK')],
  },
  {
    name: 'NOTIFY of the same twice',
    steps: [query('LISTEN c; LISTEN c'), query("NOTIFY c, 'a'; NOTIFY c, 'b'; NOTIFY c, 'a'")],
  },
  {
    name: 'NOTIFY among other statements',
    steps: [query('LISTEN c'), query("SELECT 1; NOTIFY c, 'a'; SELECT 2")],
  },
  {
    name: 'NOTIFY over the extended protocol',
    steps: [query('LISTEN c'), run("NOTIFY c, 'a'"), run('SELECT 1'), sync],
  },
  {
    name: 'pg_notify',
    steps: [query('LISTEN "Ä"'), query("SELECT pg_notify('Ä', 'x')"), query("SELECT pg_notify('', 'x')")],
  },
  {
    name: 'UNLISTEN',
    steps: [
      query('LISTEN c'),
      query('UNLISTEN c'),
      query('NOTIFY c'),
      query('LISTEN d'),
      query('UNLISTEN *'),
      query('NOTIFY d'),
    ],
  },
  { name: 'LISTEN that is rolled back', steps: [query('BEGIN; LISTEN c; ROLLBACK'), query('NOTIFY c')] },
  { name: 'LISTEN and NOTIFY in one transaction', steps: [query('BEGIN; LISTEN c; NOTIFY c; COMMIT')] },
  {
    name: 'a notification for a client that is idle',
    steps: [query('LISTEN c'), waitFor('Z'), otherClient("NOTIFY c, 'x'"), waitFor('A'), query('SELECT 1')],
  },
  {
    name: 'a notification waits for the end of a transaction',
    steps: [
      query('LISTEN c'),
      query('BEGIN'),
      waitFor('Z', 2),
      otherClient("NOTIFY c, 'x'"),
      query('SELECT 1'),
      query('COMMIT'),
    ],
  },
  {
    name: 'a notification waits for the end of a failed transaction',
    steps: [
      query('LISTEN c'),
      query('BEGIN'),
      query('SELECT nope'),
      waitFor('Z', 3),
      otherClient("NOTIFY c, 'x'"),
      query('SELECT 1'),
      query('ROLLBACK'),
    ],
  },
  {
    name: 'a notification waits for Sync',
    steps: [
      query('LISTEN c'),
      run('SELECT 1'),
      flush,
      waitFor('C', 2),
      otherClient("NOTIFY c, 'x'"),
      run('SELECT 2'),
      sync,
    ],
  },
  { name: 'a payload that is too long', steps: [query(`NOTIFY c, '${'x'.repeat(8000)}'`)] },
]

const canceling: readonly Script[] = [
  {
    name: 'cancel a query',
    steps: [query('COMMIT; SELECT pg_sleep(60)'), waitFor('N'), untilAsleep, cancel, query('SELECT 1')],
  },
  {
    name: 'cancel in a transaction',
    steps: [
      query('BEGIN'),
      query('COMMIT AND CHAIN; BEGIN; SELECT pg_sleep(60)'),
      waitFor('N'),
      untilAsleep,
      cancel,
      query('SELECT 1'),
      query('ROLLBACK'),
    ],
  },
  {
    name: 'cancel over the extended protocol',
    steps: [
      run('COMMIT'),
      run('SELECT pg_sleep(60)'),
      run('SELECT 1'),
      flush,
      waitFor('N'),
      untilAsleep,
      cancel,
      sync,
      query('SELECT 2'),
    ],
  },
  {
    name: 'cancel of an idle session',
    steps: [query('SELECT 1'), waitFor('Z'), cancel, query('SELECT 2')],
  },
  {
    name: 'statement_timeout',
    steps: [query('SET statement_timeout = 20'), query('SELECT pg_sleep(60)'), query('SELECT 1')],
  },
  {
    name: 'statement_timeout over the extended protocol',
    steps: [
      query('SET statement_timeout = 20'),
      parse('SELECT pg_sleep(60)'),
      bind(),
      execute(),
      sync,
      query('SELECT 1'),
    ],
  },
]

export const settingScripts = [...reported, ...notifications, ...canceling]
