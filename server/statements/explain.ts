/** EXPLAIN: the logical plan, the operators, and with (CODEGEN) the generated code. */

import { explainCode } from '../../executor/expression/compile.ts'
import { unreachable } from '../../planner/assert.ts'
import { bindDml, bindViewDefinition } from '../../planner/bind/bind.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import { explainLogical, explainPhysical } from '../../planner/explain.ts'
import type { Expression } from '../../planner/expression.ts'
import type { LogicalQuery } from '../../planner/logical-plan.ts'
import { optimize } from '../../planner/optimize/optimizer.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { planQuery as planPhysical } from '../../planner/physical-planner.ts'
import { field } from '../../planner/schema.ts'
import type { ExplainStatement, Statement } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import { textType } from '../../planner/types.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { parseBool } from '../settings/setting-values.ts'
import { valuesStatement } from '../value-rows.ts'
import { bindOptions } from './bind-options.ts'
import { bindSubject } from './subject.ts'

const schema = [field('QUERY PLAN', textType)]

export function* planExplain(statement: ExplainStatement, planning: Planning): Steps<PlannedStatement> {
  if (statement.analyze) throw notSupported('EXPLAIN ANALYZE')
  const wanted = readOptions(statement)
  const { query, mode } = yield* bindExplained(statement.statement, planning)
  const logical = yield* optimize(query.plan)
  const physical = planPhysical({ ...query, plan: logical }, mode)
  const lines: string[] = []
  if (wanted.has('logical')) lines.push(...explainLogical(logical))
  if (wanted.has('physical')) lines.push(...explainPhysical(physical))
  if (wanted.has('codegen')) lines.push(...codeLines(physical))
  return valuesStatement(
    schema,
    () => 'EXPLAIN',
    () => lines.map(line => [line]),
  )
}

interface Explained {
  readonly query: LogicalQuery
  readonly mode: 'streaming' | 'one_shot'
}

function* bindExplained(statement: Statement, planning: Planning): Steps<Explained> {
  const { catalog, session, searchPath, parameterTypes } = planning
  const options = bindOptions(session, searchPath, parameterTypes)
  switch (statement.kind) {
    case 'select': {
      const bound = yield* bindDml(statement, catalog, options)
      if (bound.kind === 'query') return { query: bound.query, mode: 'one_shot' }
      break
    }
    case 'insert':
    case 'update':
    case 'delete': {
      const bound = yield* bindDml(statement, catalog, options)
      if (bound.kind !== 'query') {
        return { query: { plan: bound.source, emit: { kind: 'update' } }, mode: 'one_shot' }
      }
      break
    }
    case 'create_view':
    case 'create_materialized_view':
      return { query: (yield* bindViewDefinition(statement, catalog, options)).query, mode: 'streaming' }
    case 'create_sink':
    case 'subscribe': {
      const { query } = yield* bindSubject(statement.from, statement.emit, planning)
      return { query, mode: 'streaming' }
    }
    case 'declare_cursor':
      return yield* bindExplained(statement.query, planning)
    default:
      break
  }
  throw notSupported(`EXPLAIN of this statement`, { position: statement.position })
}

const kinds = ['logical', 'physical', 'codegen'] as const
type ExplainKind = (typeof kinds)[number]

/**
 * What to print: physical unless something is asked for. Options of PostgreSQL's that only add detail are
 * accepted.
 */
function readOptions({ options }: ExplainStatement): ReadonlySet<ExplainKind> {
  const wanted = new Set<ExplainKind>()
  for (const { name, value, position } of options) {
    const kind = kinds.find(known => known === name)
    if (kind !== undefined) {
      if (parseBool(value ?? 'true') !== false) wanted.add(kind)
    } else if (name === 'format') {
      if (value?.toLowerCase() !== 'text') throw notSupported(`EXPLAIN (FORMAT ${value})`, { position })
    } else if (!['verbose', 'costs', 'settings', 'summary', 'timing', 'buffers'].includes(name)) {
      throw new SqlError(SqlState.syntaxError, `unrecognized EXPLAIN option "${name}"`, { position })
    }
  }
  if (wanted.size === 0) wanted.add('physical')
  return wanted
}

/** The code of each node that evaluates expressions, top down. */
function codeLines(plan: PhysicalPlan): readonly string[] {
  const { inputs, groups } = expressionsOf(plan)
  const lines: string[] = []
  for (const { input, expressions } of groups) {
    if (expressions.length === 0) continue
    const types = input === undefined ? [] : input.schema.map(column => column.type)
    lines.push(`-- ${plan.kind}`, ...explainCode(expressions, types).split('\n'))
  }
  return [...lines, ...inputs.flatMap(codeLines)]
}

interface NodeExpressions {
  readonly inputs: readonly PhysicalPlan[]
  /** Expressions by the input whose rows they are over. */
  readonly groups: readonly {
    readonly input: PhysicalPlan | undefined
    readonly expressions: readonly Expression[]
  }[]
}

function expressionsOf(plan: PhysicalPlan): NodeExpressions {
  switch (plan.kind) {
    case 'scan':
    case 'key_lookup':
    case 'values':
    case 'table_function':
      return { inputs: [], groups: [] }
    case 'filter_project':
      return over(plan.input, [...(plan.predicate ? [plan.predicate] : []), ...(plan.expressions ?? [])])
    case 'hash_aggregate':
      return over(plan.input, [...plan.groupBy, ...plan.aggregates.flatMap(call => call.args)])
    case 'window_aggregate': {
      const keys = plan.keys.flatMap(key => (key.kind === 'expression' ? [key.expression] : []))
      return over(plan.input, [...keys, ...plan.aggregates.flatMap(call => call.args)])
    }
    case 'hash_join': {
      const left = { input: plan.left, expressions: plan.leftKeys }
      const right = { input: plan.right, expressions: plan.rightKeys }
      return { inputs: [plan.left, plan.right], groups: [left, right] }
    }
    case 'union_all':
      return { inputs: plan.inputs, groups: [] }
    case 'model_score':
      return over(plan.input, plan.args)
    case 'sort':
      return over(
        plan.input,
        plan.keys.map(key => key.expression),
      )
    case 'window_expand':
    case 'emit_on_close':
    case 'limit':
      return { inputs: [plan.input], groups: [] }
    default:
      return unreachable(plan)
  }
}

function over(input: PhysicalPlan, expressions: readonly Expression[]): NodeExpressions {
  return { inputs: [input], groups: [{ input, expressions }] }
}
