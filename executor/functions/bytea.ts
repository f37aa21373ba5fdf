/** Functions of bytea: parts, digests, encodings; and the text functions that go through bytes. */

import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { boolType, byteaType, int4Type, int8Type, textType } from '../../planner/types.ts'
import { decodeText } from '../batch/column-reader.ts'
import { defineFunction, defineOperator } from './define.ts'
import { parseEscaped, parseHex } from './integer-text.ts'
import type { ScalarFunction } from './scalar-function.ts'

const never = { neverNull: true } as const
const bytea = byteaType
const int4 = int4Type
const BASE64_LINE = 76
const BACKSLASH = 0x5c
/** Bytes that are looked at together for what is not UTF-8. */
const UTF8_BLOCK = 4096

type Call = (...args: never[]) => unknown

function byteaFunction(name: string, args: ScalarFunction['args'], call: Call): ScalarFunction {
  return defineFunction(name, args, bytea, { call }, never)
}

export const byteaFunctions: readonly ScalarFunction[] = [
  defineOperator('||', [bytea, bytea], bytea, { call: concatenate }, never),
  ...['length', 'octet_length'].map(name => defineFunction(name, [bytea], int4, lengthBody(1))),
  defineFunction('bit_length', [bytea], int4, lengthBody(8)),
  ...['substring', 'substr'].flatMap(name => [
    byteaFunction(name, [bytea, int4], (value: Uint8Array, from: number) => slice(value, from)),
    byteaFunction(name, [bytea, int4, int4], slice),
  ]),
  byteaFunction('overlay', [bytea, bytea, int4, int4], overlay),
  byteaFunction('overlay', [bytea, bytea, int4], (value: Uint8Array, by: Uint8Array, from: number) =>
    overlay(value, by, from, by.length),
  ),
  defineFunction('position', [bytea, bytea], int4, { call: position }, never),
  ...(['ltrim', 'rtrim', 'btrim'] as const).map(name =>
    byteaFunction(name, [bytea, bytea], (value: Uint8Array, set: Uint8Array) =>
      trim(value, set, name !== 'rtrim', name !== 'ltrim'),
    ),
  ),
  defineFunction('get_byte', [bytea, int4], int4, { call: getByte }, never),
  byteaFunction('set_byte', [bytea, int4, int4], setByte),
  defineFunction('get_bit', [bytea, int8Type], int4, { call: getBit }, never),
  defineFunction('bit_count', [bytea], int8Type, { call: bitCount }, never),
  defineFunction('md5', [textType], textType, { call: md5 }, never),
  defineFunction('md5', [bytea], textType, { call: md5 }, never),
  ...['sha224', 'sha256', 'sha384', 'sha512'].map(name =>
    byteaFunction(name, [bytea], (value: Uint8Array) => hash(name, value, 'buffer')),
  ),
  defineFunction('encode', [bytea, textType], textType, { call: encode }, never),
  byteaFunction('decode', [textType, textType], decode),
  defineFunction('convert_from', [bytea, textType], textType, { call: convertFrom }, never),
  byteaFunction('convert_to', [textType, textType], convertTo),
  ...[int4, int8Type].map(type => defineFunction('to_hex', [type], textType, { call: toHex }, never)),
  defineFunction(
    'starts_with',
    [bytea, bytea],
    boolType,
    {
      call: (value: Uint8Array, prefix: Uint8Array) =>
        Buffer.compare(value.subarray(0, prefix.length), prefix) === 0,
    },
    never,
  ),
]

function lengthBody(factor: number): { readonly ranges: Call; readonly call: Call } {
  return {
    ranges: ((_bytes: Uint8Array, start: number, end: number) => (end - start) * factor) as Call,
    call: ((value: Uint8Array) => value.length * factor) as Call,
  }
}

function concatenate(left: Uint8Array, right: Uint8Array): Uint8Array {
  return Buffer.concat([left, right])
}

function slice(value: Uint8Array, from: number, length?: number): Uint8Array {
  if (length === undefined) return value.subarray(Math.max(from - 1, 0))
  if (length < 0) throw negativeLength()
  return value.subarray(Math.max(from - 1, 0), Math.max(from - 1 + length, 0))
}

function overlay(value: Uint8Array, by: Uint8Array, from: number, count: number): Uint8Array {
  if (from <= 0) throw negativeLength()
  return Buffer.concat([value.subarray(0, from - 1), by, value.subarray(Math.max(from - 1 + count, 0))])
}

function position(value: Uint8Array, part: Uint8Array): number {
  return Buffer.from(value.buffer, value.byteOffset, value.length).indexOf(part) + 1
}

function trim(value: Uint8Array, set: Uint8Array, atStart: boolean, atEnd: boolean): Uint8Array {
  let start = 0
  let end = value.length
  while (atStart && start < end && set.includes(value[start]!)) start++
  while (atEnd && end > start && set.includes(value[end - 1]!)) end--
  return value.subarray(start, end)
}

function getByte(value: Uint8Array, index: number): number {
  checkIndex(index, value.length)
  return value[index]!
}

function setByte(value: Uint8Array, index: number, byte: number): Uint8Array {
  checkIndex(index, value.length)
  const copy = Uint8Array.from(value)
  copy[index] = byte
  return copy
}

function getBit(value: Uint8Array, index: bigint): number {
  checkIndex(Number(index), value.length * 8)
  return (value[Number(index >> 3n)]! >> Number(index & 7n)) & 1
}

function bitCount(value: Uint8Array): bigint {
  let count = 0
  for (let at = 0; at < value.length; at++) {
    const pairs = value[at]! - ((value[at]! >> 1) & 0x55)
    const nibbles = (pairs & 0x33) + ((pairs >> 2) & 0x33)
    count += (nibbles + (nibbles >> 4)) & 0x0f
  }
  return BigInt(count)
}

function checkIndex(index: number, length: number): void {
  if (index >= 0 && index < length) return
  const message = `index ${index} out of valid range, 0..${length - 1}`
  throw new SqlError(SqlState.arraySubscriptError, message)
}

function md5(value: string | Uint8Array): string {
  return hash('md5', value)
}

function encode(value: Uint8Array, format: string): string {
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.length)
  switch (format.toLowerCase()) {
    case 'hex':
      return buffer.toString('hex')
    case 'base64':
      return buffer.toString('base64').replaceAll(new RegExp(`.{${BASE64_LINE}}(?=.)`, 'g'), '$&\n')
    case 'escape':
      return encodeEscape(value)
    default:
      throw unrecognizedEncoding(format)
  }
}

function encodeEscape(value: Uint8Array): string {
  const escaped = Buffer.allocUnsafe(value.length * 4)
  let length = 0
  for (let at = 0; at < value.length; at++) {
    const byte = value[at]!
    if (byte !== 0 && byte < 0x80) {
      escaped[length++] = byte
      if (byte === BACKSLASH) escaped[length++] = byte
      continue
    }
    escaped[length] = BACKSLASH
    for (let digit = 0; digit < 3; digit++) escaped[length + 3 - digit] = 0x30 + ((byte >> (digit * 3)) & 7)
    length += 4
  }
  return escaped.toString('latin1', 0, length)
}

function decode(text: string, format: string): Uint8Array {
  switch (format.toLowerCase()) {
    case 'hex':
      return parseHex(text)
    case 'base64':
      return decodeBase64(text)
    case 'escape':
      return parseEscaped(text)
    default:
      throw unrecognizedEncoding(format)
  }
}

function decodeBase64(text: string): Uint8Array {
  const digits = text.replaceAll(/[ \t\n\r]/g, '')
  const bad = /[^A-Za-z0-9+/=]/u.exec(digits)
  if (bad !== null) {
    const message = `invalid symbol "${bad[0]}" found while decoding base64 sequence`
    throw new SqlError(SqlState.invalidParameterValue, message)
  }
  if (!/^[^=]*={0,2}$/.test(digits)) {
    throw new SqlError(SqlState.invalidParameterValue, 'unexpected "=" while decoding base64 sequence')
  }
  if (digits.length % 4 !== 0) {
    throw new SqlError(SqlState.invalidParameterValue, 'invalid base64 end sequence', {
      hint: 'Input data is missing padding, is truncated, or is otherwise corrupted.',
    })
  }
  return Buffer.from(digits, 'base64')
}

function convertFrom(value: Uint8Array, name: string): string {
  const encoding = encodingOf(name)
  if (encoding === 'LATIN1') {
    const nul = value.indexOf(0)
    if (nul >= 0) throw invalidSequence(encoding, value.subarray(nul, nul + 1))
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')
  }
  const invalid = invalidUtf8(value)
  if (invalid !== undefined) {
    const end = invalid + sequenceLength(value[invalid]!)
    throw invalidSequence(encoding, value.subarray(invalid, end))
  }
  return decodeText(value, 0, value.length)
}

function invalidSequence(encoding: string, bytes: Uint8Array): SqlError {
  const shown = Array.from(bytes, hexByte).join(' ')
  const message = `invalid byte sequence for encoding "${encoding}": ${shown}`
  return new SqlError(SqlState.characterNotInRepertoire, message)
}

/** Where the bytes stop being UTF-8 without NUL; undefined when they are. */
function invalidUtf8(value: Uint8Array): number | undefined {
  for (let at = 0; at < value.length; ) {
    let end = Math.min(at + UTF8_BLOCK, value.length)
    while (end < value.length && end > at + 1 && (value[end]! & 0xc0) === 0x80) end--
    const block = value.subarray(at, end)
    if (!isUtf8(block) || block.includes(0)) return at + invalidInBlock(block)
    at = end
  }
  return undefined
}

/** Where a block ceases to be UTF-8 without NUL. */
function invalidInBlock(block: Uint8Array): number {
  for (let at = 0; ; ) {
    const length = sequenceLength(block[at]!)
    const character = block.subarray(at, at + length)
    if (block[at] === 0 || character.length < length || !isUtf8(character)) return at
    at += length
  }
}

/** The length that a lead byte announces; 1 for bytes that lead nothing. */
function sequenceLength(lead: number): number {
  if (lead >= 0xf0 && lead < 0xf8) return 4
  if (lead >= 0xe0 && lead < 0xf0) return 3
  return lead >= 0xc0 && lead < 0xe0 ? 2 : 1
}

function hexByte(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}

function convertTo(text: string, name: string): Uint8Array {
  const encoding = encodingOf(name)
  if (encoding === 'UTF8') return Buffer.from(text)
  const missing = [...text].find(character => character.codePointAt(0)! > 0xff)
  if (missing === undefined) return Buffer.from(text, 'latin1')
  const bytes = Array.from(Buffer.from(missing), hexByte).join(' ')
  throw new SqlError(
    SqlState.untranslatableCharacter,
    `character with byte sequence ${bytes} in encoding "UTF8" has no equivalent in encoding "${encoding}"`,
  )
}

function encodingOf(name: string): 'UTF8' | 'LATIN1' {
  const key = name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase()
  if (key === 'utf8' || key === 'unicode') return 'UTF8'
  if (key === 'latin1' || key === 'iso88591') return 'LATIN1'
  throw new SqlError(SqlState.featureNotSupported, `encoding "${name}" is not supported`)
}

/** Two's complement of the type's width. */
function toHex(value: number | bigint): string {
  return typeof value === 'number' ? (value >>> 0).toString(16) : BigInt.asUintN(64, value).toString(16)
}

function negativeLength(): SqlError {
  return new SqlError(SqlState.substringError, 'negative substring length not allowed')
}

function unrecognizedEncoding(format: string): SqlError {
  return new SqlError(SqlState.invalidParameterValue, `unrecognized encoding: "${format}"`)
}
