/**
 * Reading a part of jsonb without parsing all of it: the canonical text is scanned for the member or
 * element, and what is found is a slice of the text. Works on canonical jsonb text alone (json-value.ts),
 * where a member is `"key": value` and members stand in jsonb's key order.
 */

import { decodeString } from './json-parse.ts'
import { quoteJson } from './json-value.ts'

/** Where the value found last ends; its start is what the functions return. */
let foundEnd = 0

/**
 * The value of member `key` of an object as canonical text; undefined when there is none (or it is no
 * object).
 */
export function memberText(json: string, key: string): string | undefined {
  const start = findMember(json, quoteJson(key))
  return start < 0 ? undefined : json.slice(start, foundEnd)
}

/** Element `index` of an array (negative: from the end) as canonical text; undefined when there is none. */
export function elementText(json: string, index: number): string | undefined {
  const first = json.charCodeAt(0)
  // A scalar counts as an array of itself, as in PostgreSQL.
  if (first !== 0x5b) return first !== 0x7b && (index === 0 || index === -1) ? json : undefined
  let wanted = index
  if (index < 0) wanted += countElements(json)
  if (wanted < 0) return undefined
  let position = 1
  if (json.charCodeAt(position) === 0x5d) return undefined
  for (let element = 0; ; element++) {
    const end = valueEnd(json, position)
    if (element === wanted) return json.slice(position, end)
    if (json.charCodeAt(end) === 0x5d) return undefined
    position = end + 2
  }
}

/** How many elements the array has. */
export function countElements(json: string): number {
  if (json.charCodeAt(1) === 0x5d) return 0
  let position = 1
  for (let count = 1; ; count++) {
    const end = valueEnd(json, position)
    if (json.charCodeAt(end) === 0x5d) return count
    position = end + 2
  }
}

/** True when the object has the member. */
export function hasMember(json: string, key: string): boolean {
  return findMember(json, quoteJson(key)) >= 0
}

/** What ->> makes of a value: a string without its quotes and escapes, NULL of null, other values' text. */
export function unquoted(value: string): string | null {
  if (value.charCodeAt(0) === 0x22) {
    return value.includes('\\') ? decodeString(value, 0, true).value : value.slice(1, -1)
  }
  return value === 'null' ? null : value
}

/** The start of the value of the member with this quoted key; -1 when there is none. Sets foundEnd. */
function findMember(json: string, quotedKey: string): number {
  if (json.charCodeAt(0) !== 0x7b || json.charCodeAt(1) === 0x7d) return -1
  let position = 1
  for (;;) {
    const keyEnd = position + quotedKey.length
    const isKey = json.charCodeAt(keyEnd) === 0x3a && json.startsWith(quotedKey, position)
    const valueStart = (isKey ? keyEnd : stringEnd(json, position)) + 2
    const end = valueEnd(json, valueStart)
    if (isKey) {
      foundEnd = end
      return valueStart
    }
    if (json.charCodeAt(end) === 0x7d) return -1
    position = end + 2
  }
}

/** The end of the value at `start`. */
function valueEnd(json: string, start: number): number {
  const first = json.charCodeAt(start)
  if (first === 0x22) return stringEnd(json, start)
  if (first === 0x7b || first === 0x5b) return containerEnd(json, start)
  let position = start
  for (; position < json.length; position++) {
    const code = json.charCodeAt(position)
    if (code === 0x2c || code === 0x5d || code === 0x7d) break
  }
  return position
}

/** The end of the string literal at `start`. */
function stringEnd(json: string, start: number): number {
  let end = json.indexOf('"', start + 1)
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1)
  return end + 1
}

/** True when an odd number of backslashes stands before `position`. */
function isEscaped(json: string, position: number): boolean {
  let backslashes = 0
  while (json.charCodeAt(position - 1 - backslashes) === 0x5c) backslashes++
  return backslashes % 2 === 1
}

function containerEnd(json: string, start: number): number {
  let depth = 0
  let position = start
  for (;;) {
    const code = json.charCodeAt(position)
    if (code === 0x22) {
      position = stringEnd(json, position)
      continue
    }
    position++
    if (code === 0x7b || code === 0x5b) depth++
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return position
  }
}
