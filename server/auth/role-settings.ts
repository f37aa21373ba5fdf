/**
 * Settings that sessions start with by ALTER ROLE … SET and ALTER DATABASE … SET. Immutable: each change
 * gives another one.
 */

/** Whose sessions a setting is for. */
export interface SettingScope {
  /** EVERY_ROLE = those of all roles. */
  readonly role: number
  /** Given with a database; there is only one. */
  readonly inDatabase: boolean
}

export const EVERY_ROLE = 0

type Values = ReadonlyMap<string, string>

export class RoleSettings {
  readonly #scopes: ReadonlyMap<string, Values>

  constructor(scopes: ReadonlyMap<string, Values> = new Map()) {
    this.#scopes = scopes
  }

  /** undefined = RESET. */
  with(scope: SettingScope, name: string, value: string | undefined): RoleSettings {
    const values = new Map(this.#scopes.get(keyOf(scope)))
    if (value === undefined) values.delete(name)
    else values.set(name, value)
    return new RoleSettings(new Map([...this.#scopes, [keyOf(scope), values]]))
  }

  /** RESET ALL, and what DROP ROLE takes along. */
  without(scope: SettingScope): RoleSettings {
    return new RoleSettings(new Map([...this.#scopes].filter(([key]) => key !== keyOf(scope))))
  }

  /** What a session of the role starts with: the closer the scope, the later it comes. */
  forLogin(role: number): Values {
    const scopes = [EVERY_ROLE, role].flatMap(id =>
      [false, true].map(inDatabase => ({ role: id, inDatabase })),
    )
    return new Map(scopes.flatMap(scope => [...(this.#scopes.get(keyOf(scope)) ?? [])]))
  }
}

function keyOf({ role, inDatabase }: SettingScope): string {
  return `${role} ${inDatabase}`
}
