/** Definitions as SHOW CREATE and stream_catalog print them: the values of secret options are left out. */

import { isSecret } from '../../connectors/options.ts'
import type { CatalogObject } from './catalog-object.ts'

const option = /("(?:[^"]|"")+"|[a-z_][\w$.]*)(\s*=\s*)(?:[eE]?'(?:[^'\\]|\\.|'')*'|\$(\w*)\$.*?\$\3\$)/gis

/** Only sources and sinks have options; the text of a view is a query. */
export function shownDefinition(entry: CatalogObject): string {
  const { definition } = entry.object
  const isConnector = entry.kind === 'sink' || (entry.kind === 'relation' && entry.object.kind === 'source')
  if (!isConnector) return definition
  return definition.replaceAll(option, (text: string, name: string, equals: string) => {
    return isSecret(name.replaceAll('"', '')) ? `${name}${equals}'********'` : text
  })
}
