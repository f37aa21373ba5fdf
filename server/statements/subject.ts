/** What a sink or a subscription follows: a relation by name, or a query. */

import { bindViewDefinition } from '../../planner/bind/bind.ts'
import type { ViewDefinition } from '../../planner/bind/bound-statement.ts'
import type { EmitClause, SelectStatement, TableName } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import type { Need } from '../auth/check-access.ts'
import { AccessRecorder } from '../auth/check-access.ts'
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.ts'
import type { SessionAccess } from '../planned-statement.ts'
import { bindOptions } from './bind-options.ts'
import { selectAll } from './select-all.ts'

export type Subject = { readonly kind: 'relation'; readonly table: TableName } | SelectStatement

export interface BoundSubject extends ViewDefinition {
  /** The privileges that reading it needs. */
  readonly needs: readonly Need[]
}

interface SubjectScope {
  readonly catalog: CatalogSnapshot
  readonly session: SessionAccess
  readonly searchPath: readonly string[]
}

/** The bound query of a subject. 42P01 when the relation does not exist. */
export function* bindSubject(
  subject: Subject,
  emit: EmitClause | undefined,
  { catalog, session, searchPath }: SubjectScope,
): Steps<BoundSubject> {
  const query = subject.kind === 'relation' ? selectAll(subject.table) : subject
  const access = new AccessRecorder(catalog, session)
  const options = bindOptions(session, searchPath, undefined)
  const view = yield* bindViewDefinition({ query, columns: [], emit }, access, options)
  return { ...view, needs: access.reads() }
}
