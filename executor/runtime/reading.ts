/** Reading a source outside the epoch loop: history for a new job, one-shot queries. */

import { BATCH_ROWS } from '../batch/delta-batch.ts'
import type {
  OpenRequest,
  Source,
  SourceBatch,
  SourceReader,
  SplitPosition,
  SplitRange,
} from '../io/source.ts'
import { orAborted } from './cancellation.ts'

export interface OpenedReader {
  readonly reader: SourceReader
  /** Rejects when the reader fails for good; never resolves. */
  readonly failure: Promise<never>
}

/** Opens a reader whose failure for good is a promise to race against. */
export async function openReader(
  source: Source,
  request: Omit<OpenRequest, 'onStatus'>,
): Promise<OpenedReader> {
  let onFailed!: (error: Error) => void
  const failure = new Promise<never>((_, reject) => {
    onFailed = reject
  })
  failure.catch(() => {}) // seen by whoever races against it
  const reader = await source.open({
    ...request,
    onStatus: status => {
      if (status.kind === 'failed') onFailed(status.error)
    },
  })
  return { reader, failure }
}

/** The next rows of a reader with stops; undefined when it is at all of them. */
export async function drainReader(
  reader: SourceReader,
  failure: Promise<never>,
  signal: AbortSignal | undefined,
): Promise<SourceBatch | undefined> {
  for (;;) {
    const rows = reader.poll(BATCH_ROWS)
    if (rows !== undefined) return rows
    if (reader.done) return undefined
    await orAborted(Promise.race([reader.ready(), failure]), signal)
  }
}

/** Where reading starts. */
export function startPositions(ranges: readonly SplitRange[]): readonly SplitPosition[] {
  return ranges.map(({ split, start }) => ({ split, offset: start }))
}

/** What was there at the time of `discover`: splits with an end that lies after their start. */
export function endPositions(ranges: readonly SplitRange[]): readonly SplitPosition[] {
  return ranges.flatMap(({ split, start, end }) =>
    end !== undefined && end > start ? [{ split, offset: end }] : [],
  )
}

/** True when every split of `ends` has been read up to there. */
export function reached(
  positions: readonly SplitPosition[] | undefined,
  ends: readonly SplitPosition[],
): boolean {
  if (ends.length === 0) return true
  if (positions === undefined) return false
  const offsets = new Map(positions.map(({ split, offset }) => [split, offset]))
  return ends.every(({ split, offset }) => (offsets.get(split) ?? offset - 1n) >= offset)
}

/** How much of the ranges lies behind, 0 … 1; 1 when nothing was there. */
export function progressOf(ranges: readonly SplitRange[], positions: readonly SplitPosition[]): number {
  const offsets = new Map(positions.map(({ split, offset }) => [split, offset]))
  let total = 0
  let done = 0
  for (const { split, start, end } of ranges) {
    if (end === undefined || end <= start) continue
    total += Number(end - start)
    const offset = offsets.get(split) ?? start
    done += Math.max(0, Math.min(Number(offset - start), Number(end - start)))
  }
  return total === 0 ? 1 : done / total
}
