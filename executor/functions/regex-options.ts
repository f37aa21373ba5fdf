/**
 * How regular expressions are read: the flags of the regexp_ functions and of `(?flags)` inside a pattern.
 */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'

/** How a pattern is read: the flags argument of the regexp functions, or `(?flags)` in front of it. */
export interface RegexOptions {
  readonly ignoreCase: boolean
  /** `.` and `[^…]` do not match newlines (flags n, m, p). */
  readonly newlineStops: boolean
  /** ^ and $ match at newlines (flags n, m, w). */
  readonly newlineAnchors: boolean
  readonly expanded: boolean
  readonly literal: boolean
}

export const defaultOptions: RegexOptions = {
  ignoreCase: false,
  newlineStops: false,
  newlineAnchors: false,
  expanded: false,
  literal: false,
}

/** The options after one flag letter; undefined when there is no such flag. `g` is the callers'. */
export function withFlag(options: RegexOptions, flag: string): RegexOptions | undefined {
  switch (flag) {
    case 'i':
      return { ...options, ignoreCase: true }
    case 'c':
      return { ...options, ignoreCase: false }
    case 'm':
    case 'n':
      return { ...options, newlineStops: true, newlineAnchors: true }
    case 'p':
      return { ...options, newlineStops: true, newlineAnchors: false }
    case 'w':
      return { ...options, newlineStops: false, newlineAnchors: true }
    case 's':
      return { ...options, newlineStops: false, newlineAnchors: false }
    case 'x':
      return { ...options, expanded: true }
    case 't':
      return { ...options, expanded: false }
    case 'q':
      return { ...options, literal: true }
    case 'e':
      return { ...options, literal: false }
    case 'b':
      throw notSupported('basic regular expressions (flag b)')
    default:
      return undefined
  }
}

export function regexError(message: string): SqlError {
  return new SqlError(SqlState.invalidRegularExpression, `invalid regular expression: ${message}`)
}
