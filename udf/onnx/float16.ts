/** IEEE half precision, which SQL has no type for: real on our side. */

const scratch = new Float32Array(1)
const scratchBits = new Uint32Array(scratch.buffer)

/** The bits of the nearest half; ties to even, overflow to infinity. */
export function toHalfBits(value: number): number {
  scratch[0] = value
  const bits = scratchBits[0]!
  const sign = (bits >>> 16) & 0x8000
  const size = bits & 0x7fffffff
  if (size > 0x7f800000) return sign | 0x7e00
  if (size >= 0x47800000) return sign | 0x7c00
  if (size < 0x38800000) return sign | Math.round(roundTies(Math.abs(scratch[0]!) * 2 ** 24))
  const rounded = size + 0xfff + ((size >>> 13) & 1)
  return sign | ((rounded - 0x38000000) >>> 13)
}

function roundTies(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

export function fromHalfBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
