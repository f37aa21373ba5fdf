/**
 * Statements as they may be shown: without passwords of roles and without the values of secret options. The
 * text need not be a statement that parses, so it is read as words: a literal behind PASSWORD, or behind `=`
 * and the name of a secret option, is left out, whatever form its quotes have and even without an end.
 */

import { isSecret } from '../../connectors/options.ts'

const literal = String.raw`(?:[eEnNbBxX]|[uU]&)?'(?:[^'\\]|''|\\.)*(?:'|\\?$)`
const dollarLiteral = String.raw`\$(?<tag>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*|)\$.*?(?:\$\k<tag>\$|$)`
const blank = String.raw`\s+|--[^\n]*|/\*.*?(?:\*/|$)`
const name = String.raw`"(?:[^"]|"")*(?:"|$)|[A-Za-z_\u0080-\uffff][\w$.\u0080-\uffff]*`
const token = new RegExp(
  `(?<literal>${literal}|${dollarLiteral})|(?<blank>${blank})|(?<name>${name})|(?<other>.)`,
  'gsu',
)

const HIDDEN = "'********'"

/** The text with its secrets as asterisks. */
export function redactSecrets(text: string): string {
  if (!mayHaveSecret.test(text)) return text
  /** The last two tokens that mean something. */
  let [last, before] = ['', '']
  return text.replaceAll(token, (...match) => {
    const groups = match.at(-1) as Readonly<Record<string, string | undefined>>
    const shown = match[0] as string
    if (groups['blank'] !== undefined) return shown
    const isValue = groups['literal'] !== undefined
    const isHidden = isValue && (/^password$/i.test(last) || (last === '=' && isSecret(before)))
    before = last
    last = shown.replaceAll('"', '')
    return isHidden ? HIDDEN : shown
  })
}

const mayHaveSecret = /password|secret|token|credential|key|jaas/i
