/**
 * The text of one generated function while it is written: numbered locals, nested blocks with their common
 * subexpressions, constants passed in an array. Knows nothing of SQL.
 *
 *   const c0 = constants[0] // lower(text)       <- head: once per batch
 *   for (…) {                                     <- body: once per row
 *     const v1 = values0[row]
 */

import { assert, must } from '../../planner/assert.ts'

/** Deeper blocks are not indented further: a thousand levels would be mostly blanks. */
const INDENT_MAX = 12

export class KernelSource<Value> {
  readonly constants: unknown[] = []
  readonly #head: string[] = []
  readonly #body: string[] = []
  readonly #tail: string[] = []
  /** Values computed in the current block and those around it, by expression key. */
  readonly #values = new Map<string, Value>()
  /** The keys that each block added; innermost last. */
  readonly #scopes: string[][] = [[]]
  readonly #bound = new Map<unknown, string>()
  readonly #helpers = new Map<string, unknown>()
  readonly #slots = new Map<number, string>()
  #locals = 0

  /** A fresh local's name. */
  name(prefix: string): string {
    return `${prefix}${this.#locals++}`
  }

  /** A line that runs once per batch, before the rows. */
  head(line: string): void {
    this.#head.push(line)
  }

  /** A line that runs once per batch, after the rows, also when one of them failed. */
  tail(line: string): void {
    this.#tail.push(line)
  }

  /** A line that runs once per row. */
  line(text: string): void {
    this.#body.push(this.#indent() + text)
  }

  /** `opening {`, what `write` emits, `}`. Values computed inside are unknown outside. */
  block(opening: string, write: () => void): void {
    this.line(`${opening} {`)
    this.#scopes.push([])
    write()
    for (const key of must(this.#scopes.pop(), 'it was pushed')) this.#values.delete(key)
    this.line('}')
  }

  /** Keeps a place for lines that are known only later; see fill. */
  slot(): number {
    this.#body.push('')
    this.#slots.set(this.#body.length - 1, this.#indent())
    return this.#body.length - 1
  }

  fill(slot: number, lines: readonly string[]): void {
    const indent = must(this.#slots.get(slot), 'only slots are filled')
    this.#body[slot] = lines.map(line => indent + line).join('\n')
  }

  /** Forgets the values of the innermost block: between the arms of an if … else. */
  otherwise(opening: string, write: () => void): void {
    must(this.#body.at(-1), 'an if block stands before its else')
    this.#body.pop()
    this.block(`} ${opening}`, write)
  }

  /** The value of `key` where it was computed in this block or one around it. */
  known(key: string): Value | undefined {
    return this.#values.get(key)
  }

  remember(key: string, value: Value): void {
    must(this.#scopes.at(-1), 'there is always a scope').push(key)
    this.#values.set(key, value)
  }

  #indent(): string {
    return '  '.repeat(Math.min(this.#scopes.length, INDENT_MAX))
  }

  /**
   * The name of a constant that is passed in; the same object gets the same name. `note` appears as a
   * comment.
   */
  constant(value: unknown, note = ''): string {
    const known = this.#bound.get(value)
    if (known !== undefined) return known
    const name = this.name('k')
    this.bind(name, value, note)
    this.#bound.set(value, name)
    return name
  }

  /**
   * A number or bigint, with a conversion that tells the JIT its type: `BigInt.asIntN(64, $)`. Equal values
   * get different names, so that the source does not depend on them.
   */
  typedConstant(value: unknown, conversion: string): string {
    const name = this.name('k')
    this.#head.push(`const ${name} = ${conversion.replace('$', `constants[${this.constants.length}]`)}`)
    this.constants.push(value)
    return name
  }

  /**
   * Binds the functions that a record's source refers to, under the names it uses; where such a name already
   * means another function, under a fresh name, which is replaced in the returned source.
   */
  withHelpers(helpers: Readonly<Record<string, unknown>> | undefined, code: string): string {
    let source = code
    for (const [name, helper] of Object.entries(helpers ?? {})) {
      const known = this.#helpers.get(name)
      if (known === undefined) {
        this.#helpers.set(name, helper)
        this.bind(name, helper, '')
      } else if (known !== helper) {
        source = source.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), this.constant(helper, name))
      }
    }
    return source
  }

  /** Binds functions of our own, whose names are unique. */
  helpers(helpers: Readonly<Record<string, unknown>>): void {
    assert(this.withHelpers(helpers, '') === '', 'nothing to rename')
  }

  bind(name: string, value: unknown, note: string): void {
    const comment = note === '' ? '' : ` // ${printable(note)}`
    this.#head.push(`const ${name} = constants[${this.constants.length}]${comment}`)
    this.constants.push(value)
  }

  /**
   * The function body: head, the loop over rows `from` … `to`, tail. When a row throws, `state.row` says
   * which, so that the caller can go on behind it.
   */
  finish(): string {
    return [
      ...this.#head,
      'let row = from',
      'try {',
      '  for (; row < to; row++) {',
      ...this.#rowLines(),
      '  }',
      '} catch (error) {',
      '  state.row = row',
      '  throw error',
      ...(this.#tail.length === 0 ? ['}'] : ['} finally {', ...this.#tail.map(line => '  ' + line), '}']),
    ].join('\n')
  }

  /** The function body of a part: head, and the function of one row, whose lines return its value. */
  finishFunction(): string {
    return [...this.#head, 'return row => {', ...this.#rowLines(), '}'].join('\n')
  }

  #rowLines(): readonly string[] {
    return this.#body
      .filter(line => line !== '')
      .map(line => '  ' + (line.includes('\n') ? line.replaceAll('\n', '\n  ') : line))
  }
}

/** Function ids become comments; nothing in them may end the comment. */
function printable(note: string): string {
  return note.replaceAll(/[^ -~]/g, '_')
}
