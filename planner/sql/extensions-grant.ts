/** GRANT, REVOKE and OWNER TO for the kinds of objects that only we have: models, sources and sinks. */

import type { AlterOwnerStatement, GrantStatement, GrantTarget } from './ast-grant.ts'
import { parseStatementRange, parseTailRange } from './parse-range.ts'
import type { TokenCursor } from './tokens.ts'

const kinds: readonly (readonly [words: string, kind: 'relation' | 'model' | 'sink'])[] = [
  ['model', 'model'],
  ['source', 'relation'],
  ['materialized view', 'relation'],
  ['view', 'relation'],
  ['sink', 'sink'],
]

/**
 * GRANT … ON MODEL m TO r: what is before the kind and what is behind it are read by PostgreSQL's grammar.
 * undefined when ON is followed by none of these kinds.
 */
export function parseGrantOn(cursor: TokenCursor): GrantStatement | undefined {
  const verb = cursor.looksAt('grant') ? 'GRANT' : 'REVOKE'
  for (const [words, kind] of kinds) {
    const on = cursor.findOutside(index => cursor.looksAt(`on ${words}`, index))
    if (on === cursor.end) continue
    const position = cursor.position()
    const suffix = verb === 'GRANT' ? ' x TO PUBLIC' : ' x FROM PUBLIC'
    const before = parseStatementRange(cursor, cursor.index, on + 1, suffix)
    const after = parseTailRange(cursor, `${verb} SELECT ON `, on + 1 + words.split(' ').length, cursor.end)
    if (before.kind !== 'grant' || after.kind !== 'grant' || after.target.kind !== 'relation') {
      throw cursor.unexpected(on)
    }
    cursor.index = cursor.end
    const { privileges } = before
    const grantOption = before.grantOption || after.grantOption
    const target: GrantTarget = { kind, names: after.target.names }
    return { ...after, privileges, grantOption, target, position }
  }
  return undefined
}

/** ALTER SOURCE | SINK | MODEL … OWNER TO role; undefined for other changes of them. */
export function parseAlterOwner(cursor: TokenCursor): AlterOwnerStatement | undefined {
  const kind = (['source', 'sink', 'model'] as const).find(each => cursor.looksAt(`alter ${each}`))
  const owner = cursor.findOutside(index => cursor.looksAt('owner to', index))
  if (kind === undefined || owner === cursor.end) return undefined
  const position = cursor.position()
  const statement = parseTailRange(cursor, 'ALTER TABLE ', cursor.index + 2, cursor.end)
  if (statement.kind !== 'alter_owner') throw cursor.unexpected(owner)
  cursor.index = cursor.end
  const object = kind === 'source' ? 'relation' : kind
  return { ...statement, object, tag: `ALTER ${kind.toUpperCase()}`, position }
}
