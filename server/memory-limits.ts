/** The limits of what sessions hold in memory, one in the other: all together, a session, a transaction. */

import { MemoryLimit } from '../executor/runtime/memory-limit.ts'
import type { DatabaseLimits } from './database-limits.ts'

/** What queries, transactions, cursors and prepared statements of all sessions hold together. */
export function workMemory({ workMemoryMax }: DatabaseLimits): MemoryLimit {
  return new MemoryLimit(workMemoryMax, {
    holder: 'All sessions together hold',
    hint: 'Try again when others have finished, or raise the limit max_work_memory.',
  })
}

/** What one session holds; given back when the session closes it. */
export function sessionMemory(all: MemoryLimit): MemoryLimit {
  return new MemoryLimit(Number.POSITIVE_INFINITY, { holder: 'The session holds' }, all)
}

/** What a transaction wrote and did not commit, and what its statements collect. */
export function transactionMemory(
  { transactionMemoryMax }: DatabaseLimits,
  session: MemoryLimit,
): MemoryLimit {
  const hint = 'Write fewer rows in one transaction, or raise the limit max_transaction_memory.'
  return new MemoryLimit(transactionMemoryMax, { holder: 'The transaction holds', hint }, session)
}
