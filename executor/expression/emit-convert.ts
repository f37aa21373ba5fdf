/** Between the forms of a value: ranges and pairs become JS values only where something needs one. */

import { assert } from '../../planner/assert.ts'
import { type DataType, formatType } from '../../planner/types.ts'
import { decodeText, isTextLike } from '../batch/column-reader.ts'
import { Numeric } from '../batch/numeric.ts'
import { decodeArray, decodeInterval, decodeRecord, decodeTimeTz } from '../batch/value-codec.ts'
import { type Code, initialSource, jsClass } from './code.ts'
import type { Kernel } from './kernel.ts'

/**
 * A local with the JS value. Where the value may be NULL it may only be asked for inside a block that
 * excludes it, except for text, whose garbage decodes to ''.
 */
export function toJs(kernel: Kernel, code: Code, type: DataType): string {
  if (code.form === 'js') return code.source
  const key = `js ${code.form === 'range' ? `${code.start} ${code.end}` : code.coefficient}`
  const known = kernel.source.known(key)
  if (known?.form === 'js') return known.source
  const local = kernel.source.name('v')
  kernel.source.line(`const ${local} = ${jsSource(kernel, code, type)}`)
  kernel.source.remember(key, { form: 'js', source: local, isNull: code.isNull })
  return local
}

/** Source of the JS value, or of null under NULL: for functions that take NULLs. */
export function toJsOrNull(kernel: Kernel, code: Code, type: DataType): string {
  if (code.isNull === 'true') return 'null'
  if (code.isNull === 'false') return toJs(kernel, code, type)
  return `(${code.isNull} ? null : ${jsSource(kernel, code, type)})`
}

/** Source of the JS value of a code that is not NULL. */
export function jsSource(kernel: Kernel, code: Code, type: DataType): string {
  if (code.constant !== undefined && code.constant !== null && code.form !== 'js') {
    return kernel.source.constant(code.constant)
  }
  switch (code.form) {
    case 'js':
      return code.source
    case 'pair':
      kernel.source.helpers({ Numeric })
      if (code.wide === 'null') return `new Numeric(${code.coefficient}, ${code.scale})`
      return `(${code.scale} < 0 ? ${code.wide} : new Numeric(${code.coefficient}, ${code.scale}))`
    case 'range':
      return decodeSource(kernel, type, `${code.bytes}, ${code.start}, ${code.end}`)
  }
}

/** A local that holds `source`; a local or constant stays as it is. */
export function asLocal(kernel: Kernel, source: string): string {
  if (/^[\w$]+$/.test(source)) return source
  const local = kernel.source.name('v')
  kernel.source.line(`const ${local} = ${source}`)
  return local
}

/** What a local of the type holds before it is assigned. */
export function initialOf(type: DataType): string {
  return initialSource(jsClass(type))
}

function decodeSource(kernel: Kernel, type: DataType, range: string): string {
  const source = kernel.source
  switch (type.kind) {
    case 'interval':
      source.helpers({ decodeInterval })
      return `decodeInterval(${range})`
    case 'timetz':
      source.helpers({ decodeTimeTz })
      return `decodeTimeTz(${range})`
    case 'array':
      source.helpers({ decodeArray })
      return `decodeArray(${typeConstant(kernel, type.element)}, ${range})`
    case 'record': {
      source.helpers({ decodeRecord })
      const types = source.constant(
        type.fields.map(field => field.type),
        'field types',
      )
      return `decodeRecord(${types}, ${range})`
    }
    case 'bytea':
    case 'uuid': {
      const [bytes, start, end] = range.split(', ')
      return `${bytes}.subarray(${start}, ${end})`
    }
    default:
      assert(isTextLike(type), `${type.kind} is text-like`)
      source.helpers({ decodeText })
      return `decodeText(${range})`
  }
}

/** The name of a DataType that is passed as a constant. */
export function typeConstant(kernel: Kernel, type: DataType): string {
  return kernel.source.constant(type, formatType(type))
}
