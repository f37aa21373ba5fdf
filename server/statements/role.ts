/** CREATE, ALTER and DROP ROLE (USER, GROUP), with PostgreSQL's rules of who may. */

import { parseValue } from '../../executor/expression/text-format.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type {
  AlterRoleStatement,
  CreateRoleStatement,
  DropRoleStatement,
  RenameRoleStatement,
  RoleName,
  RoleOption,
} from '../../planner/sql/ast.ts'
import { timestamptzType } from '../../planner/types.ts'
import { currentRole, missingRole, namedRole, roleByName } from '../auth/current-role.ts'
import { checkRoleName, verifierOf } from '../auth/initial-roles.ts'
import { isPredefined, newRole, ROOT_ROLE_ID, type Role } from '../auth/role.ts'
import { checkNothingDepends } from '../auth/role-dependencies.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import type { DdlScope } from './ddl.ts'
import { ddl } from './ddl.ts'
import { addMembers, memberOfItself, removeMembers } from './role-membership.ts'

export function planCreateRole(statement: CreateRoleStatement, planning: Planning): PlannedStatement {
  const { name, isUser, options, position } = statement
  return ddl('CREATE ROLE', planning, async scope => {
    checkRoleName(name, position)
    const { store } = scope.database
    checkMayCreate(currentRole(scope.session), options)
    if (scope.catalog.roles.find(name) !== undefined) throw duplicateRole(name)
    const role = { ...newRole(store.allocateOid(), name), login: isUser }
    const made = await withOptions(role, options, scope)
    const find = (roles: readonly RoleName[]) => {
      if (roles.some(each => each.kind === 'name' && each.name === name)) throw memberOfItself(name)
      return roles.map(each => namedRole(scope.session, each))
    }
    const parents = find(rolesOf(options, 'addroleto'))
    const members = find(rolesOf(options, 'rolemembers'))
    const admins = find(rolesOf(options, 'adminmembers'))
    const wasOpen = scope.catalog.roles.isOpen
    store.putRoles(made)
    for (const parent of parents) addMembers(scope, parent, [made], false)
    addMembers(scope, made, members, false)
    addMembers(scope, made, admins, true)
    if (wasOpen) scope.database.logger.info('roles exist now: only their names are accepted')
    warnOfLockout(scope)
  })
}

export function planAlterRole(statement: AlterRoleStatement, planning: Planning): PlannedStatement {
  return ddl('ALTER ROLE', planning, async scope => {
    const role = namedRole(scope.session, statement.role)
    const { options } = statement
    if (isPredefined(role)) throw reservedRole(role)
    checkMayAlter(currentRole(scope.session), role, options)
    const made = await withOptions(role, options, scope)
    if (role.id === ROOT_ROLE_ID && !(made.superuser && made.login)) {
      throw new SqlError(SqlState.featureNotSupported, 'the role root must stay a superuser that can log in')
    }
    scope.database.store.putRoles(made)
    const members = rolesOf(options, 'rolemembers').map(each => namedRole(scope.session, each))
    if (statement.removesMembers) removeMembers(scope, made, members, false)
    else addMembers(scope, made, members, false)
    warnOfLockout(scope)
  })
}

export function planRenameRole(statement: RenameRoleStatement, planning: Planning): PlannedStatement {
  const { name, newName } = statement
  return ddl('ALTER ROLE', planning, async scope => {
    const { roles } = scope.catalog
    const role = roleByName(roles, name)
    const own = currentRole(scope.session)
    if (role.id === own.id || role.id === scope.session.identity.login.roleId) {
      throw new SqlError(SqlState.featureNotSupported, 'session user cannot be renamed')
    }
    if (role.id === ROOT_ROLE_ID) {
      throw new SqlError(SqlState.featureNotSupported, 'the role root cannot be renamed')
    }
    checkRoleName(newName)
    if (roles.find(newName) !== undefined) throw duplicateRole(newName)
    if (role.superuser && !own.superuser) throw denied('must be superuser to rename superusers')
    if (!mayCreateRoles(own)) throw denied('permission denied to rename role')
    scope.database.store.putRoles({ ...role, name: newName })
  })
}

export function planDropRole(statement: DropRoleStatement, planning: Planning): PlannedStatement {
  return ddl('DROP ROLE', planning, async scope => {
    const { roles } = scope.catalog
    const own = currentRole(scope.session)
    if (!mayCreateRoles(own)) throw denied('permission denied to drop role')
    const ids = new Set<number>()
    for (const each of statement.roles) {
      const name = each.kind === 'name' ? each.name : ''
      const role = roles.find(name)
      if (role !== undefined && !ids.has(role.id)) {
        checkMayDrop(scope, own, role)
        checkNothingDepends(scope.database.catalog, role, scope.searchPath)
        ids.add(role.id)
        continue
      }
      if (!statement.ifExists) throw missingRole(name)
      const message = `role "${name}" does not exist, skipping`
      scope.session.notice({ severity: 'NOTICE', code: SqlState.successfulCompletion, message })
    }
    scope.database.store.removeRoles(ids)
  })
}

function checkMayDrop({ session }: DdlScope, own: Role, role: Role): void {
  if (role.id === own.id) throw inUse('current user cannot be dropped')
  if (role.id === session.identity.login.roleId) throw inUse('session user cannot be dropped')
  if (role.superuser && !own.superuser) throw denied('must be superuser to drop superusers')
  if (role.id !== ROOT_ROLE_ID && !isPredefined(role)) return
  throw new SqlError(
    SqlState.dependentObjectsStillExist,
    `cannot drop role ${role.name} because it is required by the database system`,
  )
}

function checkMayCreate(own: Role, options: readonly RoleOption[]): void {
  if (own.superuser) return
  const asks = (name: string) => options.some(option => option.name === name && option.flag)
  if (asks('superuser')) throw denied('must be superuser to create superusers')
  if (asks('isreplication')) throw denied('must be superuser to create replication users')
  if (asks('bypassrls')) throw denied('must be superuser to create bypassrls users')
  if (!own.createRole) throw denied('permission denied to create role')
}

/** Without CREATEROLE one may change one's own password, and nothing else. */
function checkMayAlter(own: Role, role: Role, options: readonly RoleOption[]): void {
  if (own.superuser) return
  const changes = (name: string) => options.some(option => option.name === name)
  if (role.superuser || changes('superuser')) {
    throw denied('must be superuser to alter superuser roles or change superuser attribute')
  }
  if (role.replication || changes('isreplication')) {
    throw denied('must be superuser to alter replication roles or change replication attribute')
  }
  if (changes('bypassrls')) throw denied('must be superuser to change bypassrls attribute')
  const isOwnPassword = role.id === own.id && options.every(option => option.name === 'password')
  if (!own.createRole && !isOwnPassword) throw denied('permission denied')
}

export function mayCreateRoles(role: Role): boolean {
  return role.superuser || role.createRole
}

async function withOptions(role: Role, options: readonly RoleOption[], scope: DdlScope): Promise<Role> {
  let changed = role
  for (const option of options) changed = { ...changed, ...(await changeOf(option, scope)) }
  return changed
}

async function changeOf(option: RoleOption, scope: DdlScope): Promise<Partial<Role>> {
  const { name, flag, text } = option
  switch (name) {
    case 'superuser':
      return { superuser: flag }
    case 'createdb':
      return { createDb: flag }
    case 'createrole':
      return { createRole: flag }
    case 'inherit':
      return { inherit: flag }
    case 'canlogin':
      return { login: flag }
    case 'isreplication':
      return { replication: flag }
    case 'bypassrls':
      return { bypassRls: flag }
    case 'connectionlimit':
      return { connectionLimit: connectionLimit(Number(text)) }
    case 'validUntil':
      return { validUntil: parseValue(timestamptzType, text ?? '', scope.context) as bigint }
    case 'password':
      return { verifier: await newVerifier(text, scope) }
    case 'sysid':
      scope.session.notice({
        severity: 'NOTICE',
        code: SqlState.successfulCompletion,
        message: 'SYSID can no longer be specified',
      })
      return {}
    default:
      return {}
  }
}

function connectionLimit(value: number): number {
  if (value >= -1) return value
  throw new SqlError(SqlState.invalidParameterValue, `invalid connection limit: ${value}`)
}

async function newVerifier(password: string | undefined, { session }: DdlScope): Promise<string | undefined> {
  if (password === undefined) return undefined
  if (password !== '') return verifierOf(password)
  session.notice({
    severity: 'NOTICE',
    code: SqlState.successfulCompletion,
    message: 'empty string is not a valid password, clearing password',
  })
  return undefined
}

/** The first password makes passwords necessary: a superuser should have one too. */
function warnOfLockout({ database, session }: DdlScope): void {
  const { roles } = database.catalog
  if (!roles.hasPasswords) return
  const isSafe = roles.all().some(role => role.superuser && role.login && role.verifier !== undefined)
  if (isSafe) return
  session.notice({
    severity: 'WARNING',
    code: SqlState.warning,
    message: 'no superuser has a password, while logging in needs one by default',
    hint: "Use ALTER ROLE root PASSWORD '…'.",
  })
}

function rolesOf(options: readonly RoleOption[], name: string): readonly RoleName[] {
  return options.find(option => option.name === name)?.roles ?? []
}

export function reservedRole({ name }: Role): SqlError {
  return new SqlError(SqlState.reservedName, `role name "${name}" is reserved`, {
    detail: 'Cannot alter reserved roles.',
  })
}

function duplicateRole(name: string): SqlError {
  return new SqlError(SqlState.duplicateObject, `role "${name}" already exists`)
}

function denied(message: string): SqlError {
  return new SqlError(SqlState.insufficientPrivilege, message)
}

function inUse(message: string): SqlError {
  return new SqlError(SqlState.objectInUse, message)
}
