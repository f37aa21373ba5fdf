/** Filters and projections, fused into one node; conditions that ask no model run before those that do. */

import type { Expression } from '../expression.ts'
import { conjunction, hasModel, splitConjunction } from '../optimize/predicate.ts'
import type { PhysicalPlan } from '../physical-plan.ts'
import type { Schema } from '../schema.ts'
import { projectProperties } from '../stream-properties.ts'
import { ModelLift } from './model-lift.ts'

/** Rows of `input` that satisfy the predicate, through the expressions; undefined = all rows, all columns. */
export function planFilterProject(
  input: PhysicalPlan,
  predicate: Expression | undefined,
  expressions: readonly Expression[] | undefined,
  schema: Schema,
): PhysicalPlan {
  const conditions = predicate === undefined ? [] : splitConjunction(predicate)
  const asking = conditions.filter(hasModel)
  if (asking.length === 0 && expressions?.some(hasModel) !== true) {
    return filterProject(input, predicate, expressions, schema)
  }
  const plain = conjunction(conditions.filter(condition => !hasModel(condition)))
  const lift = new ModelLift(
    plain === undefined ? input : filterProject(input, plain, undefined, input.schema),
  )
  const condition = conjunction(asking.map(expression => lift.lift(expression)))
  const projected = (expressions ?? columnsOfSchema(schema)).map(expression => lift.lift(expression))
  return filterProject(lift.plan, condition, projected, schema)
}

/** Every column, in order. */
export function columnsOfSchema(schema: Schema): Expression[] {
  return schema.map(({ type, nullable }, index) => ({ kind: 'column', index, type, nullable }))
}

function filterProject(
  input: PhysicalPlan,
  predicate: Expression | undefined,
  expressions: readonly Expression[] | undefined,
  schema: Schema,
): PhysicalPlan {
  if (predicate === undefined && expressions === undefined) return { ...input, schema }
  const properties =
    expressions === undefined ? input.properties : projectProperties(input.properties, expressions)
  return { kind: 'filter_project', input, predicate, expressions, schema, properties }
}
