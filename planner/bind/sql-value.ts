/** CURRENT_DATE and its kin, which SQL writes without parentheses. */

import { notSupported } from '../errors.ts'
import type { Expression } from '../expression.ts'
import type { Expression as SyntaxExpression } from '../sql/ast.ts'
import { dateType, timestampType, timeType } from '../types.ts'
import { callBuiltin } from './builtin.ts'
import { castTo } from './cast.ts'
import type { StatementContext } from './statement-context.ts'

export function bindSqlValue(
  statement: StatementContext,
  expression: SyntaxExpression & { kind: 'sql_value' },
): Expression {
  const { name, precision } = expression
  const position = expression.position || undefined
  if (precision !== undefined && precision < 6) throw notSupported(`${name}(${precision})`, { position })
  const call = (functionName: string) => callBuiltin(statement, functionName, [], position)
  switch (name) {
    case 'current_timestamp':
      return call('now')
    case 'localtimestamp':
      return castTo(statement, call('now'), timestampType, position)
    case 'current_date':
      return castTo(statement, call('now'), dateType, position)
    case 'localtime':
      return castTo(statement, call('now'), timeType, position)
    case 'current_time':
      throw notSupported('type time with time zone', { position })
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
