/**
 * The settings (GUCs) a session has: name as SHOW prints it, default, and how a value is checked. A newcomer
 * adds a setting here. PostgreSQL's are those that clients were seen to use; RisingWave's tuning variables
 * are accepted and have no effect.
 */

import { SERVER_VERSION, SERVER_VERSION_NUM } from '../../executor/functions/server-version.ts'
import { clientEncoding } from '../encoding/encoding-names.ts'
import { dateStyle } from './date-style.ts'
import type { SettingParser } from './setting-values.ts'
import { anyText, asciiText, bool, duration, integer, oneOf, only } from './setting-values.ts'
import { timeZone } from './time-zone-value.ts'

export interface SettingDefinition {
  readonly name: string
  readonly initial: string
  readonly parse: SettingParser
  /** Changes are told to the client (ParameterStatus). */
  readonly report: boolean
  /** Cannot be set by a session. */
  readonly fixed: boolean
  /** Fixed, but chosen when the database starts. */
  readonly startOnly: boolean
}

function reported(name: string, initial: string, parse: SettingParser): SettingDefinition {
  return { name, initial, parse, report: true, fixed: false, startOnly: false }
}

function plain(name: string, initial: string, parse: SettingParser): SettingDefinition {
  return { name, initial, parse, report: false, fixed: false, startOnly: false }
}

function fixed(name: string, initial: string, report = false): SettingDefinition {
  return { name, initial, parse: anyText, report, fixed: true, startOnly: false }
}

const isolation = oneOf('serializable', 'repeatable read', 'read committed', 'read uncommitted')
const onOff = oneOf('on', 'off')

const postgres: readonly SettingDefinition[] = [
  reported('application_name', '', asciiText),
  reported('client_encoding', 'UTF8', clientEncoding),
  reported('DateStyle', 'ISO, MDY', dateStyle),
  reported('default_transaction_read_only', 'off', bool),
  reported('IntervalStyle', 'postgres', oneOf('postgres', 'postgres_verbose', 'sql_standard', 'iso_8601')),
  reported(
    'standard_conforming_strings',
    'on',
    only(bool, value => value === 'on'),
  ),
  reported('TimeZone', 'UTC', timeZone),
  fixed('in_hot_standby', 'off', true),
  fixed('integer_datetimes', 'on', true),
  fixed('is_superuser', 'on', true),
  fixed('server_encoding', 'UTF8', true),
  fixed('server_version', SERVER_VERSION, true),
  reported('session_authorization', 'root', anyText),
  fixed('server_version_num', SERVER_VERSION_NUM),
  fixed('max_index_keys', '32'),
  fixed('max_identifier_length', '63'),
  fixed('block_size', '8192'),
  fixed('lc_collate', 'C'),
  fixed('lc_ctype', 'C.UTF-8'),
  { name: 'epoch_max', initial: '100ms', parse: duration, report: false, fixed: true, startOnly: true },
  plain('backslash_quote', 'safe_encoding', oneOf('safe_encoding', 'on', 'off')),
  plain('bytea_output', 'hex', oneOf('escape', 'hex')),
  plain('check_function_bodies', 'on', bool),
  plain(
    'client_min_messages',
    'notice',
    oneOf('debug5', 'debug4', 'debug3', 'debug2', 'debug1', 'log', 'notice', 'warning', 'error'),
  ),
  plain('default_table_access_method', 'heap', anyText),
  plain('default_tablespace', '', anyText),
  plain('default_transaction_isolation', 'read committed', isolation),
  plain('default_transaction_deferrable', 'off', bool),
  plain('escape_string_warning', 'on', bool),
  plain('extra_float_digits', '1', integer(-15, 3)),
  plain('idle_in_transaction_session_timeout', '1min', duration),
  plain('idle_session_timeout', '0', duration),
  plain('jit', 'off', bool),
  plain('lc_messages', 'C', anyText),
  plain('lc_monetary', 'C', anyText),
  plain('lc_numeric', 'C', anyText),
  plain('lc_time', 'C', anyText),
  plain('lock_timeout', '0', duration),
  plain('password_encryption', 'scram-sha-256', oneOf('scram-sha-256', 'md5')),
  plain('quote_all_identifiers', 'off', bool),
  plain('role', 'none', anyText),
  plain('row_security', 'on', bool),
  plain('search_path', '"$user", public', anyText),
  plain('session_replication_role', 'origin', oneOf('origin', 'replica', 'local')),
  plain('statement_timeout', '0', duration),
  plain('synchronize_seqscans', 'on', bool),
  plain('synchronous_commit', 'on', anyText),
  plain('transaction_deferrable', 'off', bool),
  plain('transaction_isolation', 'read committed', isolation),
  plain('transaction_read_only', 'off', bool),
  plain('work_mem', '4MB', anyText),
  plain('xmloption', 'content', oneOf('content', 'document')),
]

/** Accepted, shown, without effect. */
const risingWave: readonly SettingDefinition[] = [
  plain('background_ddl', 'off', bool),
  plain('backfill_rate_limit', 'default', anyText),
  plain('batch_enable_distributed_dml', 'off', bool),
  plain('batch_expr_strict_mode', 'on', bool),
  plain('batch_parallelism', 'default', anyText),
  plain('bypass_cluster_limits', 'off', bool),
  plain('cdc_source_wait_streaming_start_timeout', '30', anyText),
  plain('create_compaction_group_for_mv', 'off', onOff),
  plain('dml_rate_limit', 'default', anyText),
  plain('enable_join_ordering', 'on', bool),
  plain('enable_share_plan', 'on', bool),
  plain('enable_two_phase_agg', 'on', bool),
  plain('implicit_flush', 'off', bool),
  plain('max_split_range_gap', '8', anyText),
  plain('query_epoch', '0', anyText),
  plain('query_mode', 'auto', oneOf('auto', 'local', 'distributed')),
  plain('sink_decouple', 'default', anyText),
  plain('sink_rate_limit', 'default', anyText),
  plain('source_rate_limit', 'default', anyText),
  plain('visibility_mode', 'default', oneOf('default', 'all', 'checkpoint')),
  plain('rw_implicit_flush', 'off', bool),
]

const byName: ReadonlyMap<string, SettingDefinition> = new Map(
  [...postgres, ...risingWave].map(definition => [definition.name.toLowerCase(), definition]),
)

/** The definition of a setting, in any case; undefined for an unknown one. */
export function findSetting(name: string): SettingDefinition | undefined {
  const key = name.toLowerCase()
  const known = byName.get(settingAliases.get(key) ?? key)
  if (known !== undefined) return known
  // RisingWave has dozens of these and adds more with every release.
  if (/^(rw|streaming|batch)_[a-z0-9_]+$/.test(key)) return plain(key, 'default', anyText)
  // PostgreSQL's placeholders of extensions: any two-part name.
  if (/^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)+$/.test(key)) return plain(key, '', anyText)
  return undefined
}

const settingAliases: ReadonlyMap<string, string> = new Map([
  ['time zone', 'timezone'],
  ['names', 'client_encoding'],
])

/** Every setting that is always there, by name, for SHOW ALL. */
export const allSettings: readonly SettingDefinition[] = [...byName.values()].sort((left, right) =>
  left.name.toLowerCase() < right.name.toLowerCase() ? -1 : 1,
)

/** Those whose changes the client is told of. */
export const reportedSettings: readonly SettingDefinition[] = allSettings.filter(
  definition => definition.report,
)
