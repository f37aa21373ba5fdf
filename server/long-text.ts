/**
 * A long statement keeps the thread for many milliseconds while it is parsed, and again while it is planned;
 * between the two others have their turn.
 */

import { setImmediate } from 'node:timers/promises'
import { throwIfAborted } from '../executor/runtime/cancellation.ts'

/** Takes about 2 ms to parse. */
const LONG_TEXT = 8192

export function isLong(text: string): boolean {
  return text.length > LONG_TEXT
}

/** Resolves when the event loop went round. Rejects with the signal's reason when it aborted meanwhile. */
export async function othersTurn(signal: AbortSignal): Promise<void> {
  await setImmediate()
  throwIfAborted(signal)
}
