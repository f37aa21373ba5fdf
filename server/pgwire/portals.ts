/**
 * What the wire keeps of a portal: its formats and, where the result is live, how far into a batch it was
 * sent. The session owns the portal; a wire portal lives exactly as long.
 */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { Portal } from '../session-contract.ts'

export interface WirePortal {
  readonly portal: Portal
  /** One code per column. */
  readonly formats: readonly number[]
  batch: DeltaBatch | undefined
  row: number
  /** The live result was sent to its end. */
  finished: boolean
}

export function wirePortal(portal: Portal, formats: readonly number[]): WirePortal {
  return { portal, formats, batch: undefined, row: 0, finished: false }
}
