/**
 * The only place where source text becomes code. User data never becomes source: constants are passed as
 * parameters of
 * the generated factory. Equal source gives the same function object, so a plan that is compiled again keeps
 * its JIT code.
 */

const compiled = new Map<string, unknown>()
const COMPILED_MAX = 4096
/** Characters of all sources together. */
const CHARACTERS_MAX = 1 << 24
/** A longer source is of a statement that hardly comes again. */
const SOURCE_LENGTH_MAX = 1 << 17
let characters = 0

/**
 * The function with these parameter names and this body. Cached by text, oldest dropped first.
 * `body` must be free of user data; see the head comment.
 */
export function compileFunction<T>(parameters: readonly string[], body: string): T {
  const key = parameters.join(',') + '\n' + body
  const known = compiled.get(key)
  if (known !== undefined) return known as T
  const made = new Function(...parameters, `'use strict'\n${body}`)
  if (key.length <= SOURCE_LENGTH_MAX) keep(key, made)
  return made as T
}

function keep(key: string, made: unknown): void {
  compiled.set(key, made)
  characters += key.length
  for (const oldest of compiled.keys()) {
    if (compiled.size <= COMPILED_MAX && characters <= CHARACTERS_MAX) return
    compiled.delete(oldest)
    characters -= oldest.length
  }
}
