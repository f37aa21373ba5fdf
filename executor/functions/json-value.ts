/**
 * jsonb as a value, and its canonical text: `{"a": 1, "b": [1, 2]}`. Object keys are ordered by UTF-8
 * length, then bytes, as in PostgreSQL; numbers keep their exact numeric text.
 */

/** A number inside jsonb, as the text numeric prints. */
export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A jsonb value. Maps are objects, their keys in jsonb's order (made by `jsonObject`). */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | ReadonlyMap<string, Json>

/** The object of `entries`, in jsonb's key order. */
export function jsonObject(entries: ReadonlyMap<string, Json>): ReadonlyMap<string, Json> {
  let previous: string | undefined
  let sorted = true
  for (const key of entries.keys()) {
    if (previous !== undefined && compareKeys(previous, key) > 0) sorted = false
    previous = key
  }
  return sorted ? entries : new Map([...entries].sort(([left], [right]) => compareKeys(left, right)))
}

/** jsonb's key order: shorter (in UTF-8 bytes) first, then by bytes. */
export function compareKeys(left: string, right: string): number {
  const lengths = Buffer.byteLength(left) - Buffer.byteLength(right)
  return lengths !== 0 ? lengths : compareBytes(left, right)
}

/** Compares as UTF-8 bytes do: by code point. */
export function compareBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const leftUnit = left.charCodeAt(index)
    const rightUnit = right.charCodeAt(index)
    if (leftUnit !== rightUnit) return codeUnitRank(leftUnit) - codeUnitRank(rightUnit)
  }
  return left.length - right.length
}

/** Surrogates (supplementary characters) sort after U+E000 … U+FFFF in UTF-8, before them in UTF-16. */
function codeUnitRank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit <= 0xdfff ? unit + 0x2000 : unit - 0x800
}

/** jsonb's output text. */
export function formatJson(value: Json): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'string') return quoteJson(value)
  if (value instanceof JsonNumber) return value.text
  if (isArray(value)) {
    let text = '['
    for (let index = 0; index < value.length; index++)
      text += (index > 0 ? ', ' : '') + formatJson(value[index]!)
    return text + ']'
  }
  let text = '{'
  for (const [key, member] of value)
    text += `${text === '{' ? '' : ', '}${quoteJson(key)}: ${formatJson(member)}`
  return text + '}'
}

export function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

export function isObject(value: Json): value is ReadonlyMap<string, Json> {
  return value instanceof Map
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/** A JSON string literal as PostgreSQL's escape_json writes it. */
export function quoteJson(text: string): string {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code === 0x22 || code === 0x5c)
      return `"${text.replace(/["\\]|[^ -\uffff]/g, escapeCharacter)}"`
  }
  return `"${text}"`
}

function escapeCharacter(character: string): string {
  return escapes[character] ?? '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0')
}
