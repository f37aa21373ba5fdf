/**
 * COPY's options: their values, the defaults of the format, and what goes together. PostgreSQL 15's texts.
 */

import type { Relation } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Option } from '../../planner/sql/ast.ts'
import { type ClientEncoding, findEncoding } from '../encoding/encoding-names.ts'
import { parseBool } from '../settings/setting-values.ts'

export interface CopyOptions {
  readonly format: 'text' | 'csv' | 'binary'
  /** One byte, like quote and escape. */
  readonly delimiter: string
  readonly nullText: string
  readonly header: boolean | 'match'
  readonly quote: string
  readonly escape: string
  /** Column names, or all columns. */
  readonly forceQuote: readonly string[] | '*'
  readonly forceNotNull: readonly string[]
  readonly forceNull: readonly string[]
  /** Of text and csv; undefined = the client's. */
  readonly encoding: ClientEncoding | undefined
}

export function copyOptions(given: readonly Option[], isFrom: boolean): CopyOptions {
  const options = new GivenOptions(given)
  const format = options.format()
  const isCsv = format === 'csv'
  if (format === 'binary') refuseInBinary(options)
  const delimiter = options.text('delimiter') ?? (isCsv ? ',' : '\t')
  const nullText = options.text('null') ?? (isCsv ? '' : '\\N')
  const header = options.header(isFrom)
  if (format === 'binary' && header !== false) throw unsupported('cannot specify HEADER in BINARY mode')
  const quote = options.text('quote') ?? '"'
  const escapeByte = options.text('escape') ?? quote
  checkDelimiter(delimiter, isCsv)
  checkNull(nullText)
  options.checkCsv(isCsv, isFrom)
  for (const [name, value] of [
    ['quote', quote],
    ['escape', escapeByte],
  ] as const) {
    if (isCsv && !isOneByte(value)) throw unsupported(`COPY ${name} must be a single one-byte character`)
  }
  if (isCsv && delimiter === quote) throw invalid('COPY delimiter and quote must be different')
  if (nullText.includes(delimiter)) {
    throw unsupported('COPY delimiter must not appear in the NULL specification')
  }
  if (isCsv && nullText.includes(quote)) {
    throw unsupported('CSV quote character must not appear in the NULL specification')
  }
  return {
    format,
    delimiter,
    nullText,
    header,
    quote,
    escape: escapeByte,
    forceQuote: options.columns('force_quote', true),
    forceNotNull: options.columns('force_not_null', false) as readonly string[],
    forceNull: options.columns('force_null', false) as readonly string[],
    encoding: options.encoding(),
  }
}

/**
 * For each of the copied columns whether the option lists it. 42703 for one that `table` does not have, 42P10
 * for one that is not copied; without a table (the columns are a query's) always 42703.
 */
export function forcedColumns(
  option: 'FORCE_QUOTE' | 'FORCE_NOT_NULL' | 'FORCE_NULL',
  listed: readonly string[] | '*',
  names: readonly string[],
  table?: Relation,
): readonly boolean[] {
  if (listed === '*') return names.map(() => true)
  for (const [index, name] of listed.entries()) {
    const isKnown = table === undefined ? names.includes(name) : hasColumn(table, name)
    if (!isKnown) {
      const owner = table === undefined ? '' : ` of relation "${table.name}"`
      throw new SqlError(SqlState.undefinedColumn, `column "${name}"${owner} does not exist`)
    }
    if (!names.includes(name)) {
      const message = `${option} column "${name}" not referenced by COPY`
      throw new SqlError(SqlState.invalidColumnReference, message)
    }
    if (listed.indexOf(name) !== index) {
      throw new SqlError(SqlState.duplicateColumn, `column "${name}" specified more than once`)
    }
  }
  return names.map(name => listed.includes(name))
}

function hasColumn(table: Relation, name: string): boolean {
  return table.schema.some(field => field.name === name)
}

const knownOptions = [
  'format',
  'freeze',
  'delimiter',
  'null',
  'header',
  'quote',
  'escape',
  'force_quote',
  'force_not_null',
  'force_null',
  'encoding',
]

class GivenOptions {
  readonly #options = new Map<string, Option>()

  constructor(given: readonly Option[]) {
    for (const option of given) {
      const { name, position } = option
      if (!knownOptions.includes(name)) {
        throw new SqlError(SqlState.syntaxError, `option "${name}" not recognized`, { position })
      }
      if (this.#options.has(name)) {
        throw new SqlError(SqlState.syntaxError, 'conflicting or redundant options', { position })
      }
      this.#options.set(name, option)
    }
    this.encoding()
    this.#checkFreeze()
    for (const name of ['force_quote', 'force_not_null', 'force_null']) {
      this.columns(name, name === 'force_quote')
    }
  }

  has(name: string): boolean {
    return this.#options.has(name)
  }

  text(name: string): string | undefined {
    const option = this.#options.get(name)
    if (option === undefined || option.value !== undefined) return option?.value
    throw new SqlError(SqlState.syntaxError, `${name} requires a parameter`)
  }

  format(): CopyOptions['format'] {
    const format = this.text('format') ?? 'text'
    if (format === 'text' || format === 'csv' || format === 'binary') return format
    const { position } = this.#options.get('format')!
    throw new SqlError(SqlState.invalidParameterValue, `COPY format "${format}" not recognized`, { position })
  }

  header(isFrom: boolean): boolean | 'match' {
    const option = this.#options.get('header')
    if (option === undefined) return false
    const value = option.value ?? 'true'
    const isOn = parseBool(value)
    if (isOn !== undefined) return isOn
    if (value.toLowerCase() !== 'match') {
      throw new SqlError(SqlState.syntaxError, 'header requires a Boolean value or "match"')
    }
    if (!isFrom) throw unsupported('cannot use "match" with HEADER in COPY TO')
    return 'match'
  }

  encoding(): ClientEncoding | undefined {
    const name = this.text('encoding')
    if (name === undefined) return undefined
    const encoding = findEncoding(name)
    if (encoding === 'other') throw unsupported(`COPY with encoding "${name}" is not supported`)
    if (encoding !== undefined) return encoding
    throw new SqlError(
      SqlState.invalidParameterValue,
      'argument to option "encoding" must be a valid encoding name',
      { position: this.#options.get('encoding')?.position },
    )
  }

  columns(name: string, mayBeAll: boolean): readonly string[] | '*' {
    const option = this.#options.get(name)
    if (option === undefined) return []
    if (mayBeAll && option.value === '*') return '*'
    if (option.list !== undefined) return option.list
    throw new SqlError(
      SqlState.invalidParameterValue,
      `argument to option "${name}" must be a list of column names`,
      { position: option.position },
    )
  }

  /** 0A000 for an option of csv in another format, or of the other direction. */
  checkCsv(isCsv: boolean, isFrom: boolean): void {
    for (const name of ['quote', 'escape', 'force_quote', 'force_not_null', 'force_null']) {
      if (!this.has(name)) continue
      const words = name.replaceAll('_', ' ')
      if (!isCsv) throw unsupported(`COPY ${words} available only in CSV mode`)
      if (name.startsWith('force') && (name === 'force_quote') === isFrom) {
        throw unsupported(`COPY ${words} only available using COPY ${isFrom ? 'TO' : 'FROM'}`)
      }
    }
  }

  /** A hint about storage in PostgreSQL; rows are versioned here in any case. */
  #checkFreeze(): void {
    const value = this.#options.get('freeze')?.value ?? 'true'
    if (parseBool(value) === undefined) {
      throw new SqlError(SqlState.syntaxError, 'freeze requires a Boolean value')
    }
  }
}

function refuseInBinary(options: GivenOptions): void {
  for (const name of ['delimiter', 'null']) {
    if (!options.has(name)) continue
    const message = `cannot specify ${name.toUpperCase()} in BINARY mode`
    throw new SqlError(SqlState.syntaxError, message)
  }
}

function checkDelimiter(delimiter: string, isCsv: boolean): void {
  if (!isOneByte(delimiter)) throw unsupported('COPY delimiter must be a single one-byte character')
  if (/[\r\n]/.test(delimiter)) throw invalid('COPY delimiter cannot be newline or carriage return')
  if (!isCsv && /[\\.a-z0-9]/.test(delimiter)) throw invalid(`COPY delimiter cannot be "${delimiter}"`)
}

function checkNull(nullText: string): void {
  if (/[\r\n]/.test(nullText)) {
    throw invalid('COPY null representation cannot use newline or carriage return')
  }
}

function isOneByte(text: string): boolean {
  return Buffer.byteLength(text) === 1
}

function unsupported(message: string): SqlError {
  return new SqlError(SqlState.featureNotSupported, message)
}

function invalid(message: string): SqlError {
  return new SqlError(SqlState.invalidParameterValue, message)
}
