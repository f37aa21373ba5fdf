/** Decimal digits straight into bytes: what makes text results of numbers and times cheap. */

/**
 * Writes a non-negative integer below 2^53 padded with zeros to at least `width` digits; returns the end
 * position.
 */
export function writePadded(bytes: Uint8Array, position: number, value: number, width: number): number {
  const end = position + Math.max(width, digitCount(value))
  let rest = value
  for (let at = end - 1; at >= position; at--) {
    const next = Math.floor(rest / 10)
    bytes[at] = 48 + rest - next * 10
    rest = next
  }
  return end
}

/** Writes an int32; returns the end position. */
export function writeInt32(bytes: Uint8Array, position: number, value: number): number {
  if (value >= 0) return writeSmall(bytes, position, value)
  bytes[position] = 45
  return writeSmall(bytes, position + 1, -value)
}

/** As writePadded with width 1; below 2^31 the divisions are integer ones. */
function writeSmall(bytes: Uint8Array, position: number, value: number): number {
  if (value > 0x7fffffff) return writePadded(bytes, position, value, 1)
  const end = position + digitCount(value)
  let rest = value | 0
  for (let at = end - 1; at >= position; at--) {
    const next = (rest / 10) | 0
    bytes[at] = 48 + rest - next * 10
    rest = next
  }
  return end
}

/** Writes an int64; returns the end position. */
export function writeInt64(bytes: Uint8Array, position: number, value: bigint): number {
  const small = Number(value)
  if (small >= -Number.MAX_SAFE_INTEGER && small <= Number.MAX_SAFE_INTEGER) {
    if (small >= 0) return writeSmall(bytes, position, small)
    bytes[position] = 45
    return writeSmall(bytes, position + 1, -small)
  }
  const text = value.toString()
  for (let index = 0; index < text.length; index++) bytes[position + index] = text.charCodeAt(index)
  return position + text.length
}

function digitCount(value: number): number {
  if (value < 10) return 1
  if (value < 100) return 2
  if (value < 1000) return 3
  if (value < 10_000) return 4
  let count = 4
  for (let bound = 10_000; value >= bound; bound *= 10) count++
  return count
}
