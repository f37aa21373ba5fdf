/**
 * Functions about the server and the session. They read EvaluationContext.settings by the keys documented
 * there; a key that is missing has PostgreSQL's default.
 */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import {
  arrayOf,
  boolType,
  float8Type,
  formatType,
  int4Type,
  int8Type,
  nameType,
  oidType,
  textType,
  timestamptzType,
  typeFromOid,
  typeOid,
  voidType,
  withTypeModifier,
} from '../../planner/types.ts'
import type { EvaluationContext, SessionEffects } from '../expression/evaluation-context.ts'
import { defineFunction } from './define.ts'
import type { CallSite, ScalarFunction } from './scalar-function.ts'
import { SERVER_VERSION, SERVER_VERSION_NUM } from './server-version.ts'

const VERSION = `PostgreSQL ${SERVER_VERSION} (Millrace 0.1.0)`

/** Settings that have a value when the session has not said anything. */
const defaults: Readonly<Record<string, string>> = {
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  search_path: '"$user", public',
  server_version: SERVER_VERSION,
  server_version_num: SERVER_VERSION_NUM,
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  integer_datetimes: 'on',
  application_name: '',
  transaction_isolation: 'read committed',
  extra_float_digits: '1',
  bytea_output: 'hex',
  max_identifier_length: '63',
  max_index_keys: '32',
  current_user: 'dev',
  session_user: 'dev',
  current_database: 'dev',
  backend_pid: '0',
  is_superuser: 'on',
}

/** A setting or session fact by its lower-case key. */
function setting(context: EvaluationContext, key: string): string | undefined {
  if (key === 'timezone') return context.timeZone
  return context.settings.get(key) ?? defaults[key]
}

function fact(key: string): (context: EvaluationContext) => string {
  return context => setting(context, key) ?? ''
}

function currentSetting(context: EvaluationContext, name: string, missingOk = false): string | null {
  const value = setting(context, name.toLowerCase())
  if (value !== undefined) return value
  if (missingOk) return null
  throw new SqlError(SqlState.undefinedObject, `unrecognized configuration parameter "${name}"`)
}

function setConfig(
  context: EvaluationContext,
  name: string | null,
  value: string | null,
  isLocal: boolean | null,
): string {
  if (name === null) throw new SqlError(SqlState.nullValueNotAllowed, 'SET requires parameter name')
  return effects(context, 'set_config').changeSetting(name, value ?? undefined, isLocal === true)
}

function notify(context: EvaluationContext, channel: string | null, payload: string | null): string {
  effects(context, 'pg_notify').notify(channel ?? '', payload ?? '')
  return ''
}

function effects(context: EvaluationContext, name: string): SessionEffects {
  if (context.effects === undefined) throw notSupported(`${name}() in a streaming query`)
  return context.effects
}

/** The server waits for statements, not for values: see server/statements/sleep.ts. */
function sleep(): string {
  throw notSupported('pg_sleep() in a larger query', { hint: 'SELECT pg_sleep(…) alone waits.' })
}

/** The schemas of search_path: without `$user`, which names no schema here. */
function searchPath(context: EvaluationContext): string[] {
  const names = (setting(context, 'search_path') ?? '').match(/"(?:[^"]|"")*"|[^\s,]+/g) ?? []
  const unquoted = names.map(name => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name))
  return unquoted.filter(name => name !== '$user' && name !== '')
}

function currentSchemas(context: EvaluationContext, implicit: boolean): string[] {
  const path = searchPath(context)
  return implicit && !path.includes('pg_catalog') ? ['pg_catalog', ...path] : path
}

/** The type that pg_typeof shows, by OID: regtype's text form is the type's name. */
function typeOf(site: CallSite): () => number {
  const oid = typeOid(site.types[0]!)
  return () => oid
}

/** PostgreSQL's format_type: `???` for an OID that is no type. */
function formatTypeByOid(oid: number | null, modifier: number | null): string | null {
  if (oid === null) return null
  const type = typeFromOid(oid)
  if (type === undefined) return oid === 0 ? '-' : '???'
  return formatType(modifier === null ? type : withTypeModifier(type, modifier))
}

const stable = { volatility: 'stable', neverNull: true } as const
const anyArgument = { ...stable, strict: false } as const
const volatile = { volatility: 'volatile', neverNull: true } as const

const names: readonly (readonly [name: string, key: string])[] = [
  ['current_user', 'current_user'],
  ['user', 'current_user'],
  ['current_role', 'current_user'],
  ['session_user', 'session_user'],
  ['current_catalog', 'current_database'],
  ['current_database', 'current_database'],
  ['pg_client_encoding', 'client_encoding'],
]

export const systemFunctions: readonly ScalarFunction[] = [
  ...names.map(([name, key]) => defineFunction(name, [], nameType, { contextCall: fact(key) }, stable)),
  defineFunction(
    'version',
    [],
    textType,
    { contextCall: context => context.settings.get('version') ?? VERSION },
    stable,
  ),
  defineFunction(
    'current_schema',
    [],
    nameType,
    { contextCall: context => searchPath(context)[0] ?? null },
    {
      volatility: 'stable',
    },
  ),
  defineFunction('current_schemas', [boolType], arrayOf(nameType), { contextCall: currentSchemas }, stable),
  defineFunction(
    'current_setting',
    [textType, boolType],
    textType,
    { contextCall: currentSetting },
    {
      volatility: 'stable',
      optionalArgs: 1,
    },
  ),
  defineFunction(
    'pg_backend_pid',
    [],
    int4Type,
    {
      contextCall: context => Number(setting(context, 'backend_pid')),
    },
    stable,
  ),
  defineFunction(
    'pg_postmaster_start_time',
    [],
    timestamptzType,
    {
      contextCall: context =>
        BigInt(setting(context, 'postmaster_start_time') ?? context.transactionTimestamp),
    },
    stable,
  ),
  defineFunction(
    'set_config',
    [textType, textType, boolType],
    textType,
    { contextCall: setConfig },
    { volatility: 'volatile', strict: false },
  ),
  defineFunction(
    'pg_notify',
    [textType, textType],
    voidType,
    { contextCall: notify },
    { volatility: 'volatile', strict: false, neverNull: true },
  ),
  defineFunction(
    'pg_notification_queue_usage',
    [],
    float8Type,
    {
      contextCall: context => effects(context, 'pg_notification_queue_usage').notificationQueueUsage(),
    },
    volatile,
  ),
  // Pools run it when a connection comes back. There are no advisory locks, so there is none to give up.
  defineFunction('pg_advisory_unlock_all', [], voidType, { call: () => '' }, volatile),
  defineFunction('pg_sleep', [float8Type], voidType, { call: sleep }, volatile),
  defineFunction('pg_is_in_recovery', [], boolType, { call: () => false }, volatile),
  defineFunction(
    'txid_current',
    [],
    int8Type,
    {
      contextCall: context => BigInt(setting(context, 'transaction_id') ?? 1),
    },
    stable,
  ),
  defineFunction(
    'format_type',
    [oidType, int4Type],
    textType,
    { call: formatTypeByOid },
    { strict: false, volatility: 'stable' },
  ),
  defineFunction('pg_get_expr', [textType, oidType], textType, { call: (text: string) => text }, stable),
  defineFunction('pg_typeof', [{ kind: 'any' }], { kind: 'regtype' }, { prepare: typeOf }, anyArgument),
]
