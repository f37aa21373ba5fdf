/** What a sink or a subscription follows: a relation by name, or a query. */

import { bindViewDefinition } from '../../planner/bind/bind.ts'
import type { ViewDefinition } from '../../planner/bind/bound-statement.ts'
import type { Catalog } from '../../planner/catalog.ts'
import type { EmitClause, SelectStatement, TableName } from '../../planner/sql/ast.ts'
import type { SessionAccess } from '../planned-statement.ts'
import { bindOptions } from './bind-options.ts'
import { selectAll } from './select-all.ts'

export type Subject = { readonly kind: 'relation'; readonly table: TableName } | SelectStatement

interface SubjectScope {
  readonly catalog: Catalog
  readonly session: SessionAccess
  readonly searchPath: readonly string[]
}

/** The bound query of a subject. 42P01 when the relation does not exist. */
export function bindSubject(
  subject: Subject,
  emit: EmitClause | undefined,
  { catalog, session, searchPath }: SubjectScope,
): ViewDefinition {
  const query = subject.kind === 'relation' ? selectAll(subject.table) : subject
  return bindViewDefinition(
    { query, columns: [], emit },
    catalog,
    bindOptions(session, searchPath, undefined),
  )
}
