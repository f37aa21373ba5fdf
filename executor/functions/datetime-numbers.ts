/** The numbers in date and time text, read as C's strtol and strtod do. */

import { DecodeError } from './datetime-decode-error.ts'

/** Empty reads as 0, as strtol does; beyond int32 is out of range. */
export function decodeInteger(text: string): number {
  const value = Number(text)
  if (value > 2147483647) throw new DecodeError('range')
  return value
}

/** `.123456` in microseconds, rounded. */
export function decodeFraction(text: string): number {
  return text === '.' ? 0 : Math.round(Number('0' + text) * 1e6)
}

/** `+05`, `-0530`, `+05:30:10` in seconds east of UTC. */
export function decodeZoneOffset(text: string): number {
  const match = /^([+-])(\d*)(?::(\d*)(?::(\d*))?)?(.*)$/.exec(text)
  if (match === null) throw new DecodeError('format')
  let hours = Number(match[2])
  let minutes = Number(match[3] ?? 0)
  if (match[3] === undefined && match[5] === '' && text.length > 3) {
    minutes = hours % 100
    hours = Math.floor(hours / 100)
  }
  const seconds = Number(match[4] ?? 0)
  if (hours > 15 || minutes > 59 || seconds > 59) throw new DecodeError('zone_range')
  if (match[5] !== '') throw new DecodeError('format')
  const size = (hours * 60 + minutes) * 60 + seconds
  return match[1] === '-' ? -size : size
}
