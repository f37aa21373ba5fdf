/** What the main thread and the parser thread say to each other. */

import type { MessagePort } from 'node:worker_threads'
import type { SqlErrorFields, SqlState } from '../../planner/errors.ts'

export interface ParseRequest {
  readonly text: string
  readonly bytesMax: number
}

export type ParseReply =
  /** The trees wait in the port as `count` pieces (tree-pieces.ts). */
  | { readonly kind: 'parsed'; readonly id: number; readonly port: MessagePort; readonly count: number }
  | {
      readonly kind: 'refused'
      readonly id: number
      readonly code: SqlState
      readonly message: string
      readonly fields: SqlErrorFields
    }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
