/**
 * SQL text to bound expressions and their values, with the real parser and binder but neither server nor
 * engine.
 */

import { evaluateConstant } from '../../executor/expression/compile.ts'
import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import { formatValue } from '../../executor/expression/text-format.ts'
import { signaturesByName } from '../../executor/functions/registry.ts'
import { must } from '../../planner/assert.ts'
import { bindQuery } from '../../planner/bind/bind.ts'
import type { Catalog } from '../../planner/catalog.ts'
import type { Expression } from '../../planner/expression.ts'
import type { Schema } from '../../planner/schema.ts'
import { parse } from '../../planner/sql/parse.ts'
import { finish } from '../../planner/steps.ts'
import { relation } from './plans.ts'

/** UTC, no parameters, errors thrown. */
export const testContext: EvaluationContext = {
  timeZone: 'UTC',
  transactionTimestamp: 1_700_000_000_000_000n,
  statementTimestamp: 1_700_000_000_000_000n,
  parameters: [],
  settings: new Map(),
  onError: 'throw',
}

/** A catalog of all functions and, where a schema is given, a table `t`. */
export function functionCatalog(schema?: Schema): Catalog {
  const table = schema && relation('table', 't', schema)
  return {
    epoch: 1,
    databaseName: 'dev',
    findRelation: (_, name) => (name === 't' ? table : undefined),
    findModel: () => undefined,
    hasSchema: () => true,
    findFunctions: signaturesByName,
    relations: () => (table === undefined ? [] : [table]),
    models: () => [],
  }
}

/** The select list's expressions over `t`'s columns. loadParser must have run. */
export function bindExpressions(list: string, schema?: Schema): readonly Expression[] {
  const statement = must(
    parse(`SELECT ${list}${schema === undefined ? '' : ' FROM t'}`)[0],
    'one statement',
  ).statement
  if (statement.kind !== 'select') throw new Error('not a query')
  const { plan } = finish(
    bindQuery(statement, functionCatalog(schema), {
      searchPath: ['public'],
      parameterTypes: undefined,
    }),
  ).query
  if (plan.kind !== 'project') throw new Error(`a ${plan.kind} where a projection was expected`)
  return plan.expressions
}

export function bindExpression(text: string, schema?: Schema): Expression {
  return must(bindExpressions(text, schema)[0], 'one expression')
}

/** The value of an expression without columns. */
export function evaluate(text: string, context: EvaluationContext = testContext): SqlValue {
  return evaluateConstant(bindExpression(text), context)
}

/** The value's text form; null for NULL. */
export function evaluateText(text: string, context: EvaluationContext = testContext): string | null {
  const expression = bindExpression(text)
  const value = evaluateConstant(expression, context)
  return value === null ? null : formatValue(expression.type, value, context)
}
