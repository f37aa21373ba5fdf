/** datagen's fields: a function from a row's number to its value, by kind and type. */

import { Numeric } from '../../executor/batch/numeric.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Field } from '../../planner/schema.ts'
import { formatType } from '../../planner/types.ts'
import { EventRandom } from '../event-random.ts'
import type { OptionReader } from '../options.ts'

/** The value of row `number` (0-based, over all splits). */
export type FieldMaker = (number: number) => SqlValue

export interface DatagenField {
  readonly make: FieldMaker
  /** Rows until a sequence is exhausted; undefined for random fields and sequences without an end. */
  readonly rows: number | undefined
}

/**
 * Reads the options `fields.<name>.*` of a column. 22023 for a bad one, 0A000 for a type that has no
 * generator.
 */
export function datagenField(field: Field, options: OptionReader, column: number): DatagenField {
  const prefix = `fields.${field.name}`
  const kind = options.oneOf(`${prefix}.kind`, ['sequence', 'random']) ?? 'random'
  if (kind === 'sequence') return sequenceField(field, options, prefix)
  const seed = options.integer(`${prefix}.seed`, { min: 0, max: 2 ** 31 - 1 }) ?? column
  return { make: randomMaker(field, options, prefix, new EventRandom(seed)), rows: undefined }
}

const SAFE = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }

function sequenceField(field: Field, options: OptionReader, prefix: string): DatagenField {
  const start = options.integer(`${prefix}.start`, SAFE) ?? 0
  const end = options.integer(`${prefix}.end`, SAFE)
  const convert = numberConverter(field, 'sequence')
  return {
    make: number => convert(start + number),
    rows: end === undefined ? undefined : Math.max(0, end - start + 1),
  }
}

/** A JavaScript number as a value of a numeric column type. */
function numberConverter(field: Field, kind: string): (value: number) => SqlValue {
  switch (field.type.kind) {
    case 'int2':
    case 'int4':
    case 'float4':
    case 'float8':
      return value => value
    case 'int8':
      return value => BigInt(Math.trunc(value))
    case 'numeric':
      return value => numericOf(value, field)
    default:
      throw unsupported(field, kind)
  }
}

function numericOf(value: number, field: Field): Numeric {
  const scale = field.type.kind === 'numeric' ? (field.type.scale ?? 2) : 2
  return new Numeric(BigInt(Math.round(value * 10 ** scale)), scale)
}

function randomMaker(field: Field, options: OptionReader, prefix: string, random: EventRandom): FieldMaker {
  switch (field.type.kind) {
    case 'bool':
      return number => draw(random, number) < 0.5
    case 'text':
    case 'varchar':
      return textMaker(options, prefix, random)
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return timeMaker(field, options, prefix, random)
    default:
      return rangeMaker(field, options, prefix, random)
  }
}

function draw(random: EventRandom, number: number): number {
  random.start(number)
  return random.unit()
}

/** min … max, both inclusive for whole numbers. */
function rangeMaker(field: Field, options: OptionReader, prefix: string, random: EventRandom): FieldMaker {
  const convert = numberConverter(field, 'random')
  const isWhole = field.type.kind.startsWith('int')
  const min = numberOption(options, `${prefix}.min`) ?? 0
  const max = numberOption(options, `${prefix}.max`) ?? (isWhole ? 32767 : 1)
  if (max < min) throw options.invalidValue(`${prefix}.max`, `It must not be below ${prefix}.min.`)
  if (isWhole) return number => convert(Math.floor(min + draw(random, number) * (max - min + 1)))
  return number => convert(min + draw(random, number) * (max - min))
}

function numberOption(options: OptionReader, name: string): number | undefined {
  const text = options.text(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw options.invalidValue(name, 'It must be a number.')
  return value
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

function textMaker(options: OptionReader, prefix: string, random: EventRandom): FieldMaker {
  const length = options.integer(`${prefix}.length`, { min: 0, max: 1_000_000 }) ?? 10
  return number => {
    random.start(number)
    let text = ''
    for (let index = 0; index < length; index++) text += LETTERS[random.below(LETTERS.length)]
    return text
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Between now − max_past and now. `max_past_mode = 'relative'` takes now anew for each row, absolute once.
 */
function timeMaker(field: Field, options: OptionReader, prefix: string, random: EventRandom): FieldMaker {
  const text = options.text(`${prefix}.max_past`) ?? '1d'
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text.trim())
  if (match === null) throw options.invalidValue(`${prefix}.max_past`, "It must be a duration such as '2h'.")
  const pastMs = Number(match[1]) * UNITS[match[2]!]!
  const mode = options.oneOf(`${prefix}.max_past_mode`, ['absolute', 'relative']) ?? 'absolute'
  const startMs = Date.now()
  return number => {
    const nowMs = mode === 'relative' ? Date.now() : startMs
    const atMs = Math.floor(nowMs - draw(random, number) * pastMs)
    return field.type.kind === 'date' ? Math.floor(atMs / 86_400_000) : BigInt(atMs) * 1000n
  }
}

function unsupported(field: Field, kind: string): SqlError {
  return new SqlError(
    SqlState.featureNotSupported,
    `datagen has no ${kind} values of type ${formatType(field.type)} for column "${field.name}"`,
  )
}
