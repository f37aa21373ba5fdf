/**
 * Typed reading of WITH (…) and ENCODE … (…) options. A connector reads what it knows, then calls `finish`,
 * which rejects what nobody read. Values of secret options never appear in messages.
 */

import { SqlError, SqlState } from '../planner/errors.ts'

export class OptionReader {
  readonly #options: ReadonlyMap<string, string>
  /** For messages: `connector "kafka"`, `ENCODE JSON`. */
  readonly #owner: string
  readonly #known = new Set<string>()

  constructor(options: ReadonlyMap<string, string>, owner: string) {
    this.#options = options
    this.#owner = owner
  }

  /** The value of the first of `names` that is given. Two spellings given at once are an error. */
  text(...names: readonly string[]): string | undefined {
    let found: string | undefined
    for (const name of names) {
      this.#known.add(name)
      if (!this.#options.has(name)) continue
      if (found !== undefined)
        throw invalid(`options "${found}" and "${name}" are the same; give one of them`)
      found = name
    }
    return found === undefined ? undefined : this.#options.get(found)
  }

  /** Like text, but the option must be there and not empty. */
  required(...names: readonly string[]): string {
    const value = this.text(...names)
    if (value === undefined || value === '') {
      const others = [...this.#options.keys()].filter(
        name => !this.#known.has(name) && !commonOptions.has(name),
      )
      const misspelled = nearest(names[0]!, others)
      const hint = misspelled === undefined ? undefined : `Perhaps "${misspelled}" is meant to be that.`
      throw invalid(`option "${names[0]}" is required for ${this.#owner}`, hint)
    }
    return value
  }

  integer(name: string, limits: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = /^[+-]?\d+$/.test(value.trim()) ? Number(value) : Number.NaN
    if (!(number >= limits.min && number <= limits.max)) {
      throw this.invalidValue(name, `It must be an integer between ${limits.min} and ${limits.max}.`)
    }
    return number
  }

  boolean(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined) return undefined
    if (['true', 'on', 'yes', '1', 't'].includes(value)) return true
    if (['false', 'off', 'no', '0', 'f'].includes(value)) return false
    throw this.invalidValue(name, 'It must be true or false.')
  }

  /** One of `values`, given in any case. */
  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const found = values.find(candidate => candidate.toLowerCase() === value.toLowerCase())
    if (found === undefined) throw this.invalidValue(name, `It must be one of ${values.join(', ')}.`)
    return found
  }

  /** Options that are accepted and have no effect, such as tuning knobs of another client. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#known.add(name)
  }

  /** All given options whose names start with `prefix`, without it. Counts as read. */
  withPrefix(prefix: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>()
    for (const [name, value] of this.#options) {
      if (!name.startsWith(prefix)) continue
      this.#known.add(name)
      found.set(name.slice(prefix.length), value)
    }
    return found
  }

  invalidValue(name: string, hint: string): SqlError {
    const shown = isSecret(name) ? '' : `: "${this.#options.get(name)}"`
    return invalid(`invalid value for option "${name}" of ${this.#owner}${shown}`, hint)
  }

  /** Rejects options that were never asked for. */
  finish(): void {
    for (const name of this.#options.keys()) {
      if (this.#known.has(name) || commonOptions.has(name)) continue
      const close = nearest(name, [...this.#known, ...commonOptions])
      const hint = close === undefined ? undefined : `Perhaps you meant "${close}".`
      throw invalid(`unknown option "${name}" for ${this.#owner}`, hint)
    }
  }
}

/** Options that the server reads for every source and sink. */
const commonOptions: ReadonlySet<string> = new Set([
  'connector',
  'on_error',
  'allowed_lateness',
  'late_rows',
  'type',
])

/**
 * What happens to records that cannot be decoded: stop the source, leave them out and count, or keep them in
 * a table.
 */
export type OnError = 'fail' | 'skip' | 'dead_letter'

/**
 * The source's on_error option; 'fail' when it is not given, since leaving rows out silently is a wrong
 * result.
 */
export function onErrorPolicy(options: ReadonlyMap<string, string>): OnError {
  return new OptionReader(options, 'a source').oneOf('on_error', ['fail', 'skip', 'dead_letter']) ?? 'fail'
}

/** The candidate that `name` is probably a misspelling of. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** The value of an option of this name is shown nowhere. */
export function isSecret(name: string): boolean {
  return /password|secret|token|credential|\.key|jaas/i.test(name)
}

function invalid(message: string, hint?: string): SqlError {
  return new SqlError(SqlState.invalidParameterValue, message, { hint })
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const cost = left[row - 1] === right[column - 1] ? 0 : 1
      current.push(Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + cost))
    }
    previous = current
  }
  return previous[right.length]!
}
