/**
 * The only place where source text becomes code. User data never becomes source: constants are passed as
 * parameters of
 * the generated factory. Equal source gives the same function object, so a plan that is compiled again keeps
 * its JIT code.
 */

const compiled = new Map<string, unknown>()
const COMPILED_MAX = 4096

/**
 * The function with these parameter names and this body. Cached by text, oldest dropped first.
 * `body` must be free of user data; see the head comment.
 */
export function compileFunction<T>(parameters: readonly string[], body: string): T {
  const key = parameters.join(',') + '\n' + body
  const known = compiled.get(key)
  if (known !== undefined) return known as T
  const made = new Function(...parameters, `'use strict'\n${body}`)
  if (compiled.size >= COMPILED_MAX) compiled.delete(compiled.keys().next().value as string)
  compiled.set(key, made)
  return made as T
}
