/**
 * Limits by their names in the configuration: `[limits]` in the file, `--limit name=value`, MILLRACE_LIMITS.
 * What PostgreSQL has too is called as there. Sizes are whole bytes or `16MB` (KB, MB, GB of 1024), times
 * `30s`, `500ms` or `1min`.
 */

import type { DatabaseLimits } from './database-limits.ts'
import type { WireLimits } from './pgwire/limits.ts'
import { parseDurationMs } from './settings/setting-values.ts'

/** Of connections and messages, and of sessions and statements. */
export type ServerLimits = WireLimits & DatabaseLimits

/** A name that is no limit, or a value that is none; `message` says which. */
export class LimitError extends Error {}

interface LimitOption {
  readonly key: keyof ServerLimits
  readonly unit: 'count' | 'bytes' | 'time'
  readonly least: number
}

const options: Readonly<Record<string, LimitOption>> = {
  max_connections: { key: 'connectionsMax', unit: 'count', least: 1 },
  superuser_reserved_connections: { key: 'connectionsReserved', unit: 'count', least: 0 },
  max_connections_per_user: { key: 'connectionsPerUserMax', unit: 'count', least: 1 },
  max_pending_connections: { key: 'pendingConnectionsMax', unit: 'count', least: 1 },
  authentication_timeout: { key: 'startupTimeoutMs', unit: 'time', least: 1 },
  max_startup_size: { key: 'startupBytesMax', unit: 'bytes', least: 8 },
  max_password_size: { key: 'passwordBytesMax', unit: 'bytes', least: 256 },
  max_query_size: { key: 'queryBytesMax', unit: 'bytes', least: 1024 },
  max_bind_size: { key: 'bindBytesMax', unit: 'bytes', least: 1024 },
  max_copy_data_size: { key: 'copyDataBytesMax', unit: 'bytes', least: 1024 },
  max_message_size: { key: 'messageBytesMax', unit: 'bytes', least: 1024 },
  max_unread_input: { key: 'inputBytesMax', unit: 'bytes', least: 1024 },
  max_in_flight_size: { key: 'inFlightBytesMax', unit: 'bytes', least: 1024 },
  small_message_size: { key: 'smallMessageBytes', unit: 'bytes', least: 1024 },
  max_unsent_output: { key: 'outputBytesMax', unit: 'bytes', least: 1024 },
  subscription_stall_timeout: { key: 'subscriptionStallMs', unit: 'time', least: 1 },
  max_statement_size: { key: 'statementBytesMax', unit: 'bytes', least: 1024 },
  max_prepared_statements: { key: 'preparedStatementsMax', unit: 'count', least: 1 },
  max_prepared_size: { key: 'preparedBytesMax', unit: 'bytes', least: 1024 },
  max_portals: { key: 'portalsMax', unit: 'count', least: 1 },
  max_cursors: { key: 'cursorsMax', unit: 'count', least: 1 },
  max_cursor_size: { key: 'cursorBytesMax', unit: 'bytes', least: 1024 },
  max_value_size: { key: 'valueBytesMax', unit: 'bytes', least: 1024 },
  max_query_memory: { key: 'queryMemoryMax', unit: 'bytes', least: 1024 },
  max_transaction_memory: { key: 'transactionMemoryMax', unit: 'bytes', least: 1024 },
  max_work_memory: { key: 'workMemoryMax', unit: 'bytes', least: 1024 },
  max_subscription_backlog: { key: 'subscriptionBytesMax', unit: 'bytes', least: 1024 },
  max_notification_backlog: { key: 'notificationBytesMax', unit: 'bytes', least: 1024 },
  max_cancels_per_second: { key: 'cancelsPerSecondMax', unit: 'count', least: 1 },
}

/** What timers can take, and more than there is. */
const most: Readonly<Record<LimitOption['unit'], number>> = {
  count: 2 ** 31 - 1,
  time: 2 ** 31 - 1,
  bytes: 2 ** 40,
}
const unitBytes: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }

/** The limit of that name with its value, ready to be spread. */
export function readLimit(name: string, text: string): Partial<ServerLimits> {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) {
    throw new LimitError(`"${name}" is no limit; the limits are ${Object.keys(options).join(', ')}`)
  }
  const value = parsers[option.unit](text)
  if (value !== undefined && value >= option.least && value <= most[option.unit])
    return { [option.key]: value }
  throw new LimitError(
    `"${text}" is no value for ${name}: ${examples[option.unit]}, at least ${option.least}`,
  )
}

/** The rules between limits. */
export function checkLimits({ connectionsMax, connectionsReserved }: WireLimits): void {
  if (connectionsReserved < connectionsMax) return
  throw new LimitError(
    `superuser_reserved_connections (${connectionsReserved}) must be less than ` +
      `max_connections (${connectionsMax})`,
  )
}

const parsers: Readonly<Record<LimitOption['unit'], (text: string) => number | undefined>> = {
  count: text => (/^\d+$/.test(text) ? Number(text) : undefined),
  time: parseDurationMs,
  bytes: text => {
    const match = /^(\d+)\s*(B|KB|MB|GB)?$/i.exec(text)
    return match === null ? undefined : Number(match[1]) * unitBytes[(match[2] ?? 'B').toUpperCase()]!
  },
}

const examples: Readonly<Record<LimitOption['unit'], string>> = {
  count: 'a whole number',
  time: 'a time such as 30s (milliseconds without unit)',
  bytes: 'a size such as 16MB (bytes without unit)',
}
