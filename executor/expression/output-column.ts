/**
 * What a kernel writes one output expression into, and the source that does it. A range whose buffer is known
 * when the kernel is made keeps pointing into it; everything else is written into fresh arrays.
 */

import { type DataType, physicalKind } from '../../planner/types.ts'
import { filledBitmap } from '../batch/bitmap.ts'
import type { Column, FixedColumn } from '../batch/column.ts'
import { bitmapBytes } from '../batch/column.ts'
import { allocateFixed } from '../batch/layout-loops.ts'
import { NumericWriter } from '../batch/numeric-writer.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { TextWriter } from '../batch/text-writer.ts'
import { encodeArray, encodeInterval, encodeRecord, encodeTimeTz } from '../batch/value-codec.ts'
import type { Code } from './code.ts'
import { toJs } from './emit-convert.ts'
import type { EvaluationContext } from './evaluation-context.ts'
import type { Kernel } from './kernel.ts'

/**
 * The arrays of one output; which of them exist depends on the type. The generated code reads these
 * properties.
 */
export interface OutputColumn {
  readonly type: DataType
  readonly length: number
  /** All set to begin with; undefined until a kernel that can give NULL asks for it. */
  validity: Uint8Array | undefined
  readonly values: FixedColumn['values'] | undefined
  readonly numeric: NumericWriter | undefined
  readonly text: TextWriter | undefined
  /** Where ranges point that were not written into `text`. */
  bytes: Uint8Array | undefined
}

export function createOutput(type: DataType, length: number, context: EvaluationContext): OutputColumn {
  const layout = physicalKind(type)
  const base = { type, length, validity: undefined, bytes: undefined }
  if (layout === 'numeric')
    return { ...base, numeric: new NumericWriter(length), text: undefined, values: undefined }
  if (layout === 'bytes')
    return { ...base, numeric: undefined, text: createWriter(length, context), values: undefined }
  return { ...base, numeric: undefined, text: undefined, values: allocateFixed(layout, length) }
}

function createWriter(length: number, { valueBytesMax }: EvaluationContext): TextWriter {
  return new TextWriter(length, undefined, valueBytesMax)
}

/** Marks a row whose value could not be computed. */
export function setNull(output: OutputColumn, row: number): void {
  output.validity ??= filledBitmap(output.length)
  output.validity[row >> 3]! &= ~(1 << (row & 7))
  if (output.text !== undefined) {
    output.text.starts[row] = 0
    output.text.ends[row] = 0
  }
}

/** The finished column. */
export function finishOutput(output: OutputColumn): Column {
  const { type, length } = output
  const validity = trimValidity(output.validity, length)
  if (output.numeric !== undefined) {
    const { values, scales, wide } = output.numeric
    return { layout: 'numeric', type, length, validity, values, scales, wide }
  }
  if (output.text !== undefined) {
    const { starts, ends } = output.text
    return { layout: 'bytes', type, length, validity, starts, ends, bytes: output.bytes ?? output.text.bytes }
  }
  return { layout: physicalKind(type), type, length, validity, values: output.values } as FixedColumn
}

/** undefined when no bit is clear. */
function trimValidity(validity: Uint8Array | undefined, length: number): Uint8Array | undefined {
  if (validity === undefined) return undefined
  const bytes = bitmapBytes(length)
  for (let index = 0; index < bytes; index++) if (validity[index] !== 0xff) return validity
  return undefined
}

/** Writes the code that stores a row's value into output `index`. */
export function emitStore(kernel: Kernel, index: number, code: Code, type: DataType): void {
  const source = kernel.source
  const name = `out${index}`
  const write = bindOutput(kernel, name, index, code, type)
  if (code.isNull === 'false') {
    write()
    return
  }
  source.helpers({ filledBitmap })
  source.head(`const ${name}Validity = outputs[${index}].validity ??= filledBitmap(outputs[${index}].length)`)
  const clear = `${name}Validity[row >> 3] &= ~(1 << (row & 7))`
  if (code.isNull === 'true') {
    source.line(clear)
    return
  }
  if (code.form === 'js' && code.source !== 'null' && !isObjectStore(type)) {
    write()
    source.line(`if (${code.isNull}) ${clear}`)
    return
  }
  source.block(`if (${code.isNull})`, () => source.line(clear))
  source.otherwise('else', write)
}

/** Binds the output's arrays; the returned function writes the store of a value that is not NULL. */
function bindOutput(kernel: Kernel, name: string, index: number, code: Code, type: DataType): () => void {
  const source = kernel.source
  const output = `outputs[${index}]`
  switch (physicalKind(type)) {
    case 'numeric':
      source.head(`const ${name}Numeric = ${output}.numeric`)
      source.head(`const ${name}Values = ${name}Numeric.values, ${name}Scales = ${name}Numeric.scales`)
      return () => storeNumeric(kernel, name, code, type)
    case 'bytes':
      source.head(`const ${name}Text = ${output}.text`)
      if (code.form === 'range' && isStaticBuffer(code.bytes)) {
        source.head(`const ${name}Starts = ${name}Text.starts, ${name}Ends = ${name}Text.ends`)
        source.tail(`${output}.bytes = ${code.bytes}`)
        kernel.keep(code.bytes)
        return () => source.line(`${name}Starts[row] = ${code.start}; ${name}Ends[row] = ${code.end}`)
      }
      return () => storeBytes(kernel, name, code, type)
    default:
      source.head(`const ${name}Values = ${output}.values`)
      return () => {
        const value = toJs(kernel, code, type)
        source.line(`${name}Values[row] = ${type.kind === 'bool' ? `${value} ? 1 : 0` : value}`)
      }
  }
}

/** Buffers of the whole batch, as against locals that differ by row. */
function isStaticBuffer(bytes: string): boolean {
  return bytes === 'literals' || bytes === 'arena.bytes' || bytes.startsWith('bytes')
}

function isObjectStore(type: DataType): boolean {
  return ['numeric', 'bytes'].includes(physicalKind(type))
}

function storeNumeric(kernel: Kernel, name: string, code: Code, type: DataType): void {
  const source = kernel.source
  if (code.form !== 'pair') {
    source.line(`${name}Numeric.write(row, ${toJs(kernel, code, type)})`)
    return
  }
  const store = `${name}Values[row] = ${code.coefficient}; ${name}Scales[row] = ${code.scale}`
  if (code.wide === 'null') {
    source.line(store)
    return
  }
  source.line(`if (${code.scale} >= 0) { ${store} } else ${name}Numeric.write(row, ${code.wide})`)
}

function storeBytes(kernel: Kernel, name: string, code: Code, type: DataType): void {
  const source = kernel.source
  if (code.form === 'range') {
    source.line(`${name}Text.writeRange(row, ${code.bytes}, ${code.start}, ${code.end})`)
    return
  }
  const value = toJs(kernel, code, type)
  switch (type.kind) {
    case 'bytea':
    case 'uuid':
      source.line(`${name}Text.writeRange(row, ${value}, 0, ${value}.length)`)
      return
    case 'interval':
    case 'timetz':
    case 'array':
    case 'record': {
      const encode = source.constant(encoderOf(type), `encode ${type.kind}`)
      const local = source.name('b')
      source.line(`const ${local} = ${encode}(${value})`)
      source.line(`${name}Text.writeBytes(row, ${local})`)
      return
    }
    default:
      source.line(`${name}Text.writeString(row, ${value})`)
  }
}

function encoderOf(type: DataType): (value: never) => Uint8Array {
  if (type.kind === 'array') return (value: readonly RuntimeValue[]) => encodeArray(type.element, value)
  if (type.kind === 'timetz') return encodeTimeTz
  if (type.kind !== 'record') return encodeInterval
  const types = type.fields.map(field => field.type)
  return (value: readonly RuntimeValue[]) => encodeRecord(types, value)
}
