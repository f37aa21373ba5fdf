/**
 * The first half of PostgreSQL's date/time input (ParseDateTime and its keyword table in datetime.c): text
 * into fields, and the meaning of words. The second half, fields into values, is datetime-decode.ts.
 */

/** What a field looks like. `special` is a sign with letters: `-infinity`. */
export type FieldKind = 'number' | 'date' | 'time' | 'zone' | 'word' | 'special'

export interface Field {
  readonly kind: FieldKind
  /** Lower case. */
  readonly text: string
}

/** Splits date/time or interval text into fields; undefined where PostgreSQL gives up. */
export function splitFields(text: string): Field[] | undefined {
  const fields: Field[] = []
  let position = 0
  while (position < text.length) {
    const character = text[position]!
    if (isSpace(character)) {
      position++
      continue
    }
    const field = readField(text, position)
    if (field === undefined) {
      if (!isPunctuation(character) || character === '+' || character === '-') return undefined
      position++
      continue
    }
    fields.push({ kind: field.kind, text: field.text.toLowerCase() })
    if (fields.length > 25) return undefined
    position = field.end
  }
  return fields
}

interface ReadField extends Field {
  readonly end: number
}

function readField(text: string, start: number): ReadField | undefined {
  const character = text[start]!
  if (isDigit(character)) return digitField(text, start)
  if (character === '.') {
    const end = run(text, start + 1, /\d/)
    return { kind: 'number', text: text.slice(start, end), end }
  }
  if (isLetter(character)) return letterField(text, start)
  if (character === '+' || character === '-') return signField(text, start)
  return undefined
}

function digitField(text: string, start: number): ReadField {
  let end = run(text, start, /\d/)
  const delimiter = text[end]
  if (delimiter === ':') {
    end = run(text, end, /[\d:.]/)
    return { kind: 'time', text: text.slice(start, end), end }
  }
  if (delimiter !== '-' && delimiter !== '/' && delimiter !== '.') {
    return { kind: 'number', text: text.slice(start, end), end }
  }
  end++
  if (!isDigit(text[end] ?? '')) {
    while (end < text.length && (isDigit(text[end]!) || isLetter(text[end]!) || text[end] === delimiter))
      end++
    return { kind: 'date', text: text.slice(start, end), end }
  }
  end = run(text, end, /\d/)
  let kind: FieldKind = delimiter === '.' ? 'number' : 'date'
  if (text[end] === delimiter) {
    kind = 'date'
    while (end < text.length && (isDigit(text[end]!) || text[end] === delimiter)) end++
  }
  return { kind, text: text.slice(start, end), end }
}

/** A word; with embedded punctuation it is a date (`jan-2-2020`) or a zone name (`america/new_york`). */
function letterField(text: string, start: number): ReadField {
  let end = run(text, start, /[A-Za-z]/)
  const next = text[end] ?? ''
  const word = text.slice(start, end)
  const dated =
    next === '-' ||
    next === '/' ||
    next === '.' ||
    ((next === '+' || isDigit(next)) && !words.has(word.toLowerCase().slice(0, 10)))
  if (!dated) return { kind: 'word', text: word, end }
  end = run(text, end, /[+\-/_.:A-Za-z0-9]/)
  return { kind: 'date', text: text.slice(start, end), end }
}

function signField(text: string, start: number): ReadField | undefined {
  let from = start + 1
  while (from < text.length && isSpace(text[from]!)) from++
  const first = text[from] ?? ''
  if (isDigit(first)) {
    const end = run(text, from, /[\d:.-]/)
    return { kind: 'zone', text: text[start]! + text.slice(from, end), end }
  }
  if (isLetter(first)) {
    const end = run(text, from, /[A-Za-z]/)
    return { kind: 'special', text: text[start]! + text.slice(from, end), end }
  }
  return undefined
}

function run(text: string, start: number, accepted: RegExp): number {
  let end = start
  while (end < text.length && accepted.test(text[end]!)) end++
  return end
}

function isSpace(character: string): boolean {
  return character === ' ' || (character >= '\t' && character <= '\r')
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9' && character.length === 1
}

function isLetter(character: string): boolean {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
}

function isPunctuation(character: string): boolean {
  return /[!-/:-@[-`{-~]/.test(character)
}

/** What a word means in a date or time. */
export type Word =
  | {
      readonly kind: 'reserved'
      readonly value: 'now' | 'today' | 'tomorrow' | 'yesterday' | 'epoch' | 'infinity' | '-infinity' | 'zulu'
    }
  | { readonly kind: 'month' | 'weekday'; readonly value: number }
  | { readonly kind: 'meridiem'; readonly value: 'am' | 'pm' }
  | { readonly kind: 'era'; readonly value: 'ad' | 'bc' }
  | { readonly kind: 'units'; readonly value: 'julian' | 'other' }
  | { readonly kind: 'iso_time' | 'daylight' | 'ignore' }

const words = new Map<string, Word>()

for (const value of ['now', 'today', 'tomorrow', 'yesterday', 'epoch', 'infinity', '-infinity'] as const) {
  words.set(value, { kind: 'reserved', value })
}
words.set('allballs', { kind: 'reserved', value: 'zulu' })

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const
export const dayNames = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const

monthNames.forEach((name, index) => {
  words.set(name.toLowerCase(), { kind: 'month', value: index + 1 })
  words.set(name.slice(0, 3).toLowerCase(), { kind: 'month', value: index + 1 })
})
words.set('sept', { kind: 'month', value: 9 })
dayNames.forEach((name, index) => {
  words.set(name.toLowerCase(), { kind: 'weekday', value: index })
  words.set(name.slice(0, 3).toLowerCase(), { kind: 'weekday', value: index })
})
for (const [name, value] of [
  ['tues', 2],
  ['weds', 3],
  ['thur', 4],
  ['thurs', 4],
] as const) {
  words.set(name, { kind: 'weekday', value })
}
for (const name of ['d', 'dow', 'doy', 'h', 'isodow', 'isoyear', 'm', 'mm', 's', 'y']) {
  words.set(name, { kind: 'units', value: 'other' })
}
for (const name of ['j', 'jd', 'julian']) words.set(name, { kind: 'units', value: 'julian' })
words.set('am', { kind: 'meridiem', value: 'am' })
words.set('pm', { kind: 'meridiem', value: 'pm' })
words.set('ad', { kind: 'era', value: 'ad' })
words.set('bc', { kind: 'era', value: 'bc' })
words.set('t', { kind: 'iso_time' })
words.set('dst', { kind: 'daylight' })
words.set('at', { kind: 'ignore' })
words.set('on', { kind: 'ignore' })

/** The meaning of a lower-case word, of which ten characters count; undefined when it has none. */
export function dateWord(word: string): Word | undefined {
  return words.get(word.slice(0, 10))
}
