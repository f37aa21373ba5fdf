/** Number literals: their types, and negative ones, which PostgreSQL's grammar makes one constant. */

import type { Expression } from '../expression.ts'
import type { Expression as SyntaxExpression } from '../sql/ast.ts'
import type { DataType } from '../types.ts'
import { int4Type, int8Type, numericType } from '../types.ts'

const int4Max = 2n ** 31n - 1n
const int8Max = 2n ** 63n - 1n

/** An integer is of the smallest of int4, int8, numeric that holds it; everything else is numeric. */
export function numberType(text: string): DataType {
  if (!/^-?\d+$/.test(text)) return numericType
  const value = BigInt(text)
  if (value <= int4Max && value >= -int4Max - 1n) return int4Type
  return value <= int8Max && value >= -int8Max - 1n ? int8Type : numericType
}

/** `- 2147483648` is the smallest integer, not minus a bigint; undefined for any other prefix operator. */
export function foldNegative(operator: SyntaxExpression & { kind: 'operator' }): Expression | undefined {
  const { name, right } = operator
  if (name !== '-' || right.kind !== 'literal') return undefined
  if (right.literal !== 'integer' && right.literal !== 'number') return undefined
  const text = right.text.startsWith('-') ? right.text.slice(1) : `-${right.text}`
  return { kind: 'literal', text, type: numberType(text), position: operator.position || undefined }
}
