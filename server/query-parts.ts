/** The statements of a Query message, with the plans that are there already. */

import type { SqlValue } from '../executor/expression/evaluation-context.ts'
import { SqlError } from '../planner/errors.ts'
import type { Statement } from '../planner/sql/ast.ts'
import type { ParsedStatement } from '../planner/sql/parse.ts'
import { parse } from '../planner/sql/parse.ts'
import type { Steps } from '../planner/steps.ts'
import type { CachedPlan, PlanVersion } from './plan-cache.ts'
import type { ParameterTypes, PlannedStatement, SessionAccess } from './planned-statement.ts'
import { statementShape } from './statement-shape.ts'

export interface QueryPart {
  readonly text: string
  readonly statement: Statement
  /** One of a text that came before. */
  readonly plan: PlannedStatement | undefined
  /** Constants of the text that are parameters of the plan. */
  readonly values: readonly SqlValue[]
  /** It is all of the message: its plan is kept. */
  readonly isWhole: boolean
}

/** All of the message as one that was planned before. */
export function knownPart(text: string, session: SessionAccess, version: PlanVersion): QueryPart | undefined {
  const { planCache } = session.database
  const known = planCache.get(text, [], version)
  if (known?.plan.parameterTypes.length === 0) return { text, ...known, values: [], isWhole: true }
  const shape = statementShape(text)
  const shared = shape === undefined ? undefined : planCache.get(shape.text, shape.types, version)
  return shared && { text, ...shared, values: shape!.values, isWhole: true }
}

export function newParts(text: string, parsed: readonly ParsedStatement[]): QueryPart[] {
  const isWhole = parsed.length === 1
  return parsed.map(({ statement, start, end }) => {
    const own = isWhole ? text : text.slice(start, end).trim()
    return { text: own, statement, plan: undefined, values: [], isWhole }
  })
}

/** Plans what was not planned before. */
export function* planPart(
  part: QueryPart,
  session: SessionAccess,
  version: PlanVersion,
): Steps<{ readonly plan: PlannedStatement; readonly values: readonly SqlValue[] }> {
  const { text, statement, values, isWhole } = part
  if (part.plan !== undefined) return { plan: part.plan, values }
  if (!isWhole) return { plan: yield* session.plan(statement, text, undefined), values: [] }
  const { planCache } = session.database
  const shape = statementShape(text)
  const planned = shape === undefined ? undefined : yield* planShape(shape.text, shape.types, session)
  if (shape !== undefined && planned !== undefined) {
    planCache.set(shape.text, shape.types, version, planned)
    return { plan: planned.plan, values: shape.values }
  }
  const plan = yield* session.plan(statement, text, undefined)
  planCache.set(text, [], version, { statement, plan })
  return { plan, values: [] }
}

/** undefined where only the constants themselves will do, as where expressions have to be equal. */
function* planShape(
  text: string,
  types: ParameterTypes,
  session: SessionAccess,
): Steps<CachedPlan | undefined> {
  try {
    const statement = parse(text)[0]!.statement
    const plan = yield* session.plan(statement, text, types)
    return plan.isShared && plan.parameterTypes.length === types.length ? { statement, plan } : undefined
  } catch (error) {
    // The statement as it was written is planned instead, and fails by itself if it must.
    if (error instanceof SqlError) return undefined
    throw error
  }
}
