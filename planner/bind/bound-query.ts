/** A bound query inside a statement, and what a query needs to know of the one around it. */

import type { Position } from '../expression.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { ColumnOrigin, QueryLocks } from './bound-statement.ts'
import type { ScopeTable } from './scope.ts'
import type { StatementContext } from './statement-context.ts'

export interface BoundQuery {
  /** Names and types of the result are its schema. */
  readonly plan: LogicalPlan
  readonly origins: readonly ColumnOrigin[]
  /** Where each result column's expression starts in the text. */
  readonly locations: readonly Position[]
  /** FOR UPDATE and its kin. */
  readonly locks?: QueryLocks | undefined
}

/** A WITH entry that queries below may read. */
export interface CommonTable {
  readonly name: string
  /** undefined while it is being bound: a recursive reference. */
  readonly query: BoundQuery | undefined
}

export interface QueryBinder {
  readonly statement: StatementContext
  /** Innermost last. */
  readonly commonTables: readonly CommonTable[]
  /** FROM items beside a subquery, which it could only read with LATERAL. */
  readonly hidden: readonly ScopeTable[]
  /**
   * Literals and parameters of unknown type stay so in the result: a set operation or an INSERT gives them a
   * type.
   */
  readonly keepUnknown: boolean
}
