/**
 * Model calls leave the expressions: each becomes a model_score node, which appends the score as a column.
 * The same call with the same arguments is scored once for a row, wherever it is used in one node's
 * expressions.
 */

import type { Expression } from '../expression.ts'
import { mapChildren, sameExpression } from '../expression-tree.ts'
import { hasModel } from '../optimize/predicate.ts'
import type { PhysicalPlan } from '../physical-plan.ts'
import { modelProperties } from '../stream-properties.ts'

type ModelCall = Extract<Expression, { kind: 'model' }>

export class ModelLift {
  /** The input with the scores computed so far. */
  plan: PhysicalPlan
  readonly #scored: { readonly call: ModelCall; readonly column: number }[] = []

  constructor(input: PhysicalPlan) {
    this.plan = input
  }

  /** The expression over `plan`, with scores as columns. Arguments may contain model calls themselves. */
  lift(expression: Expression): Expression {
    if (!hasModel(expression)) return expression
    const lifted = mapChildren(expression, child => this.lift(child))
    if (lifted.kind !== 'model') return lifted
    return { kind: 'column', index: this.#column(lifted), type: lifted.type, nullable: true }
  }

  #column(call: ModelCall): number {
    const known = this.#scored.find(scored => sameExpression(scored.call, call))
    if (known !== undefined) return known.column
    const { plan } = this
    const column = plan.schema.length
    this.plan = {
      kind: 'model_score',
      input: plan,
      model: call.model,
      modelVersion: call.modelVersion,
      args: call.args,
      inputAppendOnly: plan.properties.appendOnly,
      schema: [...plan.schema, { name: call.model, type: call.type, nullable: true }],
      properties: modelProperties(plan.properties),
    }
    this.#scored.push({ call, column })
    return column
  }
}
