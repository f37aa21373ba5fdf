/**
 * The guard around libpg-query: PostgreSQL's own grammar, compiled to WebAssembly.
 *
 * - Text is capped and checked for zero bytes before it goes in. - A syntax error comes back as a SqlError
 * with PostgreSQL's message, SQLSTATE and character position. - Anything else that is thrown (a JavaScript
 * stack overflow inside the module, a trap) has left the C stack pointer and memory of that instance
 * undefined: the statement fails with 54001, and the instance is replaced by a spare one. A damaged instance
 * survives about thirty such failures, so it serves on in the moment until a spare is ready.
 *
 * The module is instantiated here and not through the package's entry point, which owns one instance that can
 * never be replaced.
 */

import { createRequire } from 'node:module'
import type { RawStmt } from 'libpg-query'
import { must } from '../assert.ts'
import { SqlError, SqlState } from '../errors.ts'
import { scanSteps, scanStepsMax } from './scan-cost.ts'

/** Longest statement text in bytes of UTF-8, unless a caller chooses another length. */
export const statementBytesMax = 1 << 20

/** A lexical token; offsets are bytes of the UTF-8 text. Comments are tokens too. */
export interface RawToken {
  readonly start: number
  readonly end: number
  readonly tokenName: string
}

interface ParserModule {
  _malloc(bytes: number): number
  _free(pointer: number): void
  _wasm_parse_query_raw(text: number): number
  _wasm_free_parse_result(result: number): void
  _wasm_scan(text: number): number
  _wasm_free_string(text: number): void
  getValue(pointer: number, type: 'i32'): number
  UTF8ToString(pointer: number): string
  stringToUTF8(text: string, pointer: number, bytesMax: number): void
  lengthBytesUTF8(text: string): number
}

const instantiate = createRequire(import.meta.url)(
  'libpg-query/wasm/libpg-query.js',
) as () => Promise<ParserModule>

let current: ParserModule | undefined
let spare: ParserModule | undefined

/** Loads the grammar; once, before the first statement. */
export async function loadParser(): Promise<void> {
  if (current !== undefined) return
  current = await instantiate()
  makeSpare()
}

/**
 * Instances take some 20 ms, hence ahead of need. Without a spare the damaged instance is used a little
 * longer.
 */
function makeSpare(): void {
  instantiate().then(
    instance => {
      spare = instance
    },
    () => {
      spare = undefined
    },
  )
}

function replaceDamaged(): void {
  if (spare === undefined) return
  current = spare
  spare = undefined
  makeSpare()
}

/**
 * The statements of `text` as PostgreSQL's raw parse trees; locations are byte offsets, absent fields are
 * zero, false or empty. Throws SqlError with a position in `text`: 42601 for syntax, 54001 for what is too
 * deep.
 */
export function parseRaw(text: string): readonly RawStmt[] {
  checkText(text)
  if (text === '') return []
  const json = guarded(text, (module, pointer) => {
    const result = module._wasm_parse_query_raw(pointer)
    if (result === 0) throw new RangeError('out of memory')
    try {
      const error = module.getValue(result + 8, 'i32')
      if (error !== 0) throw syntaxError(module, error)
      return module.UTF8ToString(module.getValue(result, 'i32'))
    } finally {
      module._wasm_free_parse_result(result)
    }
  })
  return (JSON.parse(json) as { stmts?: RawStmt[] }).stmts ?? []
}

/** The tokens of `text`, by PostgreSQL's own lexer. Throws SqlError 42601 for what is no token. */
export function scanRaw(text: string): readonly RawToken[] {
  checkText(text)
  if (text === '') return []
  const json = guarded(text, (module, pointer) => {
    const result = module._wasm_scan(pointer)
    try {
      return module.UTF8ToString(result)
    } finally {
      module._wasm_free_string(result)
    }
  })
  if (!json.startsWith('{')) throw new SqlError(SqlState.syntaxError, json)
  return (JSON.parse(json) as { tokens?: RawToken[] }).tokens ?? []
}

/** 54000 for a text of more bytes. */
export function checkLength(text: string, bytesMax: number): void {
  if (text.length <= bytesMax && Buffer.byteLength(text) <= bytesMax) return
  throw new SqlError(SqlState.programLimitExceeded, 'statement text is too long', {
    detail: `A statement may have ${bytesMax} bytes.`,
  })
}

function checkText(text: string): void {
  if (scanSteps(text) > scanStepsMax) {
    throw new SqlError(SqlState.statementTooComplex, 'statement has too many operator characters in a row', {
      hint: 'Pass long texts as parameters.',
    })
  }
  if (text.includes('\0')) {
    throw new SqlError(SqlState.characterNotInRepertoire, 'invalid byte sequence for encoding "UTF8": 0x00')
  }
}

/** Runs `call` on the text in the module's memory. */
function guarded(text: string, call: (module: ParserModule, pointer: number) => string): string {
  const module = must(current, 'loadParser is awaited before the first statement')
  try {
    const bytes = module.lengthBytesUTF8(text) + 1
    const pointer = module._malloc(bytes)
    if (pointer === 0) throw new RangeError('out of memory')
    module.stringToUTF8(text, pointer, bytes)
    const result = call(module, pointer)
    module._free(pointer)
    return result
  } catch (error) {
    if (error instanceof SqlError) throw error
    replaceDamaged()
    throw tooDeep(error)
  }
}

/** PostgreSQL's error for a statement that nests too deeply. */
export function tooDeep(cause: unknown): SqlError {
  return new SqlError(SqlState.statementTooComplex, 'stack depth limit exceeded', {
    hint: 'The statement nests too deeply.',
    cause,
  })
}

function syntaxError(module: ParserModule, error: number): SqlError {
  const message = module.UTF8ToString(module.getValue(error, 'i32'))
  const position = module.getValue(error + 16, 'i32')
  if (message.startsWith('memory exhausted')) return tooDeep(message)
  return new SqlError(stateOfMessage(message), message, position > 0 ? { position } : {})
}

/**
 * libpg-query keeps the message and drops the SQLSTATE; these are the codes of PostgreSQL's scan.l and
 * gram.y.
 */
const statesByMessage: readonly (readonly [RegExp, SqlState])[] = [
  [/is (not|no longer) (yet )?(implemented|supported)|not (yet )?implemented$/, SqlState.featureNotSupported],
  [/^invalid Unicode (escape|surrogate)/, SqlState.syntaxError],
  [/^invalid byte sequence/, SqlState.characterNotInRepertoire],
  [/^frame (start|end|starting)/, SqlState.windowingError],
  [/^precision for type float/, SqlState.invalidParameterValue],
  [/^role name ".*" is reserved$|cannot be used as a role name here$/, SqlState.reservedName],
  [/^nonstandard use of |^unsafe use of /, SqlState.featureNotSupported],
  [/^(a )?column definition list|^invalid parameter mode/, SqlState.syntaxError],
]

function stateOfMessage(message: string): SqlState {
  if (message.startsWith('LIMIT #,# syntax')) return SqlState.syntaxError
  return statesByMessage.find(([pattern]) => pattern.test(message))?.[1] ?? SqlState.syntaxError
}
