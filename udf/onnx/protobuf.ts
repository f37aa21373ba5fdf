/**
 * Protocol Buffers' wire format, as far as ONNX files need it: a message is a list of fields, each kept as it
 * came, so that a model can be read, changed in one place and written back without knowing the rest of its
 * schema. Source: the Protocol Buffers encoding guide.
 */

/**
 * A field of a message. varint: the value; bytes: a string, message or packed list; fixed: 4 or 8 raw bytes.
 */
export type ProtoField =
  | { readonly number: number; readonly wire: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly wire: 'bytes' | 'fixed32' | 'fixed64'; readonly value: Uint8Array }

const WIRES = ['varint', 'fixed64', 'bytes', undefined, undefined, 'fixed32'] as const

/** Splits a message into its fields. Throws a RangeError when the bytes are no message. */
export function readMessage(bytes: Uint8Array): ProtoField[] {
  const fields: ProtoField[] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) throw new RangeError('truncated varint')
      const byte = bytes[at++]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new RangeError('varint too long')
  }
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('truncated field')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const number = tag >>> 3
    const wire = WIRES[tag & 7]
    if (wire === undefined || number === 0) throw new RangeError('unknown wire type')
    if (wire === 'varint') fields.push({ number, wire, value: varint() })
    else
      fields.push({
        number,
        wire,
        value: take(wire === 'bytes' ? Number(varint()) : wire === 'fixed32' ? 4 : 8),
      })
  }
  return fields
}

/** The bytes of a message of these fields, in order. */
export function writeMessage(fields: readonly ProtoField[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const field of fields) {
    const wire = WIRES.indexOf(field.wire)
    parts.push(encodeVarint(BigInt((field.number << 3) | wire)))
    if (field.wire === 'varint') {
      parts.push(encodeVarint(field.value))
      continue
    }
    if (field.wire === 'bytes') parts.push(encodeVarint(BigInt(field.value.length)))
    parts.push(field.value)
  }
  return Buffer.concat(parts)
}

function encodeVarint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

/** The messages, strings or byte blocks of a repeated field. */
export function blocksOf(fields: readonly ProtoField[], number: number): Uint8Array[] {
  return fields.flatMap(field => (field.number === number && field.wire === 'bytes' ? [field.value] : []))
}

/** A string field; '' when absent. */
export function stringOf(fields: readonly ProtoField[], number: number): string {
  const block = blocksOf(fields, number).at(-1)
  return block === undefined ? '' : Buffer.from(block).toString('utf8')
}

/** An integer field; undefined when absent. */
export function integerOf(fields: readonly ProtoField[], number: number): number | undefined {
  const found = fields.findLast(field => field.number === number && field.wire === 'varint')
  return found?.wire === 'varint' ? Number(BigInt.asIntN(64, found.value)) : undefined
}

/** A repeated int64, packed or not. */
export function integersOf(fields: readonly ProtoField[], number: number): bigint[] {
  return fields.flatMap(field => {
    if (field.number !== number) return []
    if (field.wire === 'varint') return [BigInt.asIntN(64, field.value)]
    return field.wire === 'bytes' ? unpackVarints(field.value) : []
  })
}

function unpackVarints(bytes: Uint8Array): bigint[] {
  const values: bigint[] = []
  let value = 0n
  let shift = 0n
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift
    shift += 7n
    if (byte >= 0x80) continue
    values.push(BigInt.asIntN(64, value))
    value = 0n
    shift = 0n
  }
  return values
}

export function bytesField(number: number, value: Uint8Array | string): ProtoField {
  return { number, wire: 'bytes', value: typeof value === 'string' ? Buffer.from(value, 'utf8') : value }
}

export function varintField(number: number, value: number | bigint): ProtoField {
  return { number, wire: 'varint', value: BigInt(value) }
}
