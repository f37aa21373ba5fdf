/**
 * Reads the primitives of Kafka's protocol from a byte array, front to back. Reading past the end yields
 * garbage, never a crash: whoever reads checks `position` against the limit that it knows.
 */

export class ByteCursor {
  bytes: Uint8Array
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes
    this.position = position
  }

  int8(): number {
    return (this.bytes[this.position++]! << 24) >> 24
  }

  int16(): number {
    const value = (this.bytes[this.position]! << 8) | this.bytes[this.position + 1]!
    this.position += 2
    return (value << 16) >> 16
  }

  int32(): number {
    const { bytes, position } = this
    this.position = position + 4
    return (
      (bytes[position]! << 24) |
      (bytes[position + 1]! << 16) |
      (bytes[position + 2]! << 8) |
      bytes[position + 3]!
    )
  }

  /** An int64 as a number: exact up to 2^53 in magnitude, which offsets and times are. */
  int64(): number {
    const high = this.int32()
    return high * 4294967296 + (this.int32() >>> 0)
  }

  bigint64(): bigint {
    const high = BigInt(this.int32())
    return (high << 32n) | BigInt(this.int32() >>> 0)
  }

  /** STRING and NULLABLE_STRING; null as ''. */
  string(): string {
    const length = this.int16()
    if (length <= 0) return ''
    const start = this.position
    this.position = start + length
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, length).toString()
  }

  /** A zigzag varint of at most 32 bits. */
  varint(): number {
    const { bytes } = this
    let byte = bytes[this.position++]!
    let value = byte & 0x7f
    for (let shift = 7; byte >= 0x80 && shift < 35; shift += 7) {
      byte = bytes[this.position++]!
      value |= (byte & 0x7f) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  /** A zigzag varint of up to 64 bits as a number: exact up to 2^53 in magnitude. */
  varlong(): number {
    const { bytes } = this
    let byte = bytes[this.position++]!
    let value = byte & 0x7f
    let scale = 128
    for (let count = 1; byte >= 0x80 && count < 10; count++) {
      byte = bytes[this.position++]!
      value += (byte & 0x7f) * scale
      scale *= 128
    }
    const half = Math.floor(value / 2)
    return value === half * 2 ? half : -half - 1
  }
}
