/** regtype's text form: the type's SQL name for an OID of ours, else the number. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { type DataType, formatType, typeFromOid } from '../../planner/types.ts'
import { parseOid } from './integer-text.ts'

/** Types have OIDs below this. */
const OID_MAX = 5000

const oidsByName = new Map<string, number>()
for (let oid = 1; oid < OID_MAX; oid++) {
  const type = typeFromOid(oid)
  if (type === undefined) continue
  oidsByName.set(shortName(type), oid)
  oidsByName.set(formatType(type), oid)
}

export function formatRegtype(oid: number): string {
  if (oid === 0) return '-'
  const type = typeFromOid(oid)
  return type === undefined ? String(oid) : formatType(type)
}

export function parseRegtype(text: string): number {
  const name = text.trim()
  if (name === '-') return 0
  if (/^\d+$/.test(name)) return parseOid(name)
  const oid = oidsByName.get(name.toLowerCase().replace(/^pg_catalog\./, ''))
  if (oid === undefined) throw new SqlError(SqlState.undefinedObject, `type "${name}" does not exist`)
  return oid
}

/** `int4`, `int4[]`. */
function shortName(type: DataType): string {
  return type.kind === 'array' ? `${shortName(type.element)}[]` : type.kind
}
