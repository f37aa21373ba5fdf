/** Numbers inside jsonb: PostgreSQL keeps them as numeric, so `1.50e1` is `15.0` and nothing is rounded. */

import { SqlError, SqlState } from '../../planner/errors.ts'

const WEIGHT_MAX = 131072
const SCALE_MAX = 16383

/**
 * The text numeric prints for the JSON number `text` (which must be well formed). 22003 beyond numeric's
 * range.
 */
export function canonicalNumber(text: string): string {
  if (isPlain(text)) return text
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)!
  const fraction = match[3] ?? ''
  const exponent = Number(match[4] ?? '0')
  const digits = (match[2]! + fraction).replace(/^0+/, '')
  const scale = Math.max(0, fraction.length - exponent)
  if (Math.abs(exponent) > 1_000_000) {
    if (digits !== '' && exponent > 0) throw overflow()
    if (exponent < 0) throw overflow()
  }
  const integerDigits = digits.length - fraction.length + exponent
  if (integerDigits > WEIGHT_MAX || scale > SCALE_MAX) throw overflow()
  const shift = exponent - fraction.length + scale
  const coefficient = digits === '' ? '0' : digits + '0'.repeat(Math.max(0, shift))
  const sign = match[1] === '-' && digits !== '' ? '-' : ''
  if (scale === 0) return sign + coefficient
  const padded = coefficient.padStart(scale + 1, '0')
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}

/** No exponent and no negative zero: the text is what numeric prints. */
function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x65 || code === 0x45) return false
  }
  if (text.length > SCALE_MAX) return false
  return text.charCodeAt(0) !== 0x2d || text.charCodeAt(1) !== 0x30 || /[1-9]/.test(text)
}

function overflow(): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, 'value overflows numeric format')
}
