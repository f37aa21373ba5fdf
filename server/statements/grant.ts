/** GRANT and REVOKE of privileges, and ALTER DEFAULT PRIVILEGES. */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type {
  AlterDefaultPrivilegesStatement,
  GrantStatement,
  GrantTarget,
  RoleName,
  TableName,
} from '../../planner/sql/ast.ts'
import type { AccessKey } from '../auth/access-store.ts'
import {
  type AclItem,
  type AclKind,
  grant,
  grantorOf,
  type ObjectAccess,
  type Privilege,
  PUBLIC_ROLE_ID,
  privilegesOf,
  revoke,
} from '../auth/acl.ts'
import { denied } from '../auth/check-access.ts'
import { currentRole, namedRole } from '../auth/current-role.ts'
import { type CatalogObject, objectKindName } from '../catalog/catalog-object.ts'
import type { PlannedStatement, Planning, SessionAccess } from '../planned-statement.ts'
import type { DdlScope } from './ddl.ts'
import { ddl } from './ddl.ts'

/** One thing that privileges are on. */
interface Subject {
  readonly key: AccessKey
  readonly kind: AclKind
  /** `table t`, for messages. */
  readonly kindName: string
  readonly name: string
}

export function planGrant(statement: GrantStatement, planning: Planning): PlannedStatement {
  const { isGrant, hasColumns } = statement
  if (hasColumns) throw notSupported('privileges on columns')
  return ddl(isGrant ? 'GRANT' : 'REVOKE', planning, async scope => {
    checkGrantor(statement, scope.session)
    const grantees = statement.grantees.map(name => granteeId(name, scope.session))
    for (const subject of subjectsOf(statement.target, scope)) {
      const wanted = wantedPrivileges(statement, subject.kind)
      const { store } = scope.database
      const access = store.access.get(subject.key)
      const acl = changedAcl(statement, { wanted, subject, access, grantees }, scope)
      store.setAccess(store.access.with([[subject.key, { ...access, acl }]]))
    }
  })
}

interface Change {
  readonly wanted: readonly Privilege[]
  readonly subject: Subject
  readonly access: ObjectAccess
  readonly grantees: readonly number[]
}

/** Privileges that the role may not grant are left out with a warning; none at all and no right: 42501. */
function changedAcl(
  statement: GrantStatement,
  { wanted, subject, access, grantees }: Change,
  { session, database }: DdlScope,
): readonly AclItem[] {
  const { roles } = database.catalog
  const role = currentRole(session)
  let { acl } = access
  let changed = 0
  for (const privilege of wanted) {
    const grantor = grantorOf(roles, role, access, privilege)
    if (grantor === undefined) continue
    changed++
    for (const grantee of grantees)
      acl = changeItem(statement, { owner: access.owner, acl }, { grantee, grantor, privilege })
  }
  if (changed === 0 && !access.acl.some(item => roles.effective(role).has(item.grantee))) {
    throw denied(subject.kindName, subject.name)
  }
  if (changed < wanted.length) {
    const amount = changed === 0 ? 'no privileges' : 'not all privileges'
    const verb = statement.isGrant ? 'were granted' : 'could be revoked'
    const message = `${amount} ${verb} for "${subject.name}"`
    session.notice({ severity: 'WARNING', code: SqlState.warning, message })
  }
  return acl
}

function changeItem(
  { isGrant, grantOption, cascade }: GrantStatement,
  access: ObjectAccess,
  item: { grantee: number; grantor: number; privilege: Privilege },
): readonly AclItem[] {
  if (!isGrant) return revoke(access, { ...item, optionOnly: grantOption, cascade })
  if (grantOption && item.grantee === PUBLIC_ROLE_ID) {
    throw new SqlError(SqlState.invalidGrantOperation, 'grant options can only be granted to roles')
  }
  return grant(access.acl, { ...item, grantable: grantOption })
}

export function planAlterDefaultPrivileges(
  statement: AlterDefaultPrivilegesStatement,
  planning: Planning,
): PlannedStatement {
  const { grant: given, schemas } = statement
  const kind = futureKind(given.target)
  if (kind === 'schema' && schemas.length > 0) {
    throw new SqlError(
      SqlState.invalidGrantOperation,
      'cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS',
    )
  }
  return ddl('ALTER DEFAULT PRIVILEGES', planning, async ({ session, database }) => {
    const own = currentRole(session)
    const owners =
      statement.roles.length === 0 ? [own] : statement.roles.map(name => namedRole(session, name))
    const grantees = given.grantees.map(name => granteeId(name, session))
    for (const schema of schemas) requireSchema(schema, session)
    for (const { id } of owners) {
      if (!database.catalog.roles.hasPrivilegesOf(own, id)) {
        throw new SqlError(SqlState.insufficientPrivilege, 'permission denied to change default privileges')
      }
      for (const schema of schemas.length === 0 ? [''] : schemas) {
        const { store } = database
        let acl = store.access.defaults(id, kind, schema)
        for (const privilege of wantedPrivileges(given, kind)) {
          for (const grantee of grantees) {
            acl = changeItem(given, { owner: id, acl }, { grantee, grantor: id, privilege })
          }
        }
        store.setAccess(store.access.withDefaults(id, kind, schema, acl))
      }
    }
  })
}

function futureKind(target: GrantTarget): AclKind {
  switch (target.kind) {
    case 'future_relations':
      return 'relation'
    case 'future_models':
      return 'model'
    case 'future_schemas':
      return 'schema'
    default:
      throw notSupported('ALTER DEFAULT PRIVILEGES on this kind of object')
  }
}

function subjectsOf(target: GrantTarget, scope: DdlScope): readonly Subject[] {
  const { catalog, session } = scope
  switch (target.kind) {
    case 'relation':
    case 'model':
      return target.names.map(name =>
        namedSubject(target.kind === 'model' ? 'model' : 'relation', name, scope),
      )
    case 'schema':
      return target.names.map(name => {
        requireSchema(name, session)
        return { key: name, kind: 'schema', kindName: 'schema', name }
      })
    case 'all_relations':
    case 'all_models': {
      for (const name of target.schemas) requireSchema(name, session)
      const kind = target.kind === 'all_relations' ? 'relation' : 'model'
      const inSchemas = catalog.objects().filter(entry => {
        return entry.kind === kind && target.schemas.includes(entry.object.schemaName)
      })
      return inSchemas.map(subjectOf)
    }
    case 'sink':
      throw notSupported('GRANT on a sink, which only its owner may drop,')
    case 'unsupported':
      throw notSupported(`GRANT on ${target.what}`)
    default:
      throw new SqlError(SqlState.syntaxError, 'these objects can only be named in ALTER DEFAULT PRIVILEGES')
  }
}

function namedSubject(
  kind: 'relation' | 'model',
  { schemaName, name }: TableName,
  { catalog, searchPath }: DdlScope,
): Subject {
  const found = catalog.find(kind, schemaName, name, searchPath)
  if (found === undefined) throw missing(kind, schemaName, name)
  return subjectOf(found)
}

function subjectOf(entry: CatalogObject): Subject {
  const { id: key, name } = entry.object
  return { key, kind: entry.kind === 'model' ? 'model' : 'relation', kindName: objectKindName(entry), name }
}

function missing(kind: 'relation' | 'model', schemaName: string | undefined, name: string): SqlError {
  const shown = schemaName === undefined ? name : `${schemaName}.${name}`
  const code = kind === 'relation' ? SqlState.undefinedTable : SqlState.undefinedObject
  return new SqlError(code, `${kind} "${shown}" does not exist`)
}

function requireSchema(name: string, { database }: SessionAccess): void {
  if (database.catalog.hasSchema(name)) return
  throw new SqlError(SqlState.invalidSchemaName, `schema "${name}" does not exist`)
}

function wantedPrivileges({ privileges }: GrantStatement, kind: AclKind): readonly Privilege[] {
  const known = privilegesOf[kind]
  return (privileges ?? known).map(name => {
    const found = known.find(privilege => privilege === name)
    if (found !== undefined) return found
    throw new SqlError(SqlState.invalidGrantOperation, `invalid privilege type ${name} for ${kind}`)
  })
}

/** GRANTED BY names the current role, as PostgreSQL wants it. */
function checkGrantor({ grantor }: GrantStatement, session: SessionAccess): void {
  if (grantor === undefined || namedRole(session, grantor).id === currentRole(session).id) return
  throw new SqlError(SqlState.featureNotSupported, 'grantor must be current user')
}

function granteeId(name: RoleName, session: SessionAccess): number {
  return name.kind === 'public' ? PUBLIC_ROLE_ID : namedRole(session, name).id
}
