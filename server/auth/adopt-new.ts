/** The owner of what DDL makes. */

import type { CatalogSnapshot } from '../catalog/catalog-snapshot.ts'
import type { CatalogStore } from '../catalog/catalog-store.ts'
import type { AccessKey } from './access-store.ts'
import type { ObjectAccess } from './acl.ts'
import type { Role } from './role.ts'

/** Records who made what a statement added, with the privileges that its new objects start with. */
export function adoptNew(store: CatalogStore, before: CatalogSnapshot, owner: Role): void {
  const { snapshot, access } = store
  const made: (readonly [AccessKey, ObjectAccess])[] = []
  for (const entry of snapshot.objects()) {
    const { id, schemaName } = entry.object
    if (before.object(id) !== undefined) continue
    made.push([id, access.initial(owner.id, entry.kind === 'sink' ? undefined : entry.kind, schemaName)])
  }
  for (const name of snapshot.schemas()) {
    if (!before.hasSchema(name)) made.push([name, access.initial(owner.id, 'schema', '')])
  }
  if (made.length > 0) store.setAccess(access.with(made))
}
