/**
 * One generated kernel while it is written: its source, the batch's shape it is specialised for, and the
 * codes of its inputs and constants. How each kind of expression is written is in the emit-*.ts files.
 */

import type { Expression } from '../../planner/expression.ts'
import { type DataType, physicalKind } from '../../planner/types.ts'
import { isUnsigned } from '../batch/column-reader.ts'
import type { Numeric } from '../batch/numeric.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { encodeBinary } from '../batch/value-codec.ts'
import { VALUE_BYTES_MAX } from '../batch/value-limit.ts'
import { type Code, fitsPair, jsClass, nullCode, type RangeCode } from './code.ts'
import type { EvaluationContext } from './evaluation-context.ts'
import { ExpressionKeys } from './expression-key.ts'
import { allValid, firstMatch } from './kernel-runtime.ts'
import { KernelSource } from './kernel-source.ts'
import type { Parts } from './parts.ts'
import { type ArenaSize, TextArena } from './text-arena.ts'

const FIRST_ARENA_BYTES = 4096

/** What a kernel is specialised for: which columns have NULLs, and which bytes columns share a buffer. */
export interface InputShape {
  readonly nullable: (column: number) => boolean
  /** Columns with the same number share one buffer. */
  readonly buffer: (column: number) => number
  /** Row `row` of the output is row `state.rows[row]` of the input. */
  readonly selected?: boolean
}

/**
 * Writes the code of an expression: emit.ts, handed in so that the emit files need no import of each other.
 */
export type Emit = (kernel: Kernel, expression: Expression) => Code

export class Kernel {
  readonly source = new KernelSource<Code>()
  readonly context: EvaluationContext
  readonly #emit: Emit
  readonly #parts: Parts
  readonly #keys: ExpressionKeys
  readonly #inputTypes: readonly DataType[]
  readonly #shape: InputShape
  readonly #columns = new Map<number, string>()
  readonly #buffers = new Set<string>()
  readonly #literals: Uint8Array[] = []
  #literalBytes = 0
  #hasArena = false
  #keepsArena = false
  /** Where each row begins. */
  readonly #rowStart: number
  #literalsAt: number | undefined
  /** The input row's index. */
  readonly #input: string

  constructor(
    inputTypes: readonly DataType[],
    shape: InputShape,
    context: EvaluationContext,
    parts: Parts,
    emit: Emit,
  ) {
    this.#inputTypes = inputTypes
    this.#shape = shape
    this.context = context
    this.#parts = parts
    this.#keys = new ExpressionKeys(parts.cuts)
    this.#emit = emit
    this.#input = shape.selected === true ? 'input' : 'row'
    this.#rowStart = this.source.slot()
    if (shape.selected !== true) return
    this.source.head('const selected = state.rows')
    this.source.line('const input = selected[row]')
  }

  /** The code of an expression at the current place; computed once per row and block. */
  value(expression: Expression): Code {
    const key = this.#keys.of(expression)
    const known = this.source.known(key)
    if (known !== undefined) return known
    const code = this.#emit(this, expression)
    this.source.remember(key, code)
    return code
  }

  /** Computed by a function of its own: only `part` may ask for it. */
  isPart(expression: Expression): boolean {
    return this.#parts.cuts.parts.has(expression)
  }

  /** Source of a call of the part's function; see PartForm. */
  part(expression: Expression): string {
    return `${this.#bindPart(expression)}(${this.#input})`
  }

  /** The parts that stand for the operands of a long list; undefined for all others. */
  groupsOf(expression: Expression): readonly Expression[] | undefined {
    return this.#parts.cuts.groupsOf(expression)
  }

  /** Source of a call of CASE's groups in turn: what the first branch that matches gives, else undefined. */
  firstMatch(groups: readonly Expression[]): string {
    const source = this.source
    const functions = source.name('f')
    source.head(`const ${functions} = [${groups.map(group => this.#bindPart(group)).join(', ')}]`)
    source.helpers({ firstMatch })
    return `firstMatch(${functions}, ${this.#input})`
  }

  /** Loads a column of the input row. */
  column(index: number): Code {
    const type = this.#inputTypes[index]!
    const name = this.#column(index, type)
    const isNull = this.#loadNull(name, index)
    const source = this.source
    switch (physicalKind(type)) {
      case 'bytes': {
        const start = source.name('s')
        const end = source.name('e')
        source.line(`const ${start} = ${name}Starts[${this.#input}], ${end} = ${name}Ends[${this.#input}]`)
        return { form: 'range', bytes: this.#buffer(index, name), start, end, isNull }
      }
      case 'numeric': {
        const coefficient = source.name('c')
        const scale = source.name('d')
        source.line(
          `const ${coefficient} = ${name}Values[${this.#input}], ${scale} = ${name}Scales[${this.#input}]`,
        )
        return { form: 'pair', coefficient, scale, wide: `${name}Wide[Number(${coefficient})]`, isNull }
      }
      default: {
        const local = source.name('v')
        source.line(`const ${local} = ${loadSource(type, `${name}Values[${this.#input}]`)}`)
        return { form: 'js', source: local, isNull }
      }
    }
  }

  /** The code of a value known when compiling; the value itself stays out of the source. */
  constant(type: DataType, value: RuntimeValue): Code {
    if (value === null) return nullCode(type)
    const source = this.source
    switch (physicalKind(type)) {
      case 'bool':
        return { form: 'js', source: String(value), isNull: 'false', constant: value }
      case 'bytes':
        return this.#literal(type, value)
      case 'numeric': {
        const numeric = value as Numeric
        if (!fitsPair(numeric)) {
          return { form: 'js', source: source.constant(value), isNull: 'false', constant: value }
        }
        const coefficient = source.typedConstant(numeric.coefficient, 'BigInt.asIntN(64, $)')
        const scale = source.typedConstant(numeric.scale, '$ | 0')
        return { form: 'pair', coefficient, scale, wide: 'null', isNull: 'false', constant: value }
      }
      default: {
        const local = source.typedConstant(value, constantConversion(type))
        return { form: 'js', source: local, isNull: 'false', constant: value }
      }
    }
  }

  /** The name of the arena for text that functions build: one per batch. */
  arena(): string {
    if (!this.#hasArena) {
      this.#hasArena = true
      const size: ArenaSize = { bytes: FIRST_ARENA_BYTES }
      this.source.helpers({ TextArena })
      const sizeName = this.source.constant(size, 'bytes of the last arena')
      const most = this.source.typedConstant(this.context.valueBytesMax ?? VALUE_BYTES_MAX, '$')
      this.source.head(`const arena = state.arena ??= new TextArena(${sizeName}, ${most})`)
    }
    return 'arena'
  }

  /** The batch's output points into `bytes`: where that is the arena, no row may use its room again. */
  keep(bytes: string): void {
    if (bytes === 'arena.bytes') this.#keepsArena = true
  }

  /** Binds the bytes that constants' ranges point into; call it when everything is written. */
  finishLiterals(): void {
    const pool = Buffer.concat(this.#literals)
    if (this.#literalsAt !== undefined) this.source.constants[this.#literalsAt] = pool
  }

  /** As finishLiterals, for the code of whole rows: what one wrote into the arena makes room for the next. */
  finish(): void {
    this.finishLiterals()
    if (this.#hasArena && !this.#keepsArena) this.source.fill(this.#rowStart, ['arena.length = 0'])
  }

  #literal(type: DataType, value: RuntimeValue): RangeCode {
    if (this.#literalsAt === undefined) {
      this.#literalsAt = this.source.constants.length
      this.source.bind('literals', undefined, 'text constants')
    }
    const bytes = type.kind === 'jsonb' ? Buffer.from(value as string) : encodeBinary(type, value)
    const start = this.#literalBytes
    this.#literals.push(bytes)
    this.#literalBytes += bytes.length
    return {
      form: 'range',
      bytes: 'literals',
      start: this.source.typedConstant(start, '$ | 0'),
      end: this.source.typedConstant(this.#literalBytes, '$ | 0'),
      isNull: 'false',
      constant: value,
    }
  }

  /** Binds a column's arrays once per batch; returns the prefix of their names. */
  #column(index: number, type: DataType): string {
    const known = this.#columns.get(index)
    if (known !== undefined) return known
    const name = `in${index}`
    this.#columns.set(index, name)
    const source = this.source
    switch (physicalKind(type)) {
      case 'bytes':
        source.head(`const ${name}Starts = columns[${index}].starts, ${name}Ends = columns[${index}].ends`)
        break
      case 'numeric':
        source.head(
          `const ${name}Values = columns[${index}].values, ${name}Scales = columns[${index}].scales`,
        )
        source.head(`const ${name}Wide = columns[${index}].wide`)
        break
      default:
        source.head(`const ${name}Values = columns[${index}].values`)
    }
    if (this.#shape.nullable(index)) {
      source.helpers({ allValid })
      source.head(`const ${name}Validity = columns[${index}].validity ?? allValid(columns[${index}].length)`)
    }
    return name
  }

  #bindPart(part: Expression): string {
    const name = this.source.name('f')
    const binder = this.source.constant(this.#parts.binder(part), 'a part')
    this.source.head(`const ${name} = ${binder}(columns, state)`)
    return name
  }

  #buffer(index: number, name: string): string {
    const buffer = `bytes${this.#shape.buffer(index)}`
    if (!this.#buffers.has(buffer)) {
      this.#buffers.add(buffer)
      this.source.head(`const ${buffer} = columns[${index}].bytes // of ${name}`)
    }
    return buffer
  }

  #loadNull(name: string, index: number): string {
    if (!this.#shape.nullable(index)) return 'false'
    const local = this.source.name('n')
    this.source.line(
      `const ${local} = (${name}Validity[${this.#input} >> 3] & (1 << (${this.#input} & 7))) === 0`,
    )
    return local
  }
}

function loadSource(type: DataType, element: string): string {
  if (type.kind === 'bool') return `${element} === 1`
  return isUnsigned(type) ? `${element} >>> 0` : element
}

function constantConversion(type: DataType): string {
  if (jsClass(type) === 'bigint') return 'BigInt.asIntN(64, $)'
  if (type.kind === 'float4' || type.kind === 'float8') return '+$'
  return isUnsigned(type) ? '$ >>> 0' : '$ | 0'
}
