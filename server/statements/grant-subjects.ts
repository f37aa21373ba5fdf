/** What GRANT and REVOKE name: relations, models and schemas, one by one or all of a schema. */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { GrantTarget, TableName } from '../../planner/sql/ast.ts'
import type { AccessKey } from '../auth/access-store.ts'
import type { AclKind } from '../auth/acl.ts'
import { type CatalogObject, objectKindName } from '../catalog/catalog-object.ts'
import type { SessionAccess } from '../planned-statement.ts'
import type { DdlScope } from './ddl.ts'

/** One thing that privileges are on. */
export interface Subject {
  readonly key: AccessKey
  readonly kind: AclKind
  /** `table`, for messages. */
  readonly kindName: string
  readonly name: string
  /** Names of a relation's columns. */
  readonly columns: readonly string[]
}

export function subjectsOf(target: GrantTarget, scope: DdlScope): readonly Subject[] {
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
        return { key: name, kind: 'schema', kindName: 'schema', name, columns: [] }
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
  { catalog, session, searchPath }: DdlScope,
): Subject {
  const found = catalog.find(kind, schemaName, name, searchPath)
  if (found === undefined && schemaName !== undefined) requireSchema(schemaName, session)
  if (found === undefined) throw missing(kind, schemaName, name)
  return subjectOf(found)
}

function subjectOf(entry: CatalogObject): Subject {
  const { id: key, name } = entry.object
  const columns = entry.kind === 'relation' ? entry.object.schema.map(column => column.name) : []
  const kind = entry.kind === 'model' ? 'model' : 'relation'
  return { key, kind, kindName: objectKindName(entry), name, columns }
}

function missing(kind: 'relation' | 'model', schemaName: string | undefined, name: string): SqlError {
  const shown = schemaName === undefined ? name : `${schemaName}.${name}`
  const code = kind === 'relation' ? SqlState.undefinedTable : SqlState.undefinedObject
  return new SqlError(code, `${kind} "${shown}" does not exist`)
}

export function requireSchema(name: string, { database }: SessionAccess): void {
  if (database.catalog.hasSchema(name)) return
  throw new SqlError(SqlState.invalidSchemaName, `schema "${name}" does not exist`)
}
