/** Rendered values for clients whose encoding is LATIN1. */

import { type Column, isNull } from '../../executor/batch/column.ts'
import { isTextLike } from '../../executor/batch/column-reader.ts'
import type { DataType } from '../../planner/types.ts'
import { untranslatableAt, writeLatin1 } from '../encoding/latin1.ts'
import { isScratchFull, type Renderer, ValueBytes } from './value-bytes.ts'

/**
 * What `render` gives in UTF-8 as LATIN1. 22P05 for a character that it does not have; the rows before it
 * are sent.
 */
export function latin1Renderer(column: Column, format: 'text' | 'binary', render: Renderer): Renderer {
  if (!holdsText(column.type)) return render
  const nested = format === 'binary' && isNested(column.type) ? column.type : undefined
  const utf8 = new ValueBytes()
  return (into, from, to) => {
    const rendered = render(utf8, from, to)
    into.begin(from, rendered, 16)
    let used = 0
    for (let row = from; row < rendered; row++) {
      into.starts[row - from] = used
      if (!isNull(column, row)) {
        const start = utf8.starts[row - utf8.base]!
        const end = utf8.ends[row - utf8.base]!
        into.reserve(used, end - start)
        const next =
          nested !== undefined
            ? writeNested(nested, utf8, start, into, used)
            : writeLatin1(utf8.bytes, start, end, into.bytes, used)
        if (next < 0 && row > from) return row
        if (next < 0) throw untranslatableAt(utf8.bytes, ~next)
        used = next
      }
      into.ends[row - from] = used
      if (isScratchFull(used)) return row + 1
    }
    return rendered
  }
}

/**
 * As writeLatin1, for the binary form of an array or record at `start` of `source`: its texts get shorter,
 * and with them the lengths before them.
 */
function writeNested(
  type: Nested,
  source: ValueBytes,
  start: number,
  target: ValueBytes,
  position: number,
): number {
  const { view } = source
  const isArray = type.kind === 'array'
  const header = isArray ? 12 + 8 * view.getInt32(start) : 4
  target.bytes.set(source.bytes.subarray(start, start + header), position)
  let from = start + header
  let to = position + header
  const count = isArray ? elementCount(view, start) : view.getInt32(start)
  for (let index = 0; index < count; index++) {
    if (!isArray) {
      target.view.setInt32(to, view.getInt32(from))
      from += 4
      to += 4
    }
    const length = view.getInt32(from)
    target.view.setInt32(to, length)
    if (length >= 0) {
      const item = isArray ? leafOf(type) : type.fields[index]!.type
      const next = writeItem(item, source, from + 4, length, target, to + 4)
      if (next < 0) return next
      target.view.setInt32(to, next - to - 4)
      to = next
      from += length
    } else to += 4
    from += 4
  }
  return to
}

function writeItem(
  type: DataType,
  source: ValueBytes,
  start: number,
  length: number,
  target: ValueBytes,
  position: number,
): number {
  if (isText(type)) return writeLatin1(source.bytes, start, start + length, target.bytes, position)
  if (isNested(type)) return writeNested(type, source, start, target, position)
  target.bytes.set(source.bytes.subarray(start, start + length), position)
  return position + length
}

function elementCount(view: DataView, start: number): number {
  const dimensions = view.getInt32(start)
  let count = dimensions === 0 ? 0 : 1
  for (let index = 0; index < dimensions; index++) count *= view.getInt32(start + 12 + 8 * index)
  return count
}

type Nested = Extract<DataType, { kind: 'array' | 'record' }>

function isNested(type: DataType): type is Nested {
  return type.kind === 'array' || type.kind === 'record'
}

function leafOf(type: DataType): DataType {
  return type.kind === 'array' ? leafOf(type.element) : type
}

function holdsText(type: DataType): boolean {
  if (type.kind === 'array') return holdsText(type.element)
  if (type.kind === 'record') return type.fields.some(field => holdsText(field.type))
  return isText(type)
}

/** "char" is a byte, and octal in text. */
function isText(type: DataType): boolean {
  return isTextLike(type) && type.kind !== 'char'
}
