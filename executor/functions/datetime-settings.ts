/** DateStyle and IntervalStyle as functions read them from the context. */

import type { EvaluationContext } from '../expression/evaluation-context.ts'

export type DateOrder = 'MDY' | 'DMY' | 'YMD'
export type DateFormat = 'ISO' | 'SQL' | 'Postgres' | 'German'
export type IntervalStyle = 'postgres' | 'postgres_verbose' | 'sql_standard' | 'iso_8601'

/** DateStyle's second half: how `01/02/03` is read. */
export function dateOrder(context: EvaluationContext): DateOrder {
  const style = context.settings.get('datestyle')
  if (style === undefined) return 'MDY'
  return style.includes('DMY') ? 'DMY' : style.includes('YMD') ? 'YMD' : 'MDY'
}

/** DateStyle's first half: how dates are written. */
export function dateFormat(context: EvaluationContext): DateFormat {
  const style = context.settings.get('datestyle')
  if (style === undefined || style.startsWith('ISO')) return 'ISO'
  return style.startsWith('SQL') ? 'SQL' : style.startsWith('German') ? 'German' : 'Postgres'
}

export function intervalStyle(context: EvaluationContext): IntervalStyle {
  return (context.settings.get('intervalstyle') ?? 'postgres') as IntervalStyle
}
