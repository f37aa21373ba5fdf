/**
 * What the wire keeps of a portal between two Executes: its result, and how far into a batch it has been
 * sent. The session owns the portal; a wire portal lives exactly as long.
 */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { Portal, StatementResult } from '../session-contract.ts'

export interface WirePortal {
  readonly portal: Portal
  /** One code per column. */
  readonly formats: readonly number[]
  result: StatementResult | undefined
  batch: DeltaBatch | undefined
  row: number
  /** The result was sent to its end; Execute again sends the end again. */
  finished: boolean
}

export function wirePortal(portal: Portal, formats: readonly number[]): WirePortal {
  return { portal, formats, result: undefined, batch: undefined, row: 0, finished: false }
}
