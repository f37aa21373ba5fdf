/**
 * The configuration of `millrace start` and `millrace demo`, and the only reader of flags, MILLRACE_*
 * variables and the TOML file. All three name the same options, but roles and host rules are in the file
 * alone and passwords are never flags; flags win over the environment, the environment over the file. An
 * unknown key is an error.
 */

import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { parse as parseToml, TomlError } from 'smol-toml'
import { type HbaRule, type IdentEntry, isLoopback, openRules } from './auth/hba.ts'
import type { InitialRole } from './auth/initial-roles.ts'
import { checkLimits, LimitError, readLimit, type ServerLimits } from './config-limits.ts'
import { readHostRules, readIdentities, readRoles, showRule, TableError } from './config-tables.ts'
import { wireLimits } from './pgwire/limits.ts'
import type { TlsFiles } from './pgwire/tls-upgrade.ts'

export interface Config {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  readonly logLevel: LogLevel
  /** Settings of sessions, and epoch_max. */
  readonly settings: Readonly<Record<string, string>>
  /** Roles that exist from the start. */
  readonly roles: readonly InitialRole[]
  /** undefined = the default ones. */
  readonly hostRules: readonly HbaRule[] | undefined
  /** Maps from names in certificates to users. */
  readonly identities: readonly IdentEntry[]
  readonly tls: TlsFiles | undefined
  /** Directory of a Unix socket to listen on besides. */
  readonly socketDir: string | undefined
  /** Those that are not the default ones. */
  readonly limits: Partial<ServerLimits>
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** One clear line for the user. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigError'
  }
}

/** What to do: a command with its configuration, or a text to print. */
export type Invocation =
  | { readonly kind: 'start' | 'demo'; readonly config: Config }
  | { readonly kind: 'print'; readonly text: string }

/** Reads arguments (without node and script), environment and file. Throws ConfigError. */
export function readInvocation(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  version: string,
): Invocation {
  let printed = ''
  let invocation: Invocation | undefined
  const program = commandLine(version, (kind, given) => {
    invocation = { kind, config: readConfig(given, environment) }
  })
  const onPrint = (text: string) => {
    printed += text
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: onPrint, writeErr: () => {} })
  }
  if (args.length === 0) return { kind: 'print', text: program.helpInformation() }
  try {
    program.parse([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', text: printed }
    throw new ConfigError(oneLine(error.message))
  }
  return invocation ?? { kind: 'print', text: program.helpInformation() }
}

/** Options as given in one place, before defaults. */
interface GivenOptions {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly memory?: boolean | undefined
  readonly logLevel?: LogLevel | undefined
  readonly config?: string | undefined
  readonly settings?: Readonly<Record<string, string>> | undefined
  readonly limits?: Partial<ServerLimits> | undefined
  readonly socketDir?: string | undefined
  readonly sslCertFile?: string | undefined
  readonly sslKeyFile?: string | undefined
  readonly sslCaFile?: string | undefined
  readonly sslMinProtocolVersion?: TlsFiles['minVersion'] | undefined
  /** Never a flag: those can be seen by every user of the machine. */
  readonly rootPassword?: string | undefined
  readonly roles?: readonly InitialRole[] | undefined
  readonly hostRules?: readonly HbaRule[] | undefined
  readonly identities?: readonly IdentEntry[] | undefined
}

/** Flags that may be given more than once. */
interface FlagLists {
  readonly set?: Readonly<Record<string, string>>
  readonly limit?: Partial<ServerLimits>
}

type Run = (kind: 'start' | 'demo', given: GivenOptions) => void

function commandLine(version: string, run: Run): Command {
  const program = new Command('millrace')
    .description('Millrace: a streaming SQL server that speaks the PostgreSQL protocol')
    .version(version)
  addCommand(program, 'start', 'start the server', run)
  addCommand(program, 'demo', 'start a server with live example data and watch it here', run)
  return program
}

function addCommand(program: Command, kind: 'start' | 'demo', description: string, run: Run): void {
  program
    .command(kind)
    .description(description)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port to listen on, 0 for any free one (default: 5433)', readPort)
    .option('--memory', 'keep everything in memory (the only mode so far)')
    .option('--config <file>', 'TOML file with the same options')
    .option('--log-level <level>', `${logLevels.join(', ')} (default: info)`, readLogLevel)
    .option('--set <name=value...>', 'a setting that sessions start with, or epoch_max', addSetting)
    .option('--limit <name=value...>', 'max_connections, authentication_timeout …', addLimit)
    .option('--socket-dir <directory>', 'listen on the Unix socket .s.PGSQL.<port> in it as well')
    .option('--ssl-cert-file <file>', 'certificate for TLS, PEM')
    .option('--ssl-key-file <file>', 'its private key, PEM')
    .option('--ssl-ca-file <file>', 'who signs client certificates, PEM')
    .option('--ssl-min-protocol-version <version>', 'TLSv1.2 (default) or TLSv1.3', readTlsVersion)
    .addHelpText(
      'after',
      '\nEach option may also be given as MILLRACE_HOST, MILLRACE_PORT … in the environment.' +
        '\nMILLRACE_ROOT_PASSWORD is the password of the superuser root.',
    )
    .action((options: GivenOptions & FlagLists) => {
      run(kind, { ...options, settings: options.set, limits: options.limit })
    })
}

function readConfig(flags: GivenOptions, environment: NodeJS.ProcessEnv): Config {
  const variables = readEnvironment(environment)
  const path = flags.config ?? variables.config
  const file = path === undefined ? {} : readFile(path)
  const layers: readonly GivenOptions[] = [flags, variables, file]
  const first = <K extends keyof GivenOptions>(key: K) =>
    layers.find(layer => layer[key] !== undefined)?.[key]
  if (first('memory') === false) {
    throw new ConfigError('memory = false: there is no other mode than in memory yet')
  }
  const host = first('host') ?? '127.0.0.1'
  const rootPassword = first('rootPassword')
  const root = rootPassword === undefined ? [] : [{ name: 'root', password: rootPassword }]
  const access: AccessConfig = {
    roles: [...root, ...(file.roles ?? [])],
    hostRules: file.hostRules,
    tls: tlsFiles(first),
  }
  checkHost(host, access)
  return {
    host,
    port: first('port') ?? 5433,
    logLevel: first('logLevel') ?? 'info',
    settings: { ...file.settings, ...variables.settings, ...flags.settings },
    ...access,
    identities: file.identities ?? [],
    socketDir: first('socketDir'),
    limits: checkedLimits({ ...file.limits, ...variables.limits, ...flags.limits }),
  }
}

function checkedLimits(limits: Partial<ServerLimits>): Partial<ServerLimits> {
  asConfigError(() => checkLimits(wireLimits(limits)))
  return limits
}

type AccessConfig = Pick<Config, 'roles' | 'hostRules' | 'tls'>

function tlsFiles(first: <K extends keyof GivenOptions>(key: K) => GivenOptions[K]): TlsFiles | undefined {
  const [certFile, keyFile, caFile] = [first('sslCertFile'), first('sslKeyFile'), first('sslCaFile')]
  const minVersion = first('sslMinProtocolVersion')
  if (certFile !== undefined && keyFile !== undefined) {
    return { certFile, keyFile, caFile, minVersion: minVersion ?? 'TLSv1.2' }
  }
  if ([certFile, keyFile, caFile, minVersion].every(value => value === undefined)) return undefined
  throw new ConfigError('TLS needs both ssl_cert_file and ssl_key_file')
}

/** Only this machine's own users may connect without a password. */
export function checkHost(host: string, { roles, hostRules, tls }: AccessConfig): void {
  if (tls === undefined && hostRules?.some(rule => rule.type === 'hostssl')) {
    throw new ConfigError('host rules of type hostssl need ssl_cert_file and ssl_key_file')
  }
  const asksForCertificate = (rule: HbaRule) => rule.method === 'cert' || rule.clientCertificate !== undefined
  if (tls?.caFile === undefined && hostRules?.some(asksForCertificate)) {
    throw new ConfigError('host rules with method cert or clientcert need ssl_ca_file')
  }
  if (isLoopback(host)) return
  const open = openRules(hostRules ?? [])[0]
  if (open !== undefined) {
    throw new ConfigError(
      `refusing to listen on "${host}": the host rule "${showRule(open)}" lets other machines in ` +
        'without a password; give it method scram-sha-256 or cert, or a loopback address',
    )
  }
  if (hostRules !== undefined || roles.some(role => role.password !== undefined)) return
  throw new ConfigError(
    `refusing to listen on "${host}": without passwords only loopback addresses are allowed ` +
      '(127.0.0.1, ::1); set MILLRACE_ROOT_PASSWORD, or list [[role]] and [[hba]] in the configuration file',
  )
}

const readers: Readonly<Record<string, (value: string) => GivenOptions>> = {
  host: value => ({ host: value }),
  port: value => ({ port: readPort(value) }),
  memory: value => ({ memory: readBoolean(value) }),
  log_level: value => ({ logLevel: readLogLevel(value) }),
  config: value => ({ config: value }),
  socket_dir: value => ({ socketDir: value }),
  root_password: value => ({ rootPassword: value }),
  ssl_cert_file: value => ({ sslCertFile: value }),
  ssl_key_file: value => ({ sslKeyFile: value }),
  ssl_ca_file: value => ({ sslCaFile: value }),
  ssl_min_protocol_version: value => ({ sslMinProtocolVersion: readTlsVersion(value) }),
  settings: value => ({ settings: pairs(value, addSetting) }),
  limits: value => ({ limits: pairs(value, addLimit) }),
}

function pairs<T extends object>(list: string, add: (pair: string, all: T) => T): T {
  const given = list.split(';').filter(pair => pair.trim() !== '')
  return given.reduce((all, pair) => add(pair, all), {} as T)
}

/** MILLRACE_LOG_LEVEL=debug, MILLRACE_SETTINGS="epoch_max=50ms;TimeZone=UTC". */
function readEnvironment(environment: NodeJS.ProcessEnv): GivenOptions {
  let given: GivenOptions = {}
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('MILLRACE_') || value === undefined) continue
    given = { ...given, ...readOption(name.slice('MILLRACE_'.length).toLowerCase(), value, name) }
  }
  return given
}

function readFile(path: string): GivenOptions {
  let given: GivenOptions = {}
  for (const [name, value] of Object.entries(parseFile(path))) {
    const shown = `${name} in ${path}`
    if (name === 'role') given = { ...given, roles: asConfigError(() => readRoles(value, shown)) }
    else if (name === 'hba') given = { ...given, hostRules: asConfigError(() => readHostRules(value, shown)) }
    else if (name === 'ident')
      given = { ...given, identities: asConfigError(() => readIdentities(value, shown)) }
    else if (name === 'settings') given = { ...given, settings: settingsTable(value, shown) }
    else if (name === 'limits') given = { ...given, limits: limitsTable(value, shown) }
    else if (name === 'config' || typeof value === 'object') throw new ConfigError(`unknown option ${shown}`)
    else given = { ...given, ...readOption(name, String(value), shown) }
  }
  return given
}

function asConfigError<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof TableError || error instanceof LimitError) throw new ConfigError(error.message)
    throw error
  }
}

function parseFile(path: string): Record<string, unknown> {
  try {
    return parseToml(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new ConfigError(`cannot read configuration file ${path}: ${parseErrorText(error)}`)
  }
}

/** Without the lines of the file that the parser would show: there are passwords in it. */
function parseErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [first = ''] = error.message.split('\n')
  return error instanceof TomlError ? `line ${error.line}, column ${error.column}: ${first}` : first
}

function settingsTable(value: unknown, shown: string): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`${shown} must be a table`)
  }
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
}

function limitsTable(value: unknown, shown: string): Partial<ServerLimits> {
  return asConfigError(() => {
    const entries = Object.entries(settingsTable(value, shown))
    return Object.assign({}, ...entries.map(([name, text]) => readLimit(name, text)))
  })
}

function readOption(name: string, value: string, shown: string): GivenOptions {
  const reader = Object.hasOwn(readers, name) ? readers[name] : undefined
  if (reader === undefined) throw new ConfigError(`unknown option ${shown}`)
  try {
    return reader(value)
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new ConfigError(`${shown}: ${error.message}`)
    throw error
  }
}

function readPort(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (!(port <= 65535)) throw new InvalidArgumentError(`"${value}" is no port number (0 to 65535)`)
  return port
}

function readBoolean(value: string): boolean {
  if (['true', '1', 'on'].includes(value.toLowerCase())) return true
  if (['false', '0', 'off'].includes(value.toLowerCase())) return false
  throw new InvalidArgumentError(`"${value}" is neither true nor false`)
}

function readTlsVersion(value: string): TlsFiles['minVersion'] {
  if (value === 'TLSv1.2' || value === 'TLSv1.3') return value
  throw new InvalidArgumentError(`"${value}" is not one of TLSv1.2, TLSv1.3`)
}

function readLogLevel(value: string): LogLevel {
  const level = logLevels.find(known => known === value.toLowerCase())
  if (level === undefined) throw new InvalidArgumentError(`"${value}" is not one of ${logLevels.join(', ')}`)
  return level
}

function addSetting(pair: string, settings: Record<string, string> = {}): Record<string, string> {
  const equals = pair.indexOf('=')
  if (equals <= 0) throw new InvalidArgumentError(`"${pair}" is not of the form name=value`)
  return { ...settings, [pair.slice(0, equals).trim()]: pair.slice(equals + 1).trim() }
}

function addLimit(pair: string, limits: Partial<ServerLimits> = {}): Partial<ServerLimits> {
  const [[name, value]] = Object.entries(addSetting(pair)) as [[string, string]]
  try {
    return { ...limits, ...readLimit(name, value) }
  } catch (error) {
    if (error instanceof LimitError) throw new InvalidArgumentError(error.message)
    throw error
  }
}

function oneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim()
}
