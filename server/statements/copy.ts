/** COPY … TO STDOUT in text or csv: of a query, a relation, or a subscription. */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { CopyStatement, Option } from '../../planner/sql/ast.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import type { CopyFormat } from '../session-contract.ts'
import { parseBool } from '../settings/setting-values.ts'
import { selectAll } from './select-all.ts'

export function planCopy(statement: CopyStatement, planning: Planning): PlannedStatement {
  if (statement.isFrom) throw notSupported('COPY FROM')
  if (statement.file !== undefined || statement.program) throw notSupported('COPY to a file or program')
  const format = copyFormat(statement.options)
  const source = planSource(statement, planning)
  const { fields } = source
  if (fields === undefined) {
    throw new SqlError(SqlState.featureNotSupported, 'COPY query must have a RETURNING clause')
  }
  const live = statement.from.kind === 'subscribe'
  return {
    parameterTypes: source.parameterTypes,
    // Its rows are no result set: Describe says NoData.
    fields: undefined,
    isShared: false,
    async run(execution) {
      const result = await source.run(execution)
      if (result.kind !== 'rows') throw new TypeError('a statement with fields returns rows')
      const commandTag = (rowCount: number) => `COPY ${rowCount}`
      return { kind: 'copy_out', fields, rows: result.rows, format, live, commandTag }
    },
  }
}

function planSource({ from }: CopyStatement, { session, text }: Planning): PlannedStatement {
  switch (from.kind) {
    case 'relation':
      return session.plan(
        selectAll(
          from.table,
          from.columns.map(column => column.name),
        ),
        text,
        [],
      )
    case 'query':
      return session.plan(from.statement, text, [])
    case 'subscribe':
      return session.plan(from, text, [])
  }
}

/** COPY's options with the defaults of the format. */
export function copyFormat(options: readonly Option[]): CopyFormat {
  const given = new Map<string, string | undefined>()
  for (const { name, value, position } of options) {
    if (given.has(name)) {
      throw new SqlError(SqlState.syntaxError, 'conflicting or redundant options', { position })
    }
    given.set(name, value)
  }
  const format = given.get('format')?.toLowerCase() ?? 'text'
  if (format === 'binary') throw notSupported('COPY … (FORMAT binary)')
  if (format !== 'text' && format !== 'csv') {
    throw new SqlError(SqlState.invalidParameterValue, `COPY format "${format}" not recognized`)
  }
  const csv = format === 'csv'
  checkNames(given, csv)
  const quote = oneByte('quote', given.get('quote') ?? '"')
  return {
    format,
    delimiter: oneByte('delimiter', given.get('delimiter') ?? (csv ? ',' : '\t')),
    nullText: given.get('null') ?? (csv ? '' : '\\N'),
    header: given.has('header') && header(given.get('header')),
    quote,
    escape: oneByte('escape', given.get('escape') ?? quote),
  }
}

const knownOptions = ['format', 'delimiter', 'null', 'header', 'quote', 'escape', 'encoding']

function checkNames(given: ReadonlyMap<string, string | undefined>, csv: boolean): void {
  for (const name of given.keys()) {
    if (name === 'force_quote') throw notSupported('COPY … (FORCE_QUOTE)')
    if (!knownOptions.includes(name)) {
      throw new SqlError(SqlState.syntaxError, `option "${name}" not recognized`)
    }
    if (!csv && (name === 'quote' || name === 'escape')) {
      throw new SqlError(SqlState.featureNotSupported, `COPY ${name} available only in CSV mode`)
    }
  }
  const encoding = given.get('encoding')?.replaceAll('-', '').toUpperCase()
  if (encoding !== undefined && encoding !== 'UTF8') throw notSupported(`COPY encoding "${encoding}"`)
}

function oneByte(name: string, value: string): string {
  if (value.length === 1 && value.charCodeAt(0) < 128 && value !== '\n' && value !== '\r') return value
  throw new SqlError(SqlState.featureNotSupported, `COPY ${name} must be a single one-byte character`)
}

function header(value: string | undefined): boolean {
  const flag = parseBool(value ?? 'true')
  if (flag === undefined) throw new SqlError(SqlState.syntaxError, 'header requires a Boolean value')
  return flag
}
