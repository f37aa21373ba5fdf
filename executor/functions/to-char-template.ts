/**
 * Templates of to_char, to_timestamp, to_date and to_number: PostgreSQL's parse_format (formatting.c). A
 * template is a list of keywords, with their modifiers, and of text between them.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'

export type TemplateNode =
  | {
      readonly kind: 'keyword'
      readonly keyword: string
      readonly fill: boolean
      readonly ordinal: '' | 'th' | 'TH'
    }
  /** One character: quoted or ordinary text, a separator (punctuation), or white space. */
  | { readonly kind: 'text' | 'separator' | 'space'; readonly text: string }

export type Template = readonly TemplateNode[]

/** Upper-case spellings; each also in lower case. Longer ones stand before their prefixes. */
const datetimeKeywords = [
  'A.D.',
  'A.M.',
  'AD',
  'AM',
  'B.C.',
  'BC',
  'CC',
  'DAY',
  'DDD',
  'DD',
  'DY',
  'D',
  'FF1',
  'FF2',
  'FF3',
  'FF4',
  'FF5',
  'FF6',
  'FX',
  'HH24',
  'HH12',
  'HH',
  'IDDD',
  'ID',
  'IW',
  'IYYY',
  'IYY',
  'IY',
  'I',
  'J',
  'MI',
  'MM',
  'MONTH',
  'MON',
  'MS',
  'OF',
  'P.M.',
  'PM',
  'Q',
  'RM',
  'SSSSS',
  'SSSS',
  'SS',
  'TZH',
  'TZM',
  'TZ',
  'US',
  'WW',
  'W',
  'Y,YYY',
  'YYYY',
  'YYY',
  'YY',
  'Y',
]
const capitalised = ['Day', 'Dy', 'Month', 'Mon']
const numberKeywords = [
  ',',
  '.',
  '0',
  '9',
  'B',
  'C',
  'D',
  'EEEE',
  'FM',
  'G',
  'L',
  'MI',
  'PL',
  'PR',
  'RN',
  'SG',
  'SP',
  'S',
  'TH',
  'V',
]

const datetimeSpellings = bySpelling([...datetimeKeywords, ...capitalised])
const numberSpellings = bySpelling(numberKeywords)

/** Keywords and their lower-case spellings by first character, longest first. */
function bySpelling(keywords: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const spellings = new Set([...keywords, ...keywords.map(keyword => keyword.toLowerCase())])
  const groups = new Map<string, string[]>()
  for (const spelling of [...spellings].sort((left, right) => right.length - left.length)) {
    const group = groups.get(spelling[0]!)
    if (group === undefined) groups.set(spelling[0]!, [spelling])
    else group.push(spelling)
  }
  return groups
}

const names = /^(?:MONTH|MON|DAY|DY)$/i

/** The nodes of a date/time template. */
export function parseDatetimeTemplate(text: string): Template {
  return parseTemplate(text, datetimeSpellings, true)
}

/** The nodes of a number template. */
export function parseNumberTemplate(text: string): Template {
  return parseTemplate(text, numberSpellings, false)
}

function parseTemplate(
  text: string,
  spellings: ReadonlyMap<string, readonly string[]>,
  datetime: boolean,
): Template {
  const nodes: TemplateNode[] = []
  let position = 0
  while (position < text.length) {
    const prefix = datetime ? /^(?:FM|fm|TM|tm)/.exec(text.slice(position, position + 2))?.[0] : undefined
    const start = position + (prefix?.length ?? 0)
    const keyword = spellings.get(text[start] ?? '')?.find(candidate => text.startsWith(candidate, start))
    if (keyword !== undefined) {
      position = start + keyword.length
      const ordinal = datetime ? postfix(text, position) : ''
      if (ordinal !== '') position += 2
      // TM, the locale's names, also writes them without padding.
      const fill = prefix?.toUpperCase() === 'FM' || (prefix !== undefined && names.test(keyword))
      nodes.push({ kind: 'keyword', keyword, fill, ordinal: ordinal === 'SP' ? '' : ordinal })
    } else if (prefix !== undefined) {
      // A modifier before no keyword is dropped, as in PostgreSQL.
      position = start
      if (position < text.length) position = addText(text, position, datetime, nodes)
    } else {
      position = addText(text, position, datetime, nodes)
    }
  }
  return nodes
}

function postfix(text: string, position: number): '' | 'th' | 'TH' | 'SP' {
  const next = text.slice(position, position + 2)
  return next === 'TH' || next === 'th' || next === 'SP' ? next : ''
}

/** Adds quoted text, or one character; returns the position behind it. */
function addText(text: string, start: number, datetime: boolean, nodes: TemplateNode[]): number {
  let position = start
  if (text[position] === '"') {
    for (position++; position < text.length && text[position] !== '"'; ) {
      if (text[position] === '\\' && position + 1 < text.length) position++
      const character = String.fromCodePoint(text.codePointAt(position)!)
      nodes.push({ kind: 'text', text: character })
      position += character.length
    }
    return position + 1
  }
  // Outside quotes a backslash only means something before a quote.
  if (text[position] === '\\' && text[position + 1] === '"') position++
  const character = String.fromCodePoint(text.codePointAt(position)!)
  const kind = datetime && isSeparator(character) ? 'separator' : /\s/.test(character) ? 'space' : 'text'
  nodes.push({ kind, text: character })
  return position + character.length
}

/** Printable ASCII that is neither letter nor digit. */
export function isSeparator(character: string): boolean {
  return /^[!-/:-@[-`{-~]/.test(character)
}

const CACHE_MAX = 256

/** A bounded cache of what is made from a template's text, oldest dropped first. */
export function templateCache<Made>(make: (text: string) => Made): (text: string) => Made {
  const made = new Map<string, Made>()
  let lastText: string | undefined
  let last: Made | undefined
  return text => {
    if (text === lastText) return last as Made
    let found = made.get(text)
    if (found === undefined) {
      found = make(text)
      if (made.size >= CACHE_MAX) made.delete(made.keys().next().value as string)
      made.set(text, found)
    }
    lastText = text
    last = found
    return found
  }
}

/** `ST`, `ND`, `RD`, `TH` for the number that `digits` ends with; in lower case for th. */
export function ordinalSuffix(digits: string, ordinal: 'th' | 'TH'): string {
  const last = digits[digits.length - 1] ?? ''
  if (!/\d/.test(last)) throw new SqlError(SqlState.invalidTextRepresentation, `"${digits}" is not a number`)
  const teen = digits.length > 1 && digits[digits.length - 2] === '1'
  const suffix = teen ? 'TH' : last === '1' ? 'ST' : last === '2' ? 'ND' : last === '3' ? 'RD' : 'TH'
  return ordinal === 'th' ? suffix.toLowerCase() : suffix
}

/** Month n is romanMonths[n - 1]. */
export const romanMonths = ['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII'] as const
