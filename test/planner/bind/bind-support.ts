/** A small catalog and shorthands for tests of the binder that need no PostgreSQL. */

import { functionSignatures } from '../../../executor/functions/registry.ts'
import { bindDml } from '../../../planner/bind/bind.ts'
import type { BoundDml } from '../../../planner/bind/bound-statement.ts'
import { SqlError } from '../../../planner/errors.ts'
import type { LogicalPlan } from '../../../planner/logical-plan.ts'
import type { Statement } from '../../../planner/sql/ast.ts'
import { parse } from '../../../planner/sql/parse.ts'
import { finish } from '../../../planner/steps.ts'
import { TestCatalog } from './postgres-oracle.ts'

export const options = { searchPath: ['public'], parameterTypes: [] }

/** t, o, and whatever the test adds. The parser must be loaded. */
export function smallCatalog(): TestCatalog {
  const catalog = new TestCatalog(functionSignatures())
  catalog.createTable('create table t (id int primary key, a int, b bigint, x text, ts timestamp, d date)')
  catalog.createTable(
    'create table o (id int primary key, t_id int not null, name text, amount numeric default 5)',
  )
  return catalog
}

export function statementOf(sql: string): Statement {
  const statement = parse(sql)[0]?.statement
  if (statement === undefined) throw new Error(`no statement: ${sql}`)
  return statement
}

export function bind(catalog: TestCatalog, sql: string): BoundDml {
  return finish(bindDml(statementOf(sql) as Parameters<typeof bindDml>[0], catalog, options))
}

export function planOf(catalog: TestCatalog, sql: string): LogicalPlan {
  const bound = bind(catalog, sql)
  return bound.kind === 'query' ? bound.query.plan : bound.source
}

/** The error's code and message; '' when there is none. */
export function errorOf(run: () => unknown): string {
  try {
    run()
    return ''
  } catch (error) {
    if (error instanceof SqlError) return `${error.code} ${error.message}`
    throw error
  }
}

/** Node kinds from the root down: `limit sort project scan`, inputs of joins and unions in brackets. */
export function shape(plan: LogicalPlan): string {
  switch (plan.kind) {
    case 'scan':
    case 'values':
    case 'table_function':
      return plan.kind
    case 'join':
      return `${plan.joinType} join [${shape(plan.left)}, ${shape(plan.right)}]`
    case 'union_all':
      return `union_all [${plan.inputs.map(shape).join(', ')}]`
    default:
      return `${plan.kind} ${shape(plan.input)}`
  }
}

/** Walks to the first node of a kind. */
export function findNode<Kind extends LogicalPlan['kind']>(
  plan: LogicalPlan,
  kind: Kind,
): LogicalPlan & { kind: Kind } {
  if (plan.kind === kind) return plan as LogicalPlan & { kind: Kind }
  if ('input' in plan) return findNode(plan.input, kind)
  if (plan.kind === 'join') return findNode(plan.left, kind)
  throw new Error(`no ${kind}`)
}
