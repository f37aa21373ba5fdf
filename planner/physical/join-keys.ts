/** Cuts a join's condition into equalities between the sides, by which rows are found, and the rest. */

import { unreachable } from '../assert.ts'
import type { Expression } from '../expression.ts'
import { isVolatile, mapColumns } from '../expression-tree.ts'
import { conjunction, constantTruth, hasModel, readsOnly, splitConjunction } from '../optimize/predicate.ts'
import {
  type DataType,
  float8Type,
  int4Type,
  int8Type,
  numericType,
  sameBaseType,
  type TypeKind,
  textType,
  timestampType,
  timestamptzType,
} from '../types.ts'

export interface JoinKeys {
  /** Over the left columns. The key pairs have equal types; NULL matches nothing. */
  readonly left: readonly Expression[]
  /** Over the right columns, counted from 0. */
  readonly right: readonly Expression[]
  /** Over the left, then the right columns. */
  readonly residual: Expression | undefined
}

export function splitJoinCondition(condition: Expression, leftWidth: number): JoinKeys {
  const left: Expression[] = []
  const right: Expression[] = []
  const rest: Expression[] = []
  for (const part of splitConjunction(condition)) {
    const pair = equality(part, leftWidth)
    if (pair !== undefined) {
      left.push(pair[0])
      right.push(mapColumns(pair[1], index => index - leftWidth))
    } else if (constantTruth(part) !== 'true') rest.push(part)
  }
  return { left, right, residual: conjunction(rest) }
}

/** `a = b` with a of the left and b of the right side, in either order, as expressions of one type. */
function equality(part: Expression, leftWidth: number): readonly [Expression, Expression] | undefined {
  if (part.kind !== 'call' || part.signature.kind !== 'operator' || part.signature.name !== '=')
    return undefined
  if (isVolatile(part) || hasModel(part)) return undefined
  const [first, second] = part.args
  if (first === undefined || second === undefined) return undefined
  const isLeft = (expression: Expression) => isOfSide(expression, index => index < leftWidth)
  const isRight = (expression: Expression) => isOfSide(expression, index => index >= leftWidth)
  if (isLeft(first) && isRight(second)) return ofOneType(first, second)
  if (isRight(first) && isLeft(second)) return ofOneType(second, first)
  return undefined
}

/** Reads columns, and only those of the side. */
function isOfSide(expression: Expression, test: (index: number) => boolean): boolean {
  return readsOnly(expression, test) && !readsOnly(expression, () => false)
}

function ofOneType(left: Expression, right: Expression): readonly [Expression, Expression] | undefined {
  if (sameBaseType(left.type, right.type)) return [left, right]
  const type = commonKeyType(left.type, right.type)
  return type === undefined ? undefined : [converted(left, type), converted(right, type)]
}

function converted(input: Expression, type: DataType): Expression {
  if (sameBaseType(input.type, type)) return input
  return { kind: 'cast', input, type, context: 'implicit', position: undefined }
}

type KeyFamily = 'integer' | 'numeric' | 'float' | 'text' | 'time' | 'zoned'

const families: Partial<Record<TypeKind, KeyFamily>> = {
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  numeric: 'numeric',
  float4: 'float',
  float8: 'float',
  text: 'text',
  varchar: 'text',
  name: 'text',
  date: 'time',
  timestamp: 'time',
  timestamptz: 'zoned',
}

/** A type in which both are equal exactly when the cross-type `=` says so; undefined when there is none. */
function commonKeyType(left: DataType, right: DataType): DataType | undefined {
  const first = families[left.kind]
  const second = families[right.kind]
  if (first === undefined || second === undefined) return undefined
  if (first === second) {
    switch (first) {
      case 'integer':
        return left.kind === 'int8' || right.kind === 'int8' ? int8Type : int4Type
      case 'float':
        return float8Type
      case 'text':
        return textType
      case 'time':
        return timestampType
      case 'numeric':
      case 'zoned':
        return left
      default:
        return unreachable(first)
    }
  }
  const pair = [first, second]
  if (pair.includes('integer') && pair.includes('numeric')) return numericType
  return pair.includes('time') && pair.includes('zoned') ? timestamptzType : undefined
}
