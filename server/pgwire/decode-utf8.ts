/** Text of a client, checked. */

import { invalidBytes, isCleanUtf8 } from '../copy/utf8.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** 22021 for bytes that are not UTF-8, or hold a NUL, as PostgreSQL refuses both. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (!isCleanUtf8(bytes)) throw invalidBytes(bytes)
  return utf8.decode(bytes)
}
