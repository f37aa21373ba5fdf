/**
 * Before the first message: encryption requests (answered `N`), cancel requests, the start-up packet and its
 * parameters.
 */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import { decodeClientText } from '../encoding/client-text.ts'

export const SSL_REQUEST = 80877103
export const GSSENC_REQUEST = 80877104
const CANCEL_REQUEST = 80877102
const PROTOCOL_MAJOR = 3
/** The newest minor version we speak; a client that asks for more is told so. */
export const PROTOCOL_MINOR = 2

export type StartupPacket =
  | { readonly kind: 'encryption'; readonly request: 'ssl' | 'gss' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: Buffer }
  | { readonly kind: 'startup'; readonly startup: Startup }

/** Who connects and with which settings. */
export interface Startup {
  readonly user: string
  /** Defaults to the user's name. */
  readonly database: string
  /** Every other parameter, those of `options` (`-c name=value`) included, in order. */
  readonly settings: ReadonlyMap<string, string>
  readonly minorVersion: number
  /** `_pq_.` options, none of which we know. */
  readonly unknownOptions: readonly string[]
}

/**
 * Reads the body of a start-up frame. 08P01, 0A000 and 28000 as PostgreSQL's ProcessStartupPacket words them.
 * Each kind of encryption may be asked for once: `refused` are those that were.
 */
export function readStartup(body: Buffer, refused: ReadonlySet<'ssl' | 'gss'>): StartupPacket {
  const request = body.readInt32BE(0)
  if (request === SSL_REQUEST && !refused.has('ssl')) return { kind: 'encryption', request: 'ssl' }
  if (request === GSSENC_REQUEST && !refused.has('gss')) return { kind: 'encryption', request: 'gss' }
  if (request === CANCEL_REQUEST) {
    if (body.length < 12) throw fatal(SqlState.protocolViolation, 'invalid length of startup packet')
    return { kind: 'cancel', processId: body.readInt32BE(4), secret: body.subarray(8) }
  }
  const major = request >>> 16
  if (major !== PROTOCOL_MAJOR) {
    throw fatal(
      SqlState.featureNotSupported,
      `unsupported frontend protocol ${major}.${request & 0xffff}: ` +
        `server supports 3.0 to 3.${PROTOCOL_MINOR}`,
    )
  }
  return { kind: 'startup', startup: toStartup(readParameters(body.subarray(4)), request & 0xffff) }
}

function readParameters(body: Buffer): Map<string, string> {
  const parameters = new Map<string, string>()
  let at = 0
  while (at < body.length && body[at] !== 0) {
    const nameEnd = body.indexOf(0, at)
    const valueEnd = nameEnd < 0 ? -1 : body.indexOf(0, nameEnd + 1)
    if (valueEnd < 0) break
    // No encoding is agreed on yet: names and settings are the server's text.
    const name = decodeClientText(body.subarray(at, nameEnd), 'UTF8')
    parameters.set(name, decodeClientText(body.subarray(nameEnd + 1, valueEnd), 'UTF8'))
    at = valueEnd + 1
  }
  if (at !== body.length - 1 || body[at] !== 0) {
    throw fatal(SqlState.protocolViolation, 'invalid startup packet layout: expected terminator as last byte')
  }
  return parameters
}

function toStartup(parameters: Map<string, string>, minorVersion: number): Startup {
  const user = parameters.get('user') ?? ''
  if (user === '') {
    throw fatal(
      SqlState.invalidAuthorizationSpecification,
      'no PostgreSQL user name specified in startup packet',
    )
  }
  const replication = parameters.get('replication')
  if (replication !== undefined && !['false', 'off', 'no', '0'].includes(replication)) {
    throw notSupported('replication', { severity: 'FATAL' })
  }
  const settings = new Map<string, string>()
  const unknownOptions: string[] = []
  for (const [name, value] of parameters) {
    if (name === 'options') for (const [key, text] of readOptions(value)) settings.set(key, text)
    else if (name.startsWith('_pq_.')) unknownOptions.push(name)
    else if (name !== 'user' && name !== 'database' && name !== 'replication') settings.set(name, value)
  }
  return { user, database: parameters.get('database') || user, settings, minorVersion, unknownOptions }
}

/** `-c name=value` and `--name=value`, with backslash-escaped blanks, as in a postgres command line. */
function readOptions(text: string): [string, string][] {
  const words = (text.match(/(?:\\.|[^\s\\])+/gsu) ?? []).map(word => word.replace(/\\(.)/gsu, '$1'))
  const settings: [string, string][] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const assignment = word === '-c' ? (words[++index] ?? '') : word.replace(/^(?:--|-c)/u, '')
    const equals = assignment.indexOf('=')
    if (assignment === word || equals <= 0) {
      throw fatal(SqlState.syntaxError, `invalid command-line argument for server process: ${word}`)
    }
    settings.push([assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1)])
  }
  return settings
}

function fatal(code: SqlState, message: string): SqlError {
  return new SqlError(code, message, { severity: 'FATAL' })
}
