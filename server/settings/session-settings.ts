/**
 * The values of one session's settings. Three layers, as in PostgreSQL: what the session started with (RESET
 * goes back to it), what SET changed, and what SET LOCAL changed until the transaction ends. ROLLBACK undoes
 * SET.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { SettingDefinition } from './definitions.ts'
import { allSettings, findSetting, reportedSettings } from './definitions.ts'
import { parseDurationMs } from './setting-values.ts'

/** The values at a savepoint. */
export interface SettingsMark {
  readonly session: ReadonlyMap<string, string>
  readonly local: ReadonlyMap<string, string>
}

/** What `role`, `session_authorization` and `is_superuser` depend on. */
export interface SettingsIdentity {
  isSuperuser(role: string): boolean
  /** 22023 for an unknown role, 42501 when the session may not become it. */
  checkRole(role: string, sessionAuthorization: string): void
  checkSessionAuthorization(role: string): void
}

/** RESET ALL leaves them, as PostgreSQL does. */
const identitySettings: readonly string[] = ['role', 'session_authorization']

export class SessionSettings {
  /** Called when a reported setting's value changed. */
  onReport: ((name: string, value: string) => void) | undefined
  readonly #started = new Map<string, string>()
  /** Replaced, never changed, so that BEGIN can keep it. */
  #session: ReadonlyMap<string, string> = new Map()
  #local: ReadonlyMap<string, string> = new Map()
  /** The session layer as it was at BEGIN. */
  #atBegin: ReadonlyMap<string, string> | undefined
  /** What functions see besides: current_database and the like, by lower-case name. */
  readonly #facts: ReadonlyMap<string, string>
  readonly #identity: SettingsIdentity
  /** Values that were asked for, until something changes. */
  readonly #known = new Map<string, string>()
  #asMap: ReadonlyMap<string, string> | undefined
  #searchPath: readonly string[] | undefined

  /**
   * `initial`: start-up values by name, checked like SET; fixed settings may be given too (by the server
   * itself).
   */
  constructor(
    initial: Iterable<readonly [string, string]>,
    facts: ReadonlyMap<string, string>,
    identity: SettingsIdentity,
  ) {
    this.#facts = facts
    this.#identity = identity
    for (const [name, value] of initial) {
      const definition = this.#definition(name)
      const parsed = definition.parse(definition.name, value)
      this.#checkIdentity(definition, parsed)
      this.#started.set(definition.name, parsed)
      this.#changed()
    }
  }

  /** The role whose rights statements have: SET ROLE's, or the session's own. */
  get currentUser(): string {
    const role = this.get('role')
    return role === 'none' ? this.get('session_authorization') : role
  }

  /** The value as SHOW prints it; 42704 for an unknown name. */
  get(name: string): string {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const definition = this.#definition(name)
    const value = this.#value(definition)
    if (value === undefined) throw unknownSetting(name)
    // Whether somebody is a superuser does not depend on settings alone.
    const { name: canonical } = definition
    if (name === canonical && canonical !== 'is_superuser') this.#known.set(name, value)
    return value
  }

  /** Milliseconds of a duration setting. */
  milliseconds(name: string): number {
    const text = this.get(name)
    return text === '0' ? 0 : (parseDurationMs(text) ?? 0)
  }

  has(name: string): boolean {
    const definition = findSetting(name)
    return definition !== undefined && this.#value(definition) !== undefined
  }

  /** SET name = value; undefined = DEFAULT. `local`: until the end of the transaction. */
  set(name: string, value: string | undefined, local: boolean): void {
    const definition = this.#definition(name)
    if (definition.fixed) {
      throw new SqlError(SqlState.cantChangeRuntimeParam, `parameter "${definition.name}" cannot be changed`)
    }
    this.#keepOfTransaction(definition)
    const after =
      value === undefined
        ? this.#startValue(definition)
        : definition.parse(definition.name, value, this.#value(definition))
    if (identitySettings.includes(definition.name)) {
      this.#setIdentity(definition, after ?? definition.initial, local)
      return
    }
    const before = this.#value(definition)
    this.#local = without(this.#local, definition.name)
    if (after === undefined) this.#session = without(this.#session, definition.name)
    else if (local) this.#local = new Map([...this.#local, [definition.name, after]])
    else this.#session = new Map([...this.#session, [definition.name, after]])
    this.#changed()
    if (definition.report && after !== undefined && after !== before) this.onReport?.(definition.name, after)
  }

  /** SET ROLE and SET SESSION AUTHORIZATION; the latter ends the former. */
  #setIdentity(definition: SettingDefinition, value: string, local: boolean): void {
    this.#checkIdentity(definition, value)
    const gone = definition.name === 'role' ? ['role'] : identitySettings
    const kept = [...this.#local].filter(([name]) => !gone.includes(name))
    const none = [
      ['role', 'none'],
      [definition.name, value],
    ] as const
    if (local) this.#replace(this.#session, new Map([...kept, ...none]))
    else this.#replace(new Map([...this.#session, ...none]), new Map(kept))
  }

  /** RESET ALL. What belongs to the transaction stays. */
  resetAll(): void {
    for (const definition of allSettings) this.#keepOfTransaction(definition)
    const isKept = ([name]: readonly [string, string]) => {
      return name.startsWith('transaction_') || identitySettings.includes(name)
    }
    const session = [...this.#session].filter(([name]) => identitySettings.includes(name))
    this.#replace(new Map(session), new Map([...this.#local].filter(isKept)))
  }

  mark(): SettingsMark {
    return { session: this.#session, local: this.#local }
  }

  /** ROLLBACK TO. */
  restore({ session, local }: SettingsMark): void {
    if (session !== this.#session || local !== this.#local) this.#replace(session, local)
  }

  /** A transaction begins; no effect inside one. */
  begin(): void {
    this.#atBegin ??= this.#session
  }

  /** SET LOCAL ends; SET stays on commit and goes on rollback. */
  end(committed: boolean): void {
    if (this.#atBegin === undefined) return
    const session = committed ? this.#session : this.#atBegin
    this.#atBegin = undefined
    if (session !== this.#session || this.#local.size > 0) this.#replace(session, new Map())
  }

  /** Names and values for SHOW ALL. */
  entries(): readonly (readonly [string, string])[] {
    return allSettings.map(definition => [definition.name, this.get(definition.name)])
  }

  /** What expressions may read, keyed by lower-case name; the same object until something changes. */
  asMap(): ReadonlyMap<string, string> {
    if (this.#asMap === undefined) {
      const map = new Map(this.#facts)
        .set('current_user', this.currentUser)
        .set('session_user', this.get('session_authorization'))
      for (const definition of allSettings) map.set(definition.name.toLowerCase(), this.get(definition.name))
      for (const layer of [this.#started, this.#session, this.#local]) {
        for (const [name, value] of layer) map.set(name.toLowerCase(), value)
      }
      this.#asMap = map
    }
    return this.#asMap
  }

  /**
   * The schemas in which unqualified names are looked up, first one first; new objects go to the first that
   * exists.
   */
  searchPath(): readonly string[] {
    if (this.#searchPath === undefined) {
      const names = splitIdentifiers(this.get('search_path'))
      this.#searchPath = names.map(name => (name === '$user' ? this.currentUser : name))
    }
    return this.#searchPath
  }

  #definition(name: string): SettingDefinition {
    const definition = findSetting(name)
    if (definition === undefined) throw unknownSetting(name)
    return definition
  }

  #checkIdentity(definition: SettingDefinition, value: string): void {
    if (definition.name === 'role') this.#identity.checkRole(value, this.get('session_authorization'))
    if (definition.name === 'session_authorization') this.#identity.checkSessionAuthorization(value)
  }

  #value(definition: SettingDefinition): string | undefined {
    if (definition.name === 'is_superuser') {
      return this.#identity.isSuperuser(this.currentUser) ? 'on' : 'off'
    }
    return (
      this.#local.get(definition.name) ?? this.#session.get(definition.name) ?? this.#startValue(definition)
    )
  }

  #startValue(definition: SettingDefinition): string | undefined {
    const started = this.#started.get(definition.name)
    if (started !== undefined) return started
    const followed = followedSetting(definition)
    if (followed !== undefined) return this.#value(followed)
    return definition.name.includes('.') ? undefined : definition.initial
  }

  /** A new default_transaction_… is for transactions to come: the one that runs keeps its own. */
  #keepOfTransaction({ name }: SettingDefinition): void {
    if (this.#atBegin === undefined || !name.startsWith('default_transaction_')) return
    const own = name.slice('default_'.length)
    if (!this.#local.has(own)) this.#local = new Map([...this.#local, [own, this.get(own)]])
  }

  #replace(session: ReadonlyMap<string, string>, local: ReadonlyMap<string, string>): void {
    const before = reportedSettings.map(definition => this.#value(definition))
    this.#session = session
    this.#local = local
    this.#changed()
    reportedSettings.forEach((definition, index) => {
      const after = this.#value(definition)
      if (after !== undefined && after !== before[index]) this.onReport?.(definition.name, after)
    })
  }

  #changed(): void {
    this.#known.clear()
    this.#asMap = undefined
    this.#searchPath = undefined
  }
}

/** transaction_… is what default_transaction_… says until a transaction sets its own. */
function followedSetting({ name }: SettingDefinition): SettingDefinition | undefined {
  return name.startsWith('transaction_') ? findSetting(`default_${name}`) : undefined
}

function without(map: ReadonlyMap<string, string>, name: string): ReadonlyMap<string, string> {
  return map.has(name) ? new Map([...map].filter(([key]) => key !== name)) : map
}

export function unknownSetting(name: string): SqlError {
  return new SqlError(SqlState.undefinedObject, `unrecognized configuration parameter "${name}"`)
}

/** The names of a comma-separated list: unquoted ones folded to lower case. */
export function splitIdentifiers(list: string): readonly string[] {
  const names: string[] = []
  for (const match of list.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)) {
    const quoted = match[1]
    names.push(quoted === undefined ? match[2]!.toLowerCase() : quoted.replaceAll('""', '"'))
  }
  return names
}
