/** The privileges that GRANT and REVOKE name, for the whole object and for columns of it. */

import { must } from '../../planner/assert.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { GrantedPrivilege, GrantStatement } from '../../planner/sql/ast.ts'
import { type AclKind, columnPrivileges, type Privilege, privilegesOf, WHOLE_OBJECT } from '../auth/acl.ts'

/** Privileges on an object, or on one column of it. */
export interface PrivilegePart {
  readonly column: number
  readonly privileges: readonly Privilege[]
  /** ALL, of which one may grant what one can. */
  readonly isAll: boolean
}

/** Every privilege there is in PostgreSQL, whatever it is on. */
const known = [
  ...['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'usage', 'create'],
  ...['execute', 'temporary', 'temp', 'connect', 'set', 'alter system'],
]

/** 42601 and 0LP01 for what is no privilege, or none of any object of the kind. */
export function checkPrivilegeNames({ privileges = [] }: GrantStatement): void {
  const unknown = privileges.find(({ name }) => name !== undefined && !known.includes(name))
  if (unknown === undefined) return
  throw new SqlError(SqlState.syntaxError, `unrecognized privilege type "${unknown.name}"`)
}

/** What a statement is about on an object of a kind; columns by their names. */
export function privilegeParts(
  { privileges }: GrantStatement,
  kind: AclKind,
  subject: { readonly name: string; readonly columns: readonly string[] },
): readonly PrivilegePart[] {
  if (privileges === undefined) {
    return [{ column: WHOLE_OBJECT, privileges: privilegesOf[kind], isAll: true }]
  }
  const hasColumns = privileges.some(({ columns }) => columns.length > 0)
  if (hasColumns && kind !== 'relation') {
    throw invalidGrant('column privileges are only valid for relations')
  }
  const whole = privileges.filter(({ columns }) => columns.length === 0)
  const wanted = whole.map(({ name }) => wholePrivilege(must(name, 'ALL is no list'), kind))
  const parts = wanted.length === 0 ? [] : [{ column: WHOLE_OBJECT, privileges: wanted, isAll: false }]
  return [...parts, ...columnParts(privileges, subject)]
}

function columnParts(
  privileges: readonly GrantedPrivilege[],
  { name: relation, columns }: { readonly name: string; readonly columns: readonly string[] },
): readonly PrivilegePart[] {
  const parts = new Map<number, PrivilegePart>()
  for (const { name, columns: given } of privileges) {
    for (const columnName of given) {
      const column = columns.indexOf(columnName) + 1
      if (column === 0) {
        const message = `column "${columnName}" of relation "${relation}" does not exist`
        throw new SqlError(SqlState.undefinedColumn, message)
      }
      const before = parts.get(column)?.privileges ?? []
      const more = name === undefined ? columnPrivileges : [columnPrivilege(name)]
      const isAll = name === undefined
      parts.set(column, { column, privileges: [...new Set([...before, ...more])], isAll })
    }
  }
  return [...parts.values()]
}

function wholePrivilege(name: string, kind: AclKind): Privilege {
  const found = privilegesOf[kind].find(privilege => privilege === name.toUpperCase())
  if (found !== undefined) return found
  // PostgreSQL takes USAGE for a table at first: the same statement may be about a sequence.
  const shownKind = kind === 'relation' && name === 'usage' ? 'table' : kind
  throw invalidGrant(`invalid privilege type ${name.toUpperCase()} for ${shownKind}`)
}

function columnPrivilege(name: string): Privilege {
  const found = columnPrivileges.find(privilege => privilege === name.toUpperCase())
  if (found !== undefined) return found
  throw invalidGrant(`invalid privilege type ${name.toUpperCase()} for column`)
}

function invalidGrant(message: string): SqlError {
  return new SqlError(SqlState.invalidGrantOperation, message)
}
