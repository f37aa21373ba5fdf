/** Text of a client that is not UTF-8, or holds a NUL: 22021 with the bytes, as PostgreSQL says it. */

import { isUtf8 } from 'node:buffer'
import { SqlError, SqlState } from '../../planner/errors.ts'

export function isCleanUtf8(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && !bytes.includes(0)
}

/** The error of the first bad bytes. There are some. */
export function invalidBytes(bytes: Uint8Array): SqlError {
  let at = 0
  while (at < bytes.length && bytes[at] !== 0) {
    const length = characterLength(bytes[at]!)
    if (at + length > bytes.length || !isUtf8(bytes.subarray(at, at + length))) break
    at += length
  }
  const bad = bytes.subarray(at, at + characterLength(bytes[at] ?? 0))
  const list = [...bad].map(byte => `0x${byte.toString(16).padStart(2, '0')}`).join(' ')
  return new SqlError(SqlState.characterNotInRepertoire, `invalid byte sequence for encoding "UTF8": ${list}`)
}

/** As the first byte says. */
function characterLength(byte: number): number {
  if ((byte & 0xe0) === 0xc0) return 2
  if ((byte & 0xf0) === 0xe0) return 3
  return (byte & 0xf8) === 0xf0 ? 4 : 1
}
