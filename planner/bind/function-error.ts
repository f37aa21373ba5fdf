/** Errors of calls that match no overload, or several (parse_func.c). */

import { SqlError, SqlState } from '../errors.ts'
import type { Position } from '../expression.ts'
import type { FunctionCall } from '../sql/ast.ts'
import type { DataType } from '../types.ts'
import { typeName } from './coerce.ts'
import type { StatementContext } from './statement-context.ts'

/** The schema a call names, if any. */
export function schemaOf(call: FunctionCall): string | undefined {
  return call.name[call.name.length - 2]
}

/** 42883 with the call as PostgreSQL prints it, or 42725. */
export function missingFunction(
  statement: StatementContext,
  call: FunctionCall,
  types: readonly DataType[],
  why: 'none' | 'ambiguous',
): SqlError {
  const position: Position = call.position || undefined
  const schemaName = schemaOf(call)
  if (schemaName !== undefined && schemaName !== 'pg_catalog' && !statement.catalog.hasSchema(schemaName)) {
    return new SqlError(SqlState.invalidSchemaName, `schema "${schemaName}" does not exist`, { position })
  }
  const shown = types.map((type, index) => {
    const name = call.args[index]?.name
    return name === undefined ? typeName(type) : `${name} => ${typeName(type)}`
  })
  const signature = `${call.name.join('.')}(${shown.join(', ')})`
  if (why === 'ambiguous') {
    return new SqlError(SqlState.ambiguousFunction, `function ${signature} is not unique`, {
      position,
      hint: 'Could not choose a best candidate function. You might need to add explicit type casts.',
    })
  }
  return new SqlError(SqlState.undefinedFunction, `function ${signature} does not exist`, {
    position,
    hint: 'No function matches the given name and argument types. You might need to add explicit type casts.',
  })
}
