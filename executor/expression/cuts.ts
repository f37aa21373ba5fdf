/**
 * Where wide expressions are cut: into parts of bounded size, each a generated function of the row (part.ts).
 * V8 leaves long functions alone, and many short ones are made with turns for others in between.
 *
 * What remains of an expression when its parts are taken out is bounded too, from the leaves up: of nodes
 * with a fixed number of operands the largest become parts, the operands of a list are grouped in order.
 * AND, OR, COALESCE and GREATEST over groups are what they are over all operands.
 */

import type { CaseBranch, Expression } from '../../planner/expression.ts'
import { childrenOf, isVolatile, readsNoColumn } from '../../planner/expression-tree.ts'

/** Calls, columns and constants in one function. */
export const FUNCTION_SIZE_MAX = 600

/**
 * What a part's function returns: its value; of a CASE's branches the value of the first that matches,
 * undefined where none does; of an array's elements their list.
 */
export type PartForm = 'value' | 'branches' | 'elements'

export class Cuts {
  readonly #parts = new Map<Expression, PartForm>()
  readonly #groups = new Map<Expression, readonly Expression[]>()
  /** What is computed in place of expressions with operands. */
  readonly #sizes = new Map<Expression, number>()

  constructor(expressions: readonly Expression[]) {
    for (const expression of expressions) this.#cut(expression)
  }

  get parts(): ReadonlyMap<Expression, PartForm> {
    return this.#parts
  }

  /** Parts that stand for the operands (branches, elements) of a long list; undefined for all others. */
  groupsOf(expression: Expression): readonly Expression[] | undefined {
    return this.#groups.get(expression)
  }

  /** Calls, columns and constants that are left in place; of one of the expressions or in them. */
  sizeOf(expression: Expression): number {
    return this.#sizes.get(expression) ?? 1
  }

  #cut(expression: Expression): void {
    if (this.#sizes.has(expression)) return
    const operands = childrenOf(expression)
    if (operands.length === 0) return
    for (const operand of operands) this.#cut(operand)
    const size = 1 + this.#sum(operands)
    this.#sizes.set(expression, size)
    if (size > FUNCTION_SIZE_MAX) this.#divide(expression, operands)
  }

  #divide(expression: Expression, operands: readonly Expression[]): void {
    switch (expression.kind) {
      case 'and':
      case 'or':
      case 'coalesce':
      case 'extremum': {
        const groups = this.#group(operands, operand => this.sizeOf(operand))
        const lists = groups.map(args => (args.length === 1 ? args[0]! : { ...expression, args }))
        this.#replace(expression, lists, 'value', 0)
        break
      }
      case 'array':
      case 'row': {
        // A list of constants is one itself, and leaves no code.
        if (readsNoColumn(expression) && !isVolatile(expression)) {
          this.#sizes.set(expression, 1)
          break
        }
        const groups = this.#group(operands, operand => this.sizeOf(operand))
        const lists = groups.map(elements => ({ ...expression, elements }))
        this.#replace(expression, lists, 'elements', 0)
        break
      }
      case 'case': {
        const sizeOf = ({ when, then }: CaseBranch): number => this.sizeOf(when) + this.sizeOf(then)
        const cases = this.#group(expression.branches, sizeOf).map(branches => ({ ...expression, branches }))
        this.#replace(expression, cases, 'branches', this.sizeOf(expression.otherwise))
        break
      }
      default:
        this.#takeLargest(expression, operands)
    }
  }

  /** `rest`: the size of the operands that are in no group. */
  #replace(expression: Expression, groups: readonly Expression[], form: PartForm, rest: number): void {
    for (const group of groups) this.#setPart(group, form)
    this.#groups.set(expression, groups)
    this.#sizes.set(expression, 1 + groups.length + rest)
  }

  #takeLargest(expression: Expression, operands: readonly Expression[]): void {
    const bySize = [...new Set(operands)].sort((left, right) => this.sizeOf(right) - this.sizeOf(left))
    for (const operand of bySize) {
      this.#setPart(operand, 'value')
      const size = 1 + this.#sum(operands)
      this.#sizes.set(expression, size)
      if (size <= FUNCTION_SIZE_MAX) return
    }
  }

  #setPart(part: Expression, form: PartForm): void {
    this.#parts.set(part, form)
    this.#sizes.set(part, 1)
  }

  /** Neighbours together, as many as one function holds. */
  #group<Item>(items: readonly Item[], sizeOf: (item: Item) => number): readonly (readonly Item[])[] {
    const groups: Item[][] = []
    let size = FUNCTION_SIZE_MAX
    for (const item of items) {
      const own = sizeOf(item)
      if (size + own > FUNCTION_SIZE_MAX) {
        groups.push([])
        size = 0
      }
      size += own
      groups.at(-1)!.push(item)
    }
    return groups
  }

  #sum(operands: readonly Expression[]): number {
    return operands.reduce((sum, operand) => sum + this.sizeOf(operand), 0)
  }
}
