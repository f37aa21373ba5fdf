/** WATERMARK FOR column AS expression [IDLE TIMEOUT interval]. */

import type { WatermarkSpec } from '../catalog.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { Position } from '../expression.ts'
import type { Schema } from '../schema.ts'
import type { WatermarkClause } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { tryCoerce, typeName } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import { intervalMicros } from './interval-constant.ts'
import { refuseModelCall } from './model-call.ts'
import type { RangeTable } from './scope.ts'
import { tableScope } from './scope.ts'
import type { StatementContext } from './statement-context.ts'

/** The expression is over the relation's whole row and converted to the column's type. */
export function* bindWatermark(
  statement: StatementContext,
  name: string,
  schema: Schema,
  clause: WatermarkClause,
): Steps<WatermarkSpec> {
  const position: Position = clause.position || undefined
  const column = schema.findIndex(other => other.name === clause.column)
  const watched = schema[column]
  if (watched === undefined) {
    throw new SqlError(SqlState.undefinedColumn, `column "${clause.column}" does not exist`, { position })
  }
  if (!['date', 'timestamp', 'timestamptz'].includes(watched.type.kind)) {
    throw new SqlError(
      SqlState.datatypeMismatch,
      `the watermark column "${watched.name}" must be of type date or timestamp,` +
        ` not type ${typeName(watched.type)}`,
      { position },
    )
  }
  const table: RangeTable = { name, schemaName: undefined, aliasOf: undefined, relation: undefined }
  const scope = tableScope(table, schema, [], [])
  const binder = expressionBinder(statement, scope, 'aggregate functions are not allowed in WATERMARK')
  const bound = yield* binder.bind(clause.expression)
  refuseModelCall(bound, 'WATERMARK')
  const expression = tryCoerce(statement, bound, watched.type, 'assignment')
  if (expression === undefined) {
    throw new SqlError(
      SqlState.datatypeMismatch,
      `column "${watched.name}" is of type ${typeName(watched.type)}` +
        ` but its watermark is of type ${typeName(bound.type)}`,
      { position: statement.locationOf(bound) },
    )
  }
  return { column, expression, idleTimeoutMs: clause.idleTimeout && idleTimeoutMs(clause.idleTimeout) }
}

function idleTimeoutMs(expression: WatermarkClause['idleTimeout'] & object): number {
  const micros = intervalMicros(expression, 'the idle timeout')
  if (micros > 0n) return Number(micros) / 1000
  throw new SqlError(SqlState.invalidParameterValue, 'the idle timeout must be positive', {
    position: expression.position || undefined,
  })
}
