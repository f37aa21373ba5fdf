/** Decimal digits straight into bytes: what makes text results of numbers and times cheap. */

/** Writes 0 ≤ value < 2^31; returns the end position. */
export function writeDigits(bytes: Uint8Array, position: number, value: number): number {
  return writeFixed(bytes, position, value, digitCount(value))
}

/** Writes the last `width` digits of 0 ≤ value < 2^31; returns the end position. */
export function writeFixed(bytes: Uint8Array, position: number, value: number, width: number): number {
  let rest = value | 0
  for (let at = position + width - 1; at >= position; at--) {
    const next = (rest / 10) | 0
    bytes[at] = 48 + rest - next * 10
    rest = next
  }
  return position + width
}

/** Writes 0 ≤ value < 100 as two digits; returns the end position. */
export function writeTwo(bytes: Uint8Array, position: number, value: number): number {
  const tens = (value * 103) >> 10
  bytes[position] = 48 + tens
  bytes[position + 1] = 48 + value - tens * 10
  return position + 2
}

/** Writes 0 ≤ value ≤ 2^53; returns the end position. */
export function writeSafe(bytes: Uint8Array, position: number, value: number): number {
  if (value <= 0x7fffffff) return writeDigits(bytes, position, value)
  const high = Math.floor(value / 1e9)
  return writeFixed(bytes, writeDigits(bytes, position, high), value - high * 1e9, 9)
}

/** Writes an int32; returns the end position. */
export function writeInt32(bytes: Uint8Array, position: number, value: number): number {
  if (value >= 0) return writeDigits(bytes, position, value)
  bytes[position] = 45
  return writeSafe(bytes, position + 1, -value)
}

/** Writes the ASCII of a text that is known to be no more; returns the end position. */
export function writeAscii(bytes: Uint8Array, position: number, text: string): number {
  for (let index = 0; index < text.length; index++) bytes[position + index] = text.charCodeAt(index)
  return position + text.length
}

function digitCount(value: number): number {
  if (value < 10_000) {
    if (value < 100) return value < 10 ? 1 : 2
    return value < 1000 ? 3 : 4
  }
  if (value < 100_000_000) {
    if (value < 1_000_000) return value < 100_000 ? 5 : 6
    return value < 10_000_000 ? 7 : 8
  }
  return value < 1_000_000_000 ? 9 : 10
}
