/**
 * SELECT … FOR UPDATE and its kin: what is locked. Of a query over one table these are the rows that it
 * returns, whose ids it gets as its last column; over a join, a view or a subquery whole tables.
 */

import type { Relation } from '../catalog.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import { field } from '../schema.ts'
import type { LockingClause, SelectBody, SelectStatement } from '../sql/ast.ts'
import { int8Type } from '../types.ts'
import type { Locked, QueryLocks } from './bound-statement.ts'
import type { BoundFrom } from './from.ts'
import type { Target } from './target-list.ts'

const ROW_ID = field('row_id', int8Type, false)

/** What the clauses lock of FROM; undefined without clauses. */
export function bindLocks(clauses: readonly LockingClause[], from: BoundFrom): QueryLocks | undefined {
  if (clauses.length === 0) return undefined
  const tables = new Map<Relation, boolean>()
  for (const clause of clauses) {
    const isExclusive = clause.strength === 'UPDATE' || clause.strength === 'NO KEY UPDATE'
    for (const relation of lockedRelations(clause, from)) {
      tables.set(relation, isExclusive || tables.get(relation) === true)
    }
  }
  const locked = [...tables].map(([relation, isExclusive]): Locked => ({ relation, isExclusive }))
  const command = `SELECT FOR ${clauses[0]!.strength}`
  const isOneTable = from.plan.kind === 'scan' && locked.length === 1
  return isOneTable ? { command, rows: locked[0], tables: [] } : { command, rows: undefined, tables: locked }
}

/** FROM's one table with the ids of its rows, as the last of the targets. */
export function withRowIds(from: BoundFrom, targets: Target[]): LogicalPlan {
  const { plan } = from
  if (plan.kind !== 'scan') throw new TypeError('rows are locked in one table')
  const index = plan.relation.schema.length
  targets.push({
    name: ROW_ID.name,
    expression: { kind: 'column', index, type: ROW_ID.type, nullable: false },
    origin: undefined,
    location: undefined,
  })
  return { ...plan, rowId: true, schema: [...plan.schema, ROW_ID] }
}

/** 0A000 for a query whose rows are no rows of a table. */
export function checkLockable({ locking }: SelectStatement, body: SelectBody, hasAggregates: boolean): void {
  const [clause] = locking
  if (clause === undefined) return
  const what =
    body.distinct !== undefined
      ? 'DISTINCT clause'
      : body.groupBy.length > 0
        ? 'GROUP BY clause'
        : body.having !== undefined
          ? 'HAVING clause'
          : hasAggregates
            ? 'aggregate functions'
            : undefined
  if (what !== undefined) throw notAllowed(clause, `is not allowed with ${what}`)
}

/** 0A000 for VALUES and set operations. */
export function refuseLocks({ locking, body }: SelectStatement): void {
  const [clause] = locking
  if (clause === undefined) return
  if (body.kind === 'values') throw notAllowed(clause, 'cannot be applied to VALUES')
  throw notAllowed(clause, 'is not allowed with UNION/INTERSECT/EXCEPT')
}

/** 0A000 for a query inside another statement. */
export function refuseInnerLocks({ locking }: SelectStatement): void {
  const [clause] = locking
  if (clause !== undefined) throw notSupported(`FOR ${clause.strength} in a subquery or view`)
}

function notAllowed({ strength }: LockingClause, what: string): SqlError {
  return new SqlError(SqlState.featureNotSupported, `FOR ${strength} ${what}`)
}

function lockedRelations({ strength, tables }: LockingClause, from: BoundFrom): readonly Relation[] {
  if (tables.length === 0) return scanned(from.plan).map(checked)
  return tables.flatMap(({ name, position }) => {
    const item = from.scope.tables.find(({ table }) => table.name === name)
    const relation = item?.table.relation
    if (relation !== undefined) {
      return (relation.view === undefined ? [relation] : scanned(relation.view.plan)).map(checked)
    }
    throw new SqlError(
      SqlState.undefinedTable,
      `relation "${name}" in FOR ${strength} clause not found in FROM clause`,
      { position: position || undefined },
    )
  })
}

function checked(relation: Relation): Relation {
  if (relation.kind === 'table') return relation
  const kind = relation.kind === 'system' ? 'system catalog' : relation.kind.replace('_', ' ')
  throw new SqlError(SqlState.wrongObjectType, `cannot lock rows in ${kind} "${relation.name}"`)
}

/** The relations that a plan scans. */
export function scanned(plan: LogicalPlan): readonly Relation[] {
  switch (plan.kind) {
    case 'scan':
      return [plan.relation]
    case 'values':
    case 'table_function':
      return []
    case 'join':
      return [...scanned(plan.left), ...scanned(plan.right)]
    case 'union_all':
      return plan.inputs.flatMap(scanned)
    default:
      return scanned(plan.input)
  }
}
