/** The settings of text output and input as functions read them from the context. */

import type { EvaluationContext } from '../expression/evaluation-context.ts'

/** What holds the settings. */
export type SettingsContext = Pick<EvaluationContext, 'settings'>

export type DateOrder = 'MDY' | 'DMY' | 'YMD'
export type DateFormat = 'ISO' | 'SQL' | 'Postgres' | 'German'
export type IntervalStyle = 'postgres' | 'postgres_verbose' | 'sql_standard' | 'iso_8601'

/** DateStyle's second half: how `01/02/03` is read. */
export function dateOrder(context: SettingsContext): DateOrder {
  const style = context.settings.get('datestyle')
  if (style === undefined) return 'MDY'
  return style.includes('DMY') ? 'DMY' : style.includes('YMD') ? 'YMD' : 'MDY'
}

/** DateStyle's first half: how dates are written. */
export function dateFormat(context: SettingsContext): DateFormat {
  const style = context.settings.get('datestyle')
  if (style === undefined || style.startsWith('ISO')) return 'ISO'
  return style.startsWith('SQL') ? 'SQL' : style.startsWith('German') ? 'German' : 'Postgres'
}

export function intervalStyle(context: SettingsContext): IntervalStyle {
  return (context.settings.get('intervalstyle') ?? 'postgres') as IntervalStyle
}

/** extra_float_digits: from 1 on floats have the fewest digits that read back as the same number. */
export function extraFloatDigits(context: SettingsContext): number {
  const digits = context.settings.get('extra_float_digits')
  return digits === undefined ? 1 : Number(digits)
}

/** Whether bytea is written as `\\x` and hex digits, or as characters with octal escapes. */
export function byteaOutput(context: SettingsContext): 'hex' | 'escape' {
  return context.settings.get('bytea_output') === 'escape' ? 'escape' : 'hex'
}
