/**
 * Equal keys for equal expressions, so that a kernel computes a common subexpression once per row. A key is a
 * small number, hash-consed over the children's keys. Volatile calls never share one, nor do long lists:
 * describing them costs more than computing them.
 */

import type { Expression } from '../../planner/expression.ts'
import { childrenOf } from '../../planner/expression-tree.ts'
import { type DataType, formatType } from '../../planner/types.ts'

const LIST_MAX = 100

export class ExpressionKeys {
  readonly #ids = new Map<string, string>()
  readonly #known = new Map<Expression, string>()

  /** The key of `expression`. */
  of(expression: Expression): string {
    const known = this.#known.get(expression)
    if (known !== undefined) return known
    const isShared = !isVolatileCall(expression) && !isLongList(expression)
    const text = isShared ? this.#describe(expression) : `own ${this.#known.size}`
    let id = this.#ids.get(text)
    if (id === undefined) this.#ids.set(text, (id = String(this.#ids.size)))
    this.#known.set(expression, id)
    return id
  }

  #describe(expression: Expression): string {
    const own: unknown[] = [expression.kind, typeKey(expression.type)]
    for (const child of childrenOf(expression)) own.push(this.of(child))
    for (const [name, value] of Object.entries(expression)) {
      if (name === 'position' || name === 'type' || name === 'kind') continue
      if (typeof value === 'object' && value !== null) {
        if ('id' in value) own.push(value.id)
      } else own.push(value)
    }
    return JSON.stringify(own)
  }
}

/** True when the expression or a part of it is volatile. */
export function isVolatile(expression: Expression): boolean {
  return isVolatileCall(expression) || childrenOf(expression).some(isVolatile)
}

function isVolatileCall(expression: Expression): boolean {
  return expression.kind === 'call' && expression.signature.volatility === 'volatile'
}

function isLongList(expression: Expression): boolean {
  return expression.kind === 'array' && expression.elements.length > LIST_MAX
}

function typeKey(type: DataType): string {
  if (type.kind !== 'record') return formatType(type)
  return `(${type.fields.map(field => typeKey(field.type)).join()})`
}
