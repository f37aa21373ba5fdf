/** DateStyle's value: an output format and the order of year, month and day; either may be left out. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { SettingParser } from './setting-values.ts'

type Format = 'ISO' | 'SQL' | 'Postgres' | 'German'
type Order = 'YMD' | 'DMY' | 'MDY'

const INITIAL = 'ISO, MDY'

/** What is left out stays as it is; German alone brings DMY along. */
export const dateStyle: SettingParser = (name, text, current = INITIAL) => {
  const fail = (detail: string) => {
    const message = `invalid value for parameter "${name}": "${text}"`
    return new SqlError(SqlState.invalidParameterValue, message, { detail })
  }
  let format: Format | undefined
  let order: Order | undefined
  let isOrderImplied = false
  for (const word of wordsOf(text) ?? []) {
    const wordFormat = formatOf(word)
    const wordOrder = orderOf(word)
    if (wordFormat !== undefined) {
      if (format !== undefined && format !== wordFormat) throw fail('Conflicting "datestyle" specifications.')
      format = wordFormat
    } else if (wordOrder !== undefined) {
      if (order !== undefined && order !== wordOrder) throw fail('Conflicting "datestyle" specifications.')
      order = wordOrder
    } else if (word === 'default') {
      format ??= 'ISO'
      isOrderImplied = true
    } else throw fail(`Unrecognized key word: "${word}".`)
  }
  if (wordsOf(text) === undefined) throw fail('List syntax is invalid.')
  const [currentFormat, currentOrder] = current.split(', ')
  const leftOut = format === 'German' ? 'DMY' : isOrderImplied ? 'MDY' : currentOrder
  return `${format ?? currentFormat}, ${order ?? leftOut}`
}

/** Lower-case words between commas; undefined when one is missing. */
function wordsOf(text: string): readonly string[] | undefined {
  if (text.trim() === '') return []
  const words = text.split(',').map(word =>
    word
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .toLowerCase(),
  )
  return words.every(word => /^\S+$/.test(word)) ? words : undefined
}

function formatOf(word: string): Format | undefined {
  if (word === 'iso') return 'ISO'
  if (word === 'sql') return 'SQL'
  if (word === 'german') return 'German'
  return word.startsWith('postgres') ? 'Postgres' : undefined
}

function orderOf(word: string): Order | undefined {
  if (word === 'ymd') return 'YMD'
  if (word === 'dmy' || word.startsWith('euro')) return 'DMY'
  return word === 'mdy' || word === 'us' || word.startsWith('noneuro') ? 'MDY' : undefined
}
