/** CURRENT_DATE and its kin, which SQL writes without parentheses. */

import type { Expression } from '../expression.ts'
import type { Expression as SyntaxExpression } from '../sql/ast.ts'
import { dateType, type TimeKind } from '../types.ts'
import { callBuiltin } from './builtin.ts'
import { castTo } from './cast.ts'
import type { StatementContext } from './statement-context.ts'
import { reducedPrecision } from './type-name.ts'

export function bindSqlValue(
  statement: StatementContext,
  expression: SyntaxExpression & { kind: 'sql_value' },
): Expression {
  const { name, precision } = expression
  const position = expression.position || undefined
  const digits = precision === undefined ? undefined : reducedPrecision(precision)
  const nowAs = (kind: TimeKind) => castTo(statement, call('now'), { kind, precision: digits }, position)
  const call = (functionName: string) => callBuiltin(statement, functionName, [], position)
  switch (name) {
    case 'current_timestamp':
      return nowAs('timestamptz')
    case 'localtimestamp':
      return nowAs('timestamp')
    case 'current_date':
      return castTo(statement, call('now'), dateType, position)
    case 'localtime':
      return nowAs('time')
    case 'current_time':
      return nowAs('timetz')
    case 'current_catalog':
      return call('current_database')
    case 'current_schema':
    case 'session_user':
    case 'current_user':
      return call(name)
    case 'user':
    case 'current_role':
      return call('current_user')
  }
}
