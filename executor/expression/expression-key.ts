/**
 * Equal keys for equal expressions, so that a kernel computes a common subexpression once per row. A key is a
 * small number, hash-consed over the children's keys. Volatile calls never share one, nor do long lists and
 * what is cut out or into parts: describing them costs more than computing them.
 */

import type { Expression } from '../../planner/expression.ts'
import { childrenOf } from '../../planner/expression-tree.ts'
import { type DataType, formatType } from '../../planner/types.ts'
import type { Cuts } from './cuts.ts'

const LIST_MAX = 100

export class ExpressionKeys {
  readonly #ids = new Map<string, string>()
  readonly #known = new Map<Expression, string>()
  readonly #cuts: Cuts

  constructor(cuts: Cuts) {
    this.#cuts = cuts
  }

  /** The key of `expression`. */
  of(expression: Expression): string {
    const known = this.#known.get(expression)
    if (known !== undefined) return known
    const isShared = !isVolatileCall(expression) && !isLongList(expression) && !this.#isCut(expression)
    const text = isShared ? this.#describe(expression) : `own ${this.#known.size}`
    let id = this.#ids.get(text)
    if (id === undefined) this.#ids.set(text, (id = String(this.#ids.size)))
    this.#known.set(expression, id)
    return id
  }

  #isCut(expression: Expression): boolean {
    return this.#cuts.parts.has(expression) || this.#cuts.groupsOf(expression) !== undefined
  }

  #describe(expression: Expression): string {
    let text = `${expression.kind} ${typeKey(expression.type)}`
    for (const child of childrenOf(expression)) text += ` ${this.of(child)}`
    for (const [name, value] of Object.entries(expression)) {
      if (name === 'position' || name === 'type' || name === 'kind') continue
      if (typeof value !== 'object' || value === null) text += ` ${typeof value} ${value}`
      else if ('id' in value) text += ` ${value.id}`
    }
    return text
  }
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
