/**
 * Owners and privileges of everything in the catalog, and what objects to come start with. Immutable: each
 * change gives another one.
 */

import { type AclItem, type AclKind, builtInAcl, type ObjectAccess, systemAccess } from './acl.ts'
import { ROOT_ROLE_ID } from './role.ts'

/** The id of a relation, sink or model, or the name of a schema. */
export type AccessKey = number | string

/** ALTER DEFAULT PRIVILEGES: whose objects of which kind, in which schema ('' = in every one). */
export interface DefaultScope {
  readonly owner: number
  readonly kind: AclKind
  readonly schema: string
}

export interface DefaultAccess extends DefaultScope {
  /** Its place among the objects, in order of creation. */
  readonly oid: number
  readonly acl: readonly AclItem[]
}

const rootOnly: ObjectAccess = { owner: ROOT_ROLE_ID, acl: [] }

export class AccessStore {
  /** In order of creation. */
  readonly #objects: ReadonlyMap<AccessKey, ObjectAccess>
  readonly #defaults: ReadonlyMap<string, DefaultAccess>

  constructor(
    objects: ReadonlyMap<AccessKey, ObjectAccess> = new Map([['public', systemAccess('USAGE')]]),
    defaults: ReadonlyMap<string, DefaultAccess> = new Map(),
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

  defaults({ owner, kind, schema }: DefaultScope): readonly AclItem[] {
    return (
      this.#defaults.get(scopeKey({ owner, kind, schema }))?.acl ?? initialDefaults({ owner, kind, schema })
    )
  }

  /** Where ALTER DEFAULT PRIVILEGES made a difference. */
  allDefaults(): Iterable<DefaultAccess> {
    return this.#defaults.values()
  }

  /** `allocateOid` for those that are new. What is as if nothing was said is forgotten. */
  withDefaults(scope: DefaultScope, acl: readonly AclItem[], allocateOid: () => number): AccessStore {
    const key = scopeKey(scope)
    const defaults = new Map(this.#defaults)
    if (isSameList(acl, initialDefaults(scope))) defaults.delete(key)
    else defaults.set(key, { ...scope, acl, oid: defaults.get(key)?.oid ?? allocateOid() })
    return new AccessStore(this.#objects, defaults)
  }

  /** DROP OWNED: nothing is granted to a role or by it any more, and it has no defaults of its own. */
  withoutRole(role: number): AccessStore {
    const others = (acl: readonly AclItem[]) => {
      return acl.filter(({ grantee, grantor }) => grantee !== role && grantor !== role)
    }
    const objects = [...this.#objects].map(([key, access]) => {
      return [key, access.owner === role ? access : { ...access, acl: others(access.acl) }] as const
    })
    let changed = new AccessStore(new Map(objects), this.#defaults)
    for (const scope of this.#defaults.values()) {
      const acl = scope.owner === role ? initialDefaults(scope) : others(scope.acl)
      changed = changed.withDefaults(toScope(scope), acl, () => scope.oid)
    }
    return changed
  }

  /** What a new object of `owner` starts with. */
  initial(owner: number, kind: AclKind | undefined, schema: string): ObjectAccess {
    if (kind === undefined) return { owner, acl: [] }
    const everywhere = this.defaults({ owner, kind, schema: '' })
    return {
      owner,
      acl: kind === 'schema' ? everywhere : [...everywhere, ...this.defaults({ owner, kind, schema })],
    }
  }
}

function scopeKey({ owner, kind, schema }: DefaultScope): string {
  return `${owner} ${kind} ${schema}`
}

function toScope({ owner, kind, schema }: DefaultScope): DefaultScope {
  return { owner, kind, schema }
}

function initialDefaults({ owner, kind, schema }: DefaultScope): readonly AclItem[] {
  return schema === '' ? builtInAcl(kind, owner) : []
}

function isSameList(left: readonly AclItem[], right: readonly AclItem[]): boolean {
  const keys = (acl: readonly AclItem[]) =>
    new Set(acl.map(item => JSON.stringify(Object.entries(item).sort())))
  const [all, others] = [keys(left), keys(right)]
  return all.size === others.size && [...all].every(key => others.has(key))
}
