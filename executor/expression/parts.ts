/**
 * The parts of wide expressions (cuts.ts) as generated functions of the row. They are the same for every
 * shape of input, so that they can be made before the first batch comes; many have equal source, and with it
 * the same code.
 *
 *   const k0 = constants[0]                       <- head: once per batch
 *   return row => {                               <- body: once per row that asks for the part
 *     const v1 = values0[row]
 */

import { must, unreachable } from '../../planner/assert.ts'
import type { Expression } from '../../planner/expression.ts'
import { childrenOf } from '../../planner/expression-tree.ts'
import type { DataType } from '../../planner/types.ts'
import type { Column } from '../batch/column.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { compileFunction } from './codegen.ts'
import { Cuts, type PartForm } from './cuts.ts'
import { emit, emitInPlace } from './emit.ts'
import { emitBranches } from './emit-control.ts'
import { toJsOrNull } from './emit-convert.ts'
import { emitElements } from './emit-nested.ts'
import type { EvaluationContext } from './evaluation-context.ts'
import { type InputShape, Kernel } from './kernel.ts'

/** A part of one batch: from an input row to its value, NULL, or what else its form gives. */
export type PartFunction = (row: number) => RuntimeValue | undefined

/** Binds a part to a batch; `state` is that of the loop which asks. */
export type BindPart = (columns: readonly Column[], state: unknown) => PartFunction

type MakePart = (columns: readonly Column[], constants: readonly unknown[], state: unknown) => PartFunction

const parameterNames = ['columns', 'constants', 'state']
const shape: InputShape = { nullable: () => true, buffer: column => column }

export class Parts {
  readonly cuts: Cuts
  readonly #inputTypes: readonly DataType[]
  readonly #context: EvaluationContext
  readonly #made = new Map<Expression, BindPart>()

  constructor(
    expressions: readonly Expression[],
    inputTypes: readonly DataType[],
    context: EvaluationContext,
  ) {
    this.cuts = new Cuts(expressions)
    this.#inputTypes = inputTypes
    this.#context = context
  }

  /** What computes a part; it is made when a batch first needs it, or `compile` comes to it. */
  binder(part: Expression): BindPart {
    const form = must(this.cuts.parts.get(part), 'only parts have functions')
    return (columns, state) => this.#make(part, form)(columns, state)
  }

  /** Makes all parts, a step each. */
  *compile(): Generator<void> {
    for (const [part, form] of this.cuts.parts) {
      this.#make(part, form)
      yield
    }
  }

  #make(part: Expression, form: PartForm): BindPart {
    const known = this.#made.get(part)
    if (known !== undefined) return known
    const kernel = new Kernel(this.#inputTypes, shape, this.#context, this, emit)
    emitPart(kernel, part, form)
    kernel.finishLiterals()
    const { source } = kernel
    const make = compileFunction<MakePart>(parameterNames, source.finishFunction())
    const bind: BindPart = (columns, state) => make(columns, source.constants, state)
    this.#made.set(part, bind)
    return bind
  }
}

function emitPart(kernel: Kernel, part: Expression, form: PartForm): void {
  switch (form) {
    case 'value':
      kernel.source.line(`return ${toJsOrNull(kernel, emitInPlace(kernel, part), part.type)}`)
      return
    case 'branches':
      emitBranches(kernel, part as Extract<Expression, { kind: 'case' }>)
      return
    case 'elements':
      kernel.source.line(`return [${emitElements(kernel, childrenOf(part)).join(', ')}]`)
      return
    default:
      unreachable(form)
  }
}
