/** Between UTF-8 and LATIN1 (ISO 8859-1), whose bytes are the first 256 code points. */

import { SqlError, SqlState } from '../../planner/errors.ts'

const CODE_MAX = 0xff

/** 22021 for a NUL; every other byte is a character. */
export function decodeLatin1(bytes: Uint8Array): string {
  if (bytes.includes(0)) {
    throw new SqlError(SqlState.characterNotInRepertoire, 'invalid byte sequence for encoding "LATIN1": 0x00')
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

/** The error of the first character that LATIN1 does not have; undefined when there is none. */
export function untranslatable(text: string): SqlError | undefined {
  for (const character of text) {
    if (character.codePointAt(0)! > CODE_MAX) return noEquivalent(Buffer.from(character))
  }
  return undefined
}

/** The UTF-8 of LATIN1 bytes. */
export function utf8OfLatin1(bytes: Buffer): Buffer {
  let isAscii = true
  for (let at = 0; at < bytes.length && isAscii; at++) isAscii = bytes[at]! < 0x80
  return isAscii ? bytes : Buffer.from(bytes.toString('latin1'))
}

/**
 * Writes the UTF-8 of source[start, end) as LATIN1, which is never longer, at `position` of `target`. Returns
 * the end position, or when a character has no equivalent `~` of where it begins.
 */
export function writeLatin1(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  position: number,
): number {
  let to = position
  for (let at = start; at < end; at++) {
    const byte = source[at]!
    if (byte < 0x80) target[to++] = byte
    else if (byte === 0xc2 || byte === 0xc3) target[to++] = ((byte & 3) << 6) | (source[++at]! & 0x3f)
    else return ~at
  }
  return to
}

/** The error of the character of UTF-8 that begins at `at`. */
export function untranslatableAt(bytes: Uint8Array, at: number): SqlError {
  const length = bytes[at]! >= 0xf0 ? 4 : bytes[at]! >= 0xe0 ? 3 : 2
  return noEquivalent(bytes.subarray(at, at + length))
}

function noEquivalent(character: Uint8Array): SqlError {
  const bytes = [...character].map(byte => `0x${byte.toString(16).padStart(2, '0')}`).join(' ')
  return new SqlError(
    SqlState.untranslatableCharacter,
    `character with byte sequence ${bytes} in encoding "UTF8" has no equivalent in encoding "LATIN1"`,
  )
}
