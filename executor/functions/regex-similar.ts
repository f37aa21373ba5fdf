/** SIMILAR TO: SQL's regular expressions rewritten as AREs, as PostgreSQL's similar_escape does. */

import { SqlError, SqlState } from '../../planner/errors.ts'

/**
 * The ARE that matches what SIMILAR TO `pattern` matches, with this escape character (empty = none). Two
 * escaped double quotes mark the part that SUBSTRING … SIMILAR returns; it becomes the one capturing group.
 */
export function similarToRegex(pattern: string, mark: string): string {
  if ([...mark].length > 1) {
    throw new SqlError(SqlState.invalidEscapeSequence, 'invalid escape string', {
      hint: 'Escape string must be empty or one character.',
    })
  }
  let result = '^(?:'
  let quotes = 0
  let escaped = false
  let bracket = false
  for (const character of pattern) {
    if (escaped) {
      escaped = false
      if (character === '"' && !bracket) {
        if (quotes >= 2) {
          const message =
            'SQL regular expression may not contain more than two escape-double-quote separators'
          throw new SqlError(SqlState.invalidUseOfEscapeCharacter, message)
        }
        result += quotes === 0 ? '){1,1}?(' : '){1,1}(?:'
        quotes++
      } else {
        result += '\\' + character
      }
    } else if (character === mark) {
      escaped = true
    } else if (bracket) {
      result += character === '\\' ? '\\\\' : character
      if (character === ']') bracket = false
    } else {
      if (character === '[') bracket = true
      result += similarCharacter(character)
    }
  }
  return result + ')$'
}

function similarCharacter(character: string): string {
  switch (character) {
    case '%':
      return '.*'
    case '_':
      return '.'
    case '(':
      return '(?:'
    case '\\':
    case '.':
    case '^':
    case '$':
      return '\\' + character
    default:
      return character
  }
}
