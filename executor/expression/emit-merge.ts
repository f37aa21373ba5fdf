/**
 * Where control flow joins: the arms of CASE and COALESCE leave their values in the same locals. The form is
 * chosen when all arms are known, so that text ranges of one buffer and pairs of numerics stay what they are.
 */

import { type DataType, physicalKind } from '../../planner/types.ts'
import type { Code, RangeCode } from './code.ts'
import { initialOf, jsSource } from './emit-convert.ts'
import type { Kernel } from './kernel.ts'

interface Arm {
  readonly slot: number
  readonly code: Code
}

export class Merge {
  readonly #kernel: Kernel
  readonly #type: DataType
  readonly #declaration: number
  readonly #arms: Arm[] = []

  /** Make it before the control flow opens: the locals are declared here. */
  constructor(kernel: Kernel, type: DataType) {
    this.#kernel = kernel
    this.#type = type
    this.#declaration = kernel.source.slot()
  }

  /** The value when control flow leaves here. */
  arm(code: Code): void {
    this.#arms.push({ slot: this.#kernel.source.slot(), code })
  }

  /** The merged value; call it after the control flow is closed. */
  finish(): Code {
    const present = this.#arms.filter(arm => arm.code.isNull !== 'true')
    const kernel = this.#kernel
    const isNull = this.#arms.every(arm => arm.code.isNull === 'false') ? 'false' : kernel.source.name('n')
    if (present.length > 0 && present.every(arm => arm.code.form === 'range')) return this.#ranges(isNull)
    if (physicalKind(this.#type) === 'numeric') return this.#pairs(isNull)
    return this.#js(isNull)
  }

  #js(isNull: string): Code {
    const local = this.#kernel.source.name('v')
    this.#declare(isNull, [`${local} = ${initialOf(this.#type)}`])
    for (const arm of this.#arms) {
      this.#assign(arm, isNull, code => [[local, jsSource(this.#kernel, code, this.#type)]])
    }
    return { form: 'js', source: local, isNull }
  }

  #pairs(isNull: string): Code {
    const source = this.#kernel.source
    const [coefficient, scale, wide] = [source.name('c'), source.name('d'), source.name('w')]
    this.#declare(isNull, [`${coefficient} = 0n`, `${scale} = -1`, `${wide} = null`])
    for (const arm of this.#arms) {
      this.#assign(arm, isNull, code => {
        if (code.form !== 'pair') return [[wide, jsSource(this.#kernel, code, this.#type)]]
        const wideSource = code.wide === 'null' ? 'null' : `${code.scale} < 0 ? ${code.wide} : null`
        return [
          [coefficient, code.coefficient],
          [scale, code.scale],
          [wide, wideSource],
        ]
      })
    }
    return { form: 'pair', coefficient, scale, wide, isNull }
  }

  #ranges(isNull: string): Code {
    const source = this.#kernel.source
    const codes = this.#arms.filter(arm => arm.code.isNull !== 'true').map(arm => arm.code as RangeCode)
    const shared = codes.every(code => code.bytes === codes[0]!.bytes)
    const bytes = shared ? codes[0]!.bytes : source.name('b')
    const [start, end] = [source.name('s'), source.name('e')]
    this.#declare(isNull, [
      `${start} = 0`,
      `${end} = 0`,
      ...(shared ? [] : [`${bytes} = ${codes[0]!.bytes}`]),
    ])
    for (const arm of this.#arms) {
      this.#assign(arm, isNull, code => {
        const range = code as RangeCode
        const ends: [string, string][] = [
          [start, range.start],
          [end, range.end],
        ]
        return shared ? ends : [...ends, [bytes, range.bytes]]
      })
    }
    return { form: 'range', bytes, start, end, isNull }
  }

  #declare(isNull: string, locals: readonly string[]): void {
    const all = isNull === 'false' ? locals : [...locals, `${isNull} = true`]
    this.#kernel.source.fill(this.#declaration, [`let ${all.join(', ')}`])
  }

  /** The merged NULL flag starts as true: an arm clears it where it has a value. */
  #assign(arm: Arm, isNull: string, targets: (code: Code) => readonly (readonly [string, string])[]): void {
    const { code, slot } = arm
    if (code.isNull === 'true') return
    const assignments = targets(code).map(([target, value]) => `${target} = ${value}`)
    if (isNull !== 'false') assignments.push(`${isNull} = false`)
    if (code.isNull === 'false') this.#kernel.source.fill(slot, [assignments.join('; ')])
    else this.#kernel.source.fill(slot, [`if (!${code.isNull}) { ${assignments.join('; ')} }`])
  }
}
