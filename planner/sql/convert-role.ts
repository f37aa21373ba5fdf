/** Statements about roles, from PostgreSQL's parse tree. */

import type {
  AlterRoleStmt,
  CreateRoleStmt,
  DefElem,
  DropRoleStmt,
  GrantRoleStmt,
  Node,
  RenameStmt,
  RoleSpec,
} from 'libpg-query'
import { must } from '../assert.ts'
import { SqlError, SqlState } from '../errors.ts'
import type {
  AlterRoleStatement,
  CreateRoleStatement,
  DropRoleStatement,
  GrantRoleStatement,
  RenameRoleStatement,
  RoleName,
  RoleOption,
} from './ast-role.ts'
import { type ConvertContext, contentOf } from './convert-context.ts'
import { scalarText } from './convert-option.ts'

export function convertCreateRole(
  value: CreateRoleStmt,
  position: number,
  context: ConvertContext,
): CreateRoleStatement {
  return {
    kind: 'create_role',
    name: value.role ?? '',
    isUser: value.stmt_type === 'ROLESTMT_USER',
    options: convertRoleOptions(value.options, context),
    position,
  }
}

export function convertAlterRole(
  value: AlterRoleStmt,
  position: number,
  context: ConvertContext,
): AlterRoleStatement {
  return {
    kind: 'alter_role',
    role: convertRoleName(must(value.role, 'ALTER ROLE names a role'), context),
    options: convertRoleOptions(value.options, context),
    removesMembers: value.action === -1,
    position,
  }
}

export function convertRenameRole(value: RenameStmt, position: number): RenameRoleStatement {
  return { kind: 'rename_role', name: value.subname ?? '', newName: value.newname ?? '', position }
}

export function convertDropRole(
  value: DropRoleStmt,
  position: number,
  context: ConvertContext,
): DropRoleStatement {
  const roles = convertRoleNames(value.roles, context)
  if (roles.some(role => role.kind !== 'name')) {
    throw new SqlError(SqlState.invalidParameterValue, 'cannot use special role specifier in DROP ROLE')
  }
  return { kind: 'drop_role', roles, ifExists: value.missing_ok === true, position }
}

export function convertGrantRole(
  value: GrantRoleStmt,
  position: number,
  context: ConvertContext,
): GrantRoleStatement {
  const options = (value.opt ?? []).map(node => must(contentOf(node, 'DefElem'), 'options are DefElems'))
  const isAdmin = (option: DefElem) => option.defname === 'admin'
  const admin = options.find(isAdmin)
  const adminValue = contentOf(admin?.arg, 'Boolean')?.boolval === true
  return {
    kind: 'grant_role',
    isGrant: value.is_grant === true,
    roles: (value.granted_roles ?? []).map(node => contentOf(node, 'AccessPriv')?.priv_name ?? ''),
    members: convertRoleNames(value.grantee_roles, context),
    admin: value.is_grant === true ? adminValue : admin !== undefined,
    otherOptions: options.filter(option => !isAdmin(option)).map(option => option.defname ?? ''),
    cascade: value.behavior === 'DROP_CASCADE',
    grantor: value.grantor === undefined ? undefined : convertRoleName(value.grantor, context),
    position,
  }
}

export function convertRoleNames(nodes: readonly Node[] | undefined, context: ConvertContext): RoleName[] {
  return (nodes ?? []).map(node =>
    convertRoleName(must(contentOf(node, 'RoleSpec'), 'a role list has RoleSpecs'), context),
  )
}

export function convertRoleName(value: RoleSpec, context: ConvertContext): RoleName {
  const position = context.source.position(value.location)
  switch (value.roletype) {
    case 'ROLESPEC_CURRENT_ROLE':
    case 'ROLESPEC_CURRENT_USER':
      return { kind: 'current_user', position }
    case 'ROLESPEC_SESSION_USER':
      return { kind: 'session_user', position }
    case 'ROLESPEC_PUBLIC':
      return { kind: 'public', position }
    default:
      return { kind: 'name', name: value.rolename ?? '', position }
  }
}

function convertRoleOptions(nodes: readonly Node[] | undefined, context: ConvertContext): RoleOption[] {
  const options = (nodes ?? []).map(node => {
    return convertRoleOption(must(contentOf(node, 'DefElem'), 'role options are DefElems'), context)
  })
  const names = new Set<string>()
  for (const { name, position } of options) {
    if (names.has(name)) {
      throw new SqlError(SqlState.syntaxError, 'conflicting or redundant options', { position })
    }
    names.add(name)
  }
  return options
}

function convertRoleOption(value: DefElem, context: ConvertContext): RoleOption {
  const position = context.source.position(value.location)
  const list = contentOf(value.arg, 'List')
  const flag = contentOf(value.arg, 'Boolean')?.boolval === true
  return {
    name: value.defname ?? '',
    flag,
    text: value.arg === undefined || list !== undefined ? undefined : scalarText(value.arg, position),
    roles: convertRoleNames(list?.items, context),
    position,
  }
}
