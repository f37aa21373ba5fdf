/** A client's messages, as bytes. */

import { frame } from '../../../support/wire-client.ts'

export type ParameterValue = string | Buffer | null

export interface BindOptions {
  readonly portal?: string
  readonly statement?: string
  readonly values?: readonly ParameterValue[]
  /** 0 = text, 1 = binary; none, one for all, or one for each. */
  readonly formats?: readonly number[]
  readonly resultFormats?: readonly number[]
}

export const query = (text: string): Buffer => frame('Q', `${text}\0`)

export function parse(text: string, name = '', types: readonly number[] = []): Buffer {
  return frame('P', Buffer.concat([cstring(name), cstring(text), int16(types.length), ...types.map(int32)]))
}

export function bind(options: BindOptions = {}): Buffer {
  const { portal = '', statement = '', values = [], formats = [], resultFormats = [] } = options
  return frame(
    'B',
    Buffer.concat([
      ...[cstring(portal), cstring(statement)],
      ...[int16(formats.length), ...formats.map(int16)],
      ...[int16(values.length), ...values.map(parameter)],
      ...[int16(resultFormats.length), ...resultFormats.map(int16)],
    ]),
  )
}

export const describeStatement = (name = ''): Buffer => frame('D', `S${name}\0`)
export const describePortal = (name = ''): Buffer => frame('D', `P${name}\0`)
export const closeStatement = (name = ''): Buffer => frame('C', `S${name}\0`)
export const closePortal = (name = ''): Buffer => frame('C', `P${name}\0`)
export const sync = frame('S')
export const flush = frame('H')
export const copyData = (data: string | Buffer): Buffer => frame('d', data)
export const copyDone = frame('c')
export const copyFail = (reason: string): Buffer => frame('f', `${reason}\0`)

/** `rows` 0 = all. */
export function execute(rows = 0, portal = ''): Buffer {
  return frame('E', Buffer.concat([cstring(portal), int32(rows)]))
}

/** What drivers send for a query with parameters, but Sync. */
export function run(text: string, values: readonly ParameterValue[] = []): Buffer {
  return Buffer.concat([parse(text), bind({ values }), describePortal(), execute()])
}

export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`)
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value & 0xffff)
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value | 0)
  return bytes
}

function parameter(value: ParameterValue): Buffer {
  if (value === null) return int32(-1)
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([int32(bytes.length), bytes])
}
