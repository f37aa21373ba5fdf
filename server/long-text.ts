/**
 * A long statement keeps the thread for many milliseconds while it is parsed, and again while it is planned;
 * between the two others have their turn.
 */

import { throwIfAborted } from '../executor/runtime/cancellation.ts'
import type { Database } from './database.ts'

/** Takes about 2 ms to parse. */
const LONG_TEXT = 8192

export function isLong(text: string): boolean {
  return text.length > LONG_TEXT
}

/** Resolves when others had their turn. Rejects with the signal's reason when it aborted meanwhile. */
export async function othersTurn({ engine }: Database, signal: AbortSignal): Promise<void> {
  await engine.createSlicer().queue()
  throwIfAborted(signal)
}
