/**
 * Owners and privileges of everything in the catalog, and what objects to come start with. Immutable: each
 * change gives another one.
 */

import { type AclItem, type AclKind, builtInAcl, type ObjectAccess, systemAccess } from './acl.ts'
import { ROOT_ROLE_ID } from './role.ts'

/** The id of a relation, sink or model, or the name of a schema. */
export type AccessKey = number | string

const rootOnly: ObjectAccess = { owner: ROOT_ROLE_ID, acl: [] }

export class AccessStore {
  readonly #objects: ReadonlyMap<AccessKey, ObjectAccess>
  /** By role, kind and schema (empty = every one). */
  readonly #defaults: ReadonlyMap<string, readonly AclItem[]>

  constructor(
    objects: ReadonlyMap<AccessKey, ObjectAccess> = new Map([['public', systemAccess('USAGE')]]),
    defaults: ReadonlyMap<string, readonly AclItem[]> = new Map(),
  ) {
    this.#objects = objects
    this.#defaults = defaults
  }

  /** What nobody was recorded for belongs to root alone. */
  get(key: AccessKey): ObjectAccess {
    return this.#objects.get(key) ?? rootOnly
  }

  entries(): Iterable<readonly [AccessKey, ObjectAccess]> {
    return this.#objects.entries()
  }

  with(changed: Iterable<readonly [AccessKey, ObjectAccess]>): AccessStore {
    return new AccessStore(new Map([...this.#objects, ...changed]), this.#defaults)
  }

  without(keys: Iterable<AccessKey>): AccessStore {
    const left = new Map(this.#objects)
    for (const key of keys) left.delete(key)
    return new AccessStore(left, this.#defaults)
  }

  defaults(owner: number, kind: AclKind, schema: string): readonly AclItem[] {
    const builtIn = schema === '' ? builtInAcl(kind, owner) : []
    return this.#defaults.get(`${owner} ${kind} ${schema}`) ?? builtIn
  }

  withDefaults(owner: number, kind: AclKind, schema: string, acl: readonly AclItem[]): AccessStore {
    return new AccessStore(this.#objects, new Map([...this.#defaults, [`${owner} ${kind} ${schema}`, acl]]))
  }

  /** Whether default privileges name a role, or are those of its objects. */
  hasDefaultsOf(role: number): boolean {
    return [...this.#defaults].some(([key, acl]) => {
      return acl.length > 0 && (key.startsWith(`${role} `) || acl.some(item => item.grantee === role))
    })
  }

  /** What a new object of `owner` starts with. */
  initial(owner: number, kind: AclKind | undefined, schema: string): ObjectAccess {
    if (kind === undefined) return { owner, acl: [] }
    const everywhere = this.defaults(owner, kind, '')
    return {
      owner,
      acl: kind === 'schema' ? everywhere : [...everywhere, ...this.defaults(owner, kind, schema)],
    }
  }
}
