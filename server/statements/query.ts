/** SELECT, VALUES, TABLE: a one-shot query over the last complete epoch. */

import { bindDml } from '../../planner/bind/bind.ts'
import type { ColumnOrigin } from '../../planner/bind/bound-statement.ts'
import type { LogicalQuery } from '../../planner/logical-plan.ts'
import { optimize } from '../../planner/optimize/optimizer.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { planQuery as planPhysical } from '../../planner/physical-planner.ts'
import type { Schema } from '../../planner/schema.ts'
import type { SelectStatement } from '../../planner/sql/ast.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import type { ResultSchema } from '../session-contract.ts'

export function planQuery(statement: SelectStatement, planning: Planning): PlannedStatement {
  const { catalog, searchPath, parameterTypes, database } = planning
  const bound = bindDml(statement, catalog, { searchPath, parameterTypes })
  if (bound.kind !== 'query') throw new TypeError('a SELECT binds to a query')
  const plan = oneShotPlan(bound.query)
  const fields = resultFields(bound.query.plan.schema, bound.origins)
  return {
    parameterTypes: bound.parameterTypes,
    fields,
    isShared: true,
    async run({ context, signal }) {
      const rows = database.engine.query(plan, { context, signal })
      return { kind: 'rows', fields, rows, commandTag: rowCount => `SELECT ${rowCount}` }
    },
  }
}

/** The plan of a query that runs once and ends. */
export function oneShotPlan(query: LogicalQuery): PhysicalPlan {
  return planPhysical({ ...query, plan: optimize(query.plan) }, 'one_shot')
}

/** The plan of a query that is kept up to date. */
export function streamingPlan(query: LogicalQuery): PhysicalPlan {
  return planPhysical({ ...query, plan: optimize(query.plan) }, 'streaming')
}

/** Result columns with the base columns that they are. */
export function resultFields(schema: Schema, origins: readonly ColumnOrigin[]): ResultSchema {
  return {
    schema,
    tableOids: schema.map((_, index) => origins[index]?.relation.id ?? 0),
    attributeNumbers: schema.map((_, index) => origins[index]?.attribute ?? 0),
  }
}
