/** ALTER ROLE … SET and ALTER DATABASE … SET, from PostgreSQL's parse tree. */

import type { AlterDatabaseSetStmt, AlterRoleSetStmt, VariableSetStmt } from 'libpg-query'
import { must } from '../assert.ts'
import type { Statement } from './ast.ts'
import type { ConvertContext } from './convert-context.ts'
import { scalarText } from './convert-option.ts'
import { convertRoleName } from './convert-role.ts'

export function convertAlterRoleSet(
  value: AlterRoleSetStmt,
  position: number,
  context: ConvertContext,
): Statement {
  const role = value.role === undefined ? undefined : convertRoleName(value.role, context)
  return alterSettings(value.setstmt, { tag: 'ALTER ROLE', role, database: value.database }, position)
}

export function convertAlterDatabaseSet(value: AlterDatabaseSetStmt, position: number): Statement {
  const target = { tag: 'ALTER DATABASE', role: undefined, database: value.dbname } as const
  return alterSettings(value.setstmt, target, position)
}

type Target = Pick<Extract<Statement, { kind: 'alter_settings' }>, 'tag' | 'role' | 'database'>

function alterSettings(setting: VariableSetStmt | undefined, target: Target, position: number): Statement {
  const { kind, name: given = '', args = [] } = must(setting, 'a setting is named')
  const name = given.toLowerCase()
  const statement = { kind: 'alter_settings', ...target, name, position } as const
  switch (kind) {
    case 'VAR_RESET_ALL':
      return { ...statement, name: 'all', change: { kind: 'reset' } }
    case 'VAR_RESET':
    case 'VAR_SET_DEFAULT':
      return { ...statement, change: { kind: 'reset' } }
    case 'VAR_SET_CURRENT':
      return { ...statement, change: { kind: 'current' } }
    case 'VAR_SET_MULTI':
      return { kind: 'unsupported', command: `${target.tag} SET TRANSACTION`, position }
    default:
      return { ...statement, change: { kind: 'set', values: args.map(node => scalarText(node, position)) } }
  }
}
