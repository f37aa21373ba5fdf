/** Text that comes from a client and goes to it, in the client's encoding. */

import { invalidBytes, isCleanUtf8 } from '../copy/utf8.ts'
import type { ClientEncoding } from './encoding-names.ts'
import { decodeLatin1, untranslatable } from './latin1.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * 22021 for bytes that are not of the encoding, or hold a NUL, as PostgreSQL refuses both. SQL_ASCII is what
 * the server has, UTF-8, unconverted.
 */
export function decodeClientText(bytes: Uint8Array, encoding: ClientEncoding): string {
  if (encoding === 'LATIN1') return decodeLatin1(bytes)
  if (!isCleanUtf8(bytes)) throw invalidBytes(bytes)
  return utf8.decode(bytes)
}

/** 22P05 for a character that the encoding does not have. */
export function encodeClientText(text: string, encoding: ClientEncoding): Buffer {
  if (encoding !== 'LATIN1') return Buffer.from(text)
  const error = untranslatable(text)
  if (error !== undefined) throw error
  return Buffer.from(text, 'latin1')
}
