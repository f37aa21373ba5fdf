/**
 * Reading a part of type json, which keeps the text as it was written: white space, escapes in keys,
 * duplicate keys (of which the last counts) included. For jsonb, json-scan.ts is faster.
 */

import { decodeString } from './json-parse.ts'

/** The text of member `key` of an object; undefined when there is none. */
export function jsonMember(json: string, key: string): string | undefined {
  let found: string | undefined
  eachMember(json, (name, value) => {
    if (name === key) found = value
  })
  return found
}

/** The text of element `index` of an array (negative: from the end); undefined when there is none. */
export function jsonElement(json: string, index: number): string | undefined {
  return jsonElements(json)?.at(index)
}

/** The texts of an array's elements; undefined when it is no array. */
export function jsonElements(json: string): string[] | undefined {
  const start = skipSpace(json, 0)
  if (json[start] !== '[') return undefined
  const elements: string[] = []
  let position = skipSpace(json, start + 1)
  while (json[position] !== ']') {
    const end = valueEnd(json, position)
    elements.push(json.slice(position, end))
    position = skipSpace(json, end)
    if (json[position] === ',') position = skipSpace(json, position + 1)
  }
  return elements
}

/** Calls `visit` with each member's decoded key and value text; false when it is no object. */
export function eachMember(json: string, visit: (key: string, value: string) => void): boolean {
  const start = skipSpace(json, 0)
  if (json[start] !== '{') return false
  let position = skipSpace(json, start + 1)
  while (json[position] !== '}') {
    const key = decodeString(json, position, true)
    position = skipSpace(json, skipSpace(json, key.end) + 1)
    const end = valueEnd(json, position)
    visit(key.value, json.slice(position, end))
    position = skipSpace(json, end)
    if (json[position] === ',') position = skipSpace(json, position + 1)
  }
  return true
}

/** object, array, string, number, boolean or null. */
export function jsonKind(json: string): string {
  switch (json[skipSpace(json, 0)]) {
    case '{':
      return 'object'
    case '[':
      return 'array'
    case '"':
      return 'string'
    case 't':
    case 'f':
      return 'boolean'
    case 'n':
      return 'null'
    default:
      return 'number'
  }
}

/** What ->> makes of a value. */
export function jsonUnquoted(value: string): string | null {
  const text = value.trim()
  if (text.startsWith('"')) return decodeString(text, 0, true).value
  return text === 'null' ? null : text
}

function skipSpace(json: string, start: number): number {
  let position = start
  while (position < json.length && ' \t\n\r'.includes(json[position]!)) position++
  return position
}

/** The end of the (valid) value at `start`. */
function valueEnd(json: string, start: number): number {
  let depth = 0
  for (let position = start; position < json.length; position++) {
    const character = json[position]!
    if (character === '"') {
      position = decodeString(json, position, false).end - 1
      if (depth === 0) return position + 1
    } else if (character === '{' || character === '[') {
      depth++
    } else if (character === '}' || character === ']') {
      if (depth === 0) return position
      if (--depth === 0) return position + 1
    } else if (depth === 0 && (character === ',' || ' \t\n\r'.includes(character))) {
      return position
    }
  }
  return json.length
}
