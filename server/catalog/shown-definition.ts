/** Definitions as SHOW CREATE and stream_catalog print them: the values of secret options are left out. */

import { redactSecrets } from '../auth/redact-secrets.ts'
import type { CatalogObject } from './catalog-object.ts'

/** Only sources and sinks have options; the text of a view is a query. */
export function shownDefinition(entry: CatalogObject): string {
  const { definition } = entry.object
  const isConnector = entry.kind === 'sink' || (entry.kind === 'relation' && entry.object.kind === 'source')
  return isConnector ? redactSecrets(definition) : definition
}
