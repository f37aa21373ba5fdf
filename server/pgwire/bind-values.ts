/** What Bind says of values and formats, checked and decoded. An error of a parameter names it. */

import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import type { Portal } from '../session-contract.ts'
import type { BindMessage } from './frontend-messages.ts'
import { decodeParameter } from './parameter-values.ts'
import { expandFormats } from './row-writer.ts'

const BINARY = 1

export function decodeParameters(
  { portal, parameters, parameterFormats }: BindMessage,
  types: readonly DataType[],
  context: EvaluationContext,
): SqlValue[] {
  const formats = expandFormats(parameterFormats, types.length)
  return types.map((type, index) => {
    const format = formats[index]!
    const bytes = parameters[index]!
    try {
      checkFormat(format)
      return decodeParameter(type, format, bytes, context)
    } catch (error) {
      throw error instanceof SqlError ? ofParameter(error, { portal, index, format }) : error
    }
  })
}

/** A format for each column of the portal. */
export function resultFormats(
  { resultFormats: formats }: BindMessage,
  { fields }: Portal,
): readonly number[] {
  if (fields === undefined) return []
  const columns = fields.schema.length
  if (formats.length > 1 && formats.length !== columns) {
    throw new SqlError(
      SqlState.protocolViolation,
      `bind message has ${formats.length} result formats but query has ${columns} columns`,
    )
  }
  for (const format of formats) checkFormat(format)
  return expandFormats(formats, columns)
}

function checkFormat(format: number): void {
  if (format <= BINARY) return
  throw new SqlError(SqlState.invalidParameterValue, `unsupported format code: ${format}`)
}

interface Where {
  readonly portal: string
  readonly index: number
  readonly format: number
}

/** PostgreSQL says that there was text, and, as it is set up at first, not which. */
function ofParameter(error: SqlError, { portal, index, format }: Where): SqlError {
  const parameter = `${portal === '' ? 'unnamed portal' : `portal "${portal}"`} parameter $${index + 1}`
  const isText = format === 0 && error.code !== SqlState.characterNotInRepertoire
  const isLeftOver = error.message === 'incorrect binary data format'
  const message = isLeftOver ? `${error.message} in bind parameter ${index + 1}` : error.message
  const where = isText ? `${parameter} = '...'` : parameter
  return new SqlError(error.code, message, { ...error.fields, where })
}
