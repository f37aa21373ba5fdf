/** Statements about privileges and owners, from PostgreSQL's parse tree. */

import type {
  AlterDefaultPrivilegesStmt,
  AlterOwnerStmt,
  AlterTableStmt,
  DropOwnedStmt,
  GrantStmt,
  Node,
  ReassignOwnedStmt,
} from 'libpg-query'
import { must } from '../assert.ts'
import type { Statement } from './ast.ts'
import type {
  AlterDefaultPrivilegesStatement,
  DropOwnedStatement,
  GrantStatement,
  GrantTarget,
  ReassignOwnedStatement,
} from './ast-grant.ts'
import { type ConvertContext, contentOf, convertTableName, stringOf, stringsOf } from './convert-context.ts'
import { objectWords } from './convert-definition.ts'
import { convertRoleName, convertRoleNames } from './convert-role.ts'

export function convertGrant(value: GrantStmt, position: number, context: ConvertContext): GrantStatement {
  const privileges = (value.privileges ?? []).map(node => contentOf(node, 'AccessPriv'))
  return {
    kind: 'grant',
    isGrant: value.is_grant === true,
    privileges:
      privileges.length === 0
        ? undefined
        : privileges.map(privilege => ({
            name: privilege?.priv_name,
            columns: stringsOf(privilege?.cols ?? []),
          })),
    target: convertTarget(value, context),
    grantees: convertRoleNames(value.grantees, context),
    grantOption: value.grant_option === true,
    cascade: value.behavior === 'DROP_CASCADE',
    grantor: value.grantor === undefined ? undefined : convertRoleName(value.grantor, context),
    position,
  }
}

function convertTarget({ targtype, objtype, objects = [] }: GrantStmt, context: ConvertContext): GrantTarget {
  const isFunction = objtype === 'OBJECT_FUNCTION' || objtype === 'OBJECT_ROUTINE'
  if (targtype === 'ACL_TARGET_DEFAULTS') {
    if (objtype === 'OBJECT_TABLE') return { kind: 'future_relations' }
    if (objtype === 'OBJECT_SCHEMA') return { kind: 'future_schemas' }
    if (isFunction) return { kind: 'future_models' }
  } else if (targtype === 'ACL_TARGET_ALL_IN_SCHEMA') {
    const schemas = stringsOf(objects)
    if (objtype === 'OBJECT_TABLE') return { kind: 'all_relations', schemas }
    if (isFunction) return { kind: 'all_models', schemas }
  } else if (objtype === 'OBJECT_TABLE') {
    return { kind: 'relation', names: objects.map(node => relationName(node, context)) }
  } else if (objtype === 'OBJECT_SCHEMA') {
    return { kind: 'schema', names: objects.map(stringOf) }
  }
  return { kind: 'unsupported', what: (objtype ?? '').replace('OBJECT_', '').replaceAll('_', ' ') }
}

function relationName(node: Node, context: ConvertContext) {
  return convertTableName(must(contentOf(node, 'RangeVar'), 'GRANT ON TABLE lists relations'), context)
}

export function convertDefaultPrivileges(
  value: AlterDefaultPrivilegesStmt,
  position: number,
  context: ConvertContext,
): AlterDefaultPrivilegesStatement {
  const option = (name: string): readonly Node[] => {
    const found = value.options?.map(node => contentOf(node, 'DefElem')).find(each => each?.defname === name)
    return contentOf(found?.arg, 'List')?.items ?? []
  }
  return {
    kind: 'alter_default_privileges',
    roles: convertRoleNames(option('roles'), context),
    schemas: stringsOf(option('schemas')),
    grant: convertGrant(must(value.action, 'default privileges are granted'), position, context),
    position,
  }
}

/** ALTER … OWNER TO of a relation; undefined for every other change. */
export function convertRelationOwner(
  value: AlterTableStmt,
  position: number,
  context: ConvertContext,
): Statement | undefined {
  const [command, ...more] = (value.cmds ?? []).map(node => contentOf(node, 'AlterTableCmd'))
  if (command?.subtype !== 'AT_ChangeOwner' || command.newowner === undefined || more.length > 0) {
    return undefined
  }
  const relation = must(value.relation, 'ALTER TABLE names a relation')
  return {
    kind: 'alter_owner',
    object: 'relation',
    tag: `ALTER ${objectWords(value.objtype).toUpperCase()}`,
    ifExists: value.missing_ok === true,
    name: convertTableName(relation, context),
    owner: convertRoleName(command.newowner, context),
    position,
  }
}

/** ALTER SCHEMA … OWNER TO; undefined for every other kind of object. */
export function convertSchemaOwner(
  value: AlterOwnerStmt,
  position: number,
  context: ConvertContext,
): Statement | undefined {
  if (value.objectType !== 'OBJECT_SCHEMA' || value.object === undefined) return undefined
  return {
    kind: 'alter_owner',
    object: 'schema',
    tag: 'ALTER SCHEMA',
    ifExists: false,
    name: { catalogName: undefined, schemaName: undefined, name: stringOf(value.object), position },
    owner: convertRoleName(must(value.newowner, 'an owner is named'), context),
    position,
  }
}

export function convertReassignOwned(
  value: ReassignOwnedStmt,
  position: number,
  context: ConvertContext,
): ReassignOwnedStatement {
  return {
    kind: 'reassign_owned',
    roles: convertRoleNames(value.roles, context),
    owner: convertRoleName(must(value.newrole, 'a new owner is named'), context),
    position,
  }
}

export function convertDropOwned(
  value: DropOwnedStmt,
  position: number,
  context: ConvertContext,
): DropOwnedStatement {
  const cascade = value.behavior === 'DROP_CASCADE'
  return { kind: 'drop_owned', roles: convertRoleNames(value.roles, context), cascade, position }
}
