/**
 * Checks of the programmer's own assumptions. None of these may be reachable from SQL: a user's mistake is a
 * SqlError (errors.ts), bad data is a counted policy.
 */

/** Throws when an invariant does not hold. `reason` says why it must hold. */
export function assert(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${reason}`)
}

/** Returns `value` when it is present. `reason` says why it must be. */
export function must<T>(value: T | null | undefined, reason: string): T {
  if (value === null || value === undefined) throw new Error(`assertion failed: ${reason}`)
  return value
}

/** Ends an exhaustive `switch` over a tagged union; a new member becomes a compile error here. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
