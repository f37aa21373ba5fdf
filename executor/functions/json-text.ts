/**
 * Text input of json and jsonb. Both are strings at run time: json as given, jsonb in PostgreSQL's
 * canonical text.
 */

import { parseJson } from './json-parse.ts'
import { formatJson } from './json-value.ts'

/** jsonb's input: the canonical text of `text`. 22P02 with PostgreSQL's detail when it is not JSON. */
export function normalizeJsonb(text: string): string {
  return formatJson(parseJson(text))
}

/** json's input: throws 22P02 when `text` is not JSON; the text itself is the value. */
export function validateJson(text: string): string {
  parseJson(text, false)
  return text
}
