/** Source files as the tidy test reads them: code without comments, strings and regular expressions. */

/**
 * The text with comments and the insides of strings and templates blanked, line for line. Code inside `${}`
 * of a template is blanked with it; that is enough for rules about words.
 */
export function stripCommentsAndStrings(text: string): string {
  let out = ''
  let at = 0
  while (at < text.length) {
    const end = endOfSkipped(text, at)
    if (end === at) {
      out += text[at++]
      continue
    }
    out += text.slice(at, end).replace(/[^\n]/g, ' ')
    at = end
  }
  return out
}

/**
 * Where the comment, string, template or regular expression that starts at `at` ends; `at` when none does.
 */
function endOfSkipped(text: string, at: number): number {
  const two = text.slice(at, at + 2)
  if (two === '//') return lineEnd(text, at)
  if (two === '/*') return text.indexOf('*/', at + 2) + 2
  const first = text[at]!
  if (first === "'" || first === '"') return quotedEnd(text, at, first)
  if (first === '`') return templateEnd(text, at)
  if (first === '/' && /[(,=:[!&|?{};\n]\s*$/.test(text.slice(Math.max(0, at - 20), at)))
    return regexEnd(text, at)
  return at
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

function quotedEnd(text: string, start: number, quote: string): number {
  let at = start + 1
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function templateEnd(text: string, start: number): number {
  let at = start + 1
  let depth = 0
  while (at < text.length) {
    if (text[at] === '\\') at++
    else if (depth === 0 && text[at] === '`') return at + 1
    else if (text.startsWith('${', at)) depth++
    else if (depth > 0 && text[at] === '`') at = templateEnd(text, at) - 1
    else if (depth > 0 && text[at] === '}') depth--
    at++
  }
  return at
}

function regexEnd(text: string, start: number): number {
  let at = start + 1
  let inClass = false
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '\\') at++
    else if (text[at] === '[') inClass = true
    else if (text[at] === ']') inClass = false
    at++
  }
  return at + 1
}
