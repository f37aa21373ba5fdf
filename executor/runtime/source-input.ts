/** The input that an epoch takes from sources: what their shared readers have, slice by slice. */

import { BATCH_ROWS } from '../batch/delta-batch.ts'
import type { Dataflow } from './dataflow.ts'
import type { Slicer } from './slicer.ts'
import type { SourceHub } from './source-hub.ts'

/** Hubs that have rows and may deliver them: not held, not failed, no full target behind them. */
export function readyHubs(dataflow: Dataflow, blocked: ReadonlySet<unknown>): SourceHub[] {
  return dataflow.hubs().filter(hub => hub.pollable && !blocked.has(hub))
}

/**
 * Polls the hubs in turn until nothing is left or `timeUp`. Between two slices clients get their turn, and
 * hubs may be held or closed.
 */
export async function readSources(
  dataflow: Dataflow,
  hubs: readonly SourceHub[],
  slicer: Slicer,
  timeUp: () => boolean,
): Promise<void> {
  let polled = true
  while (polled && !timeUp()) {
    polled = false
    for (const hub of hubs) {
      if (!hub.pollable) continue
      const rows = hub.poll(BATCH_ROWS)
      if (rows !== undefined) {
        polled = true
        dataflow.publishSource(hub, rows)
      }
      if (slicer.expired()) await slicer.pause()
      if (timeUp()) return
    }
  }
}
