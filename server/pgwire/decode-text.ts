/** Text among the values that a client sends. */

import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { decodeClientText } from '../encoding/client-text.ts'
import type { ClientEncoding } from '../encoding/encoding-names.ts'

/** 22021 for bytes that are not of the session's client_encoding. */
export function decodeText(bytes: Uint8Array, { settings }: EvaluationContext): string {
  return decodeClientText(bytes, (settings.get('client_encoding') ?? 'UTF8') as ClientEncoding)
}
