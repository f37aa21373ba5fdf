/**
 * "char", PostgreSQL's one-byte type. A value is the character of that code, or '' for zero; what is not
 * ASCII has no character of its own and is written in octal.
 */

const FIRST_OCTAL = 0x80

/** The first byte of the text's UTF-8, or that of `\ooo`. */
export function parseChar(text: string): string {
  if (/^\\[0-3][0-7]{2}$/.test(text)) return charOfByte(Number.parseInt(text.slice(1), 8))
  return text === '' || text.charCodeAt(0) < FIRST_OCTAL
    ? text.slice(0, 1)
    : charOfByte(Buffer.from(text)[0]!)
}

export function formatChar(value: string): string {
  const byte = byteOfChar(value)
  return byte < FIRST_OCTAL ? value : `\\${byte.toString(8)}`
}

export function charOfByte(byte: number): string {
  return byte === 0 ? '' : String.fromCharCode(byte)
}

export function byteOfChar(value: string): number {
  return value === '' ? 0 : value.charCodeAt(0)
}
