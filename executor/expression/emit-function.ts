/** Function records as call targets. */

import type { ScalarFunction } from '../functions/scalar-function.ts'
import type { CallTarget } from './emit-call.ts'

export function functionTarget(record: ScalarFunction): CallTarget {
  const neverNull =
    record.neverNull === true || ['ranges', 'pairs', 'slice', 'build'].some(form => form in record)
  return { id: record.id, body: record, strict: record.strict !== false, neverNull }
}
