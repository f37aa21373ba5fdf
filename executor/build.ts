/**
 * Physical plans to operator graphs: the only place that constructs operators. One case per kind of node.
 */

import { unreachable } from '../planner/assert.ts'
import type { PhysicalPlan } from '../planner/physical-plan.ts'
import type { EvaluationContext } from './expression/evaluation-context.ts'
import { EmitOnClose } from './operators/emit-on-close.ts'
import { FilterProject } from './operators/filter-project.ts'
import { generateTable, generateValues } from './operators/generators.ts'
import { HashAggregate } from './operators/hash-aggregate.ts'
import { HashJoin } from './operators/hash-join.ts'
import { Limit } from './operators/limit.ts'
import { ModelScore } from './operators/model-score.ts'
import type { ModelScorer } from './operators/model-scorer.ts'
import type { Operator } from './operators/operator.ts'
import { Sort } from './operators/sort.ts'
import { UnionAll } from './operators/union-all.ts'
import { WindowAggregate } from './operators/window-aggregate.ts'
import { WindowExpand } from './operators/window-expand.ts'
import type { NodeId, Pipeline } from './runtime/pipeline.ts'
import { PipelineBuilder } from './runtime/pipeline.ts'

/** What operators need besides their plan. */
export interface BuildEnvironment {
  readonly modelScorer: ModelScorer
}

/**
 * The operator graph of a plan. Expressions are compiled here: errors in constants (22P02 …) come from this
 * call.
 */
export function buildPipeline(
  plan: PhysicalPlan,
  context: EvaluationContext,
  environment: BuildEnvironment,
): Pipeline {
  const builder = new PipelineBuilder()
  return builder.build(addNode(builder, plan, context, environment))
}

function addNode(
  builder: PipelineBuilder,
  plan: PhysicalPlan,
  context: EvaluationContext,
  environment: BuildEnvironment,
): NodeId {
  const build = (input: PhysicalPlan): NodeId => addNode(builder, input, context, environment)
  const unary = (input: PhysicalPlan, operator: Operator): NodeId =>
    builder.operator(plan, operator, [build(input)])
  switch (plan.kind) {
    case 'scan':
    case 'key_lookup':
      return builder.leaf(plan)
    case 'values':
      return builder.generator(plan, generateValues(plan, context))
    case 'table_function':
      return builder.generator(plan, generateTable(plan, context))
    case 'filter_project':
      return unary(plan.input, new FilterProject(plan, context))
    case 'hash_aggregate':
      return unary(plan.input, new HashAggregate(plan, context))
    case 'window_aggregate':
      return unary(plan.input, new WindowAggregate(plan, context))
    case 'window_expand':
      return unary(plan.input, new WindowExpand(plan))
    case 'hash_join': {
      const inputs = [build(plan.left), build(plan.right)]
      return builder.operator(plan, new HashJoin(plan, context), inputs)
    }
    case 'union_all':
      return builder.operator(plan, new UnionAll(), plan.inputs.map(build))
    case 'model_score':
      return unary(plan.input, new ModelScore(plan, environment.modelScorer, context))
    case 'emit_on_close':
      return unary(plan.input, new EmitOnClose(plan))
    case 'sort':
      return unary(plan.input, new Sort(plan, context))
    case 'limit':
      return unary(plan.input, new Limit(plan, context))
    default:
      return unreachable(plan)
  }
}
