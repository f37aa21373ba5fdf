/** PostgreSQL's text input of integers, oid, boolean, bytea and uuid, and the output of the latter two. */

import { SqlError, SqlState } from '../../planner/errors.ts'

const integerPattern = /^[+-]?\d+$/
const INT8_MAX = 2n ** 63n - 1n
const UINT32_MAX = 2 ** 32 - 1

/** int2 and int4, by their bounds. */
export function parseInteger(text: string, typeName: 'smallint' | 'integer'): number {
  const value = Number(integerDigits(text, typeName))
  const max = typeName === 'smallint' ? 32767 : 2147483647
  if (value > max || value < -max - 1) throw outOfRange(text, typeName)
  return value === 0 ? 0 : value
}

export function parseInt8(text: string): bigint {
  const digits = integerDigits(text, 'bigint')
  const value = digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits)
  if (value > INT8_MAX || value < -INT8_MAX - 1n) throw outOfRange(text, 'bigint')
  return value
}

/** Unsigned 32 bits; a negative number wraps around, as in PostgreSQL. */
export function parseOid(text: string): number {
  const value = Number(integerDigits(text, 'oid'))
  if (value > UINT32_MAX || value < -(2 ** 31)) throw outOfRange(text, 'oid')
  return value >>> 0
}

/** Any unambiguous beginning of true, false, yes, no, on, off; or 1, 0. */
export function parseBool(text: string): boolean {
  const word = text.trim().toLowerCase()
  if (word !== '') {
    if ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on' || word === '1') return true
    if ('false'.startsWith(word) || 'no'.startsWith(word) || word === '0') return false
    if (word === 'off' || word === 'of') return false
  }
  throw invalidInput(text, 'boolean')
}

/** \x and hex digits, or bytes with \ooo and \\ escapes. */
export function parseBytea(text: string): Uint8Array {
  return text.startsWith('\\x') ? parseHex(text.slice(2)) : parseEscaped(text)
}

/** In the escape format bytes outside of printable ASCII are octal. */
export function formatBytea(value: Uint8Array, output: 'hex' | 'escape' = 'hex'): string {
  if (output === 'escape') return formatEscaped(value)
  return '\\x' + Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')
}

function formatEscaped(value: Uint8Array): string {
  let text = ''
  for (const byte of value) {
    if (byte === 0x5c) text += '\\\\'
    else if (byte < 0x20 || byte > 0x7e) text += `\\${byte.toString(8).padStart(3, '0')}`
    else text += String.fromCharCode(byte)
  }
  return text
}

/** Hex digits, optionally in braces, with a hyphen allowed after every four. */
export function parseUuid(text: string): Uint8Array {
  const bare = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text
  if (!/^[0-9a-f]{4}(-?[0-9a-f]{4}){7}$/i.test(bare)) throw invalidInput(text, 'uuid')
  return Buffer.from(bare.replaceAll('-', ''), 'hex')
}

export function formatUuid(value: Uint8Array): string {
  const hex = Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Pairs of hex digits with white space between them, as decode(…, 'hex') takes them too. */
export function parseHex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, '')
  const bad = /[^0-9a-f]/iu.exec(digits)
  if (bad !== null) {
    throw new SqlError(SqlState.invalidParameterValue, `invalid hexadecimal digit: "${bad[0]}"`)
  }
  if (digits.length % 2 === 1) {
    throw new SqlError(SqlState.invalidParameterValue, 'invalid hexadecimal data: odd number of digits')
  }
  return Buffer.from(digits, 'hex')
}

/** The escape format: `\\` is a backslash, `\ooo` a byte in octal; everything else stands for its UTF-8. */
export function parseEscaped(text: string): Uint8Array {
  const source = Buffer.from(text)
  const target = Buffer.alloc(source.length)
  let length = 0
  for (let at = 0; at < source.length; at++) {
    let byte = source[at]!
    if (byte === 0x5c) {
      const octal = /^[0-3][0-7][0-7]/.exec(source.subarray(at + 1, at + 4).toString('latin1'))
      if (octal !== null) {
        byte = Number.parseInt(octal[0], 8)
        at += 3
      } else if (source[at + 1] === 0x5c) {
        at++
      } else {
        throw new SqlError(SqlState.invalidTextRepresentation, 'invalid input syntax for type bytea')
      }
    }
    target[length++] = byte
  }
  return target.subarray(0, length)
}

export function invalidInput(text: string, typeName: string): SqlError {
  return new SqlError(
    SqlState.invalidTextRepresentation,
    `invalid input syntax for type ${typeName}: "${text}"`,
  )
}

function integerDigits(text: string, typeName: string): string {
  const trimmed = text.trim()
  if (!integerPattern.test(trimmed)) throw invalidInput(text, typeName)
  return trimmed.startsWith('+') ? trimmed.slice(1) : trimmed
}

function outOfRange(text: string, typeName: string): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, `value "${text}" is out of range for type ${typeName}`)
}
