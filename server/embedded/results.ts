/** Results of the embedded API: what query and exec resolve to. */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { notSupported } from '../../planner/errors.ts'
import type { Schema } from '../../planner/schema.ts'
import { typeOid } from '../../planner/types.ts'
import type { ResultRows, StatementResult } from '../session-contract.ts'
import type { Parsers } from './js-values.ts'
import { jsReader } from './js-values.ts'

/** How rows are given. */
export interface RowOptions {
  /** 'object' (default): by column name, the last one wins where names repeat. 'array': by position. */
  readonly rowMode?: 'object' | 'array' | undefined
  /** Conversions by type OID, from PostgreSQL's text form. */
  readonly parsers?: Parsers | undefined
}

/** A result column. */
export interface FieldInfo {
  readonly name: string
  /** PostgreSQL's type OID. */
  readonly dataTypeID: number
}

/** The result of one statement. */
export interface QueryResult<Row = Record<string, unknown>> {
  /** Empty for statements that return none. */
  readonly rows: Row[]
  readonly fields: readonly FieldInfo[]
  /** Rows returned, inserted, updated or deleted; null where the statement counts none. */
  readonly rowCount: number | null
  /** `SELECT`, `INSERT`, `CREATE TABLE` … */
  readonly command: string
}

/** Takes a statement's result to its end. */
export async function collectResult<Row>(
  result: StatementResult,
  options: RowOptions,
  context: EvaluationContext,
): Promise<QueryResult<Row>> {
  switch (result.kind) {
    case 'empty':
      return { rows: [], fields: [], rowCount: null, command: '' }
    case 'command':
      return { rows: [], fields: [], ...readTag(result.commandTag) }
    case 'copy_out':
      result.rows.close()
      throw notSupported('COPY through the embedded API', { hint: 'Use query or subscribe.' })
    case 'copy_in':
      throw notSupported('COPY through the embedded API', { hint: 'Use insert.' })
    case 'rows': {
      const rows: Row[] = []
      const { schema } = result.fields
      for (const batch of await collectBatches(result.rows)) appendRows(rows, batch, schema, options, context)
      return { rows, fields: fieldsOf(schema), ...readTag(result.commandTag(rows.length)) }
    }
  }
}

/** All batches of a result; closes it. */
export async function collectBatches(rows: ResultRows): Promise<DeltaBatch[]> {
  const batches: DeltaBatch[] = []
  try {
    for (let batch = await rows.next(); batch !== undefined; batch = await rows.next()) batches.push(batch)
  } finally {
    rows.close()
  }
  return batches
}

/** Appends a batch's rows as objects or arrays. */
export function appendRows<Row>(
  rows: Row[],
  batch: DeltaBatch,
  schema: Schema,
  { rowMode = 'object', parsers = {} }: RowOptions,
  context: EvaluationContext,
): void {
  const readers = batch.columns.map(column => jsReader(column, context, parsers))
  for (let row = 0; row < batch.length; row++) {
    if (rowMode === 'array') rows.push(readers.map(read => read(row)) as Row)
    else rows.push(Object.fromEntries(readers.map((read, index) => [schema[index]!.name, read(row)])) as Row)
  }
}

export function fieldsOf(schema: Schema): readonly FieldInfo[] {
  return schema.map(({ name, type }) => ({ name, dataTypeID: typeOid(type) }))
}

/** `INSERT 0 3` → INSERT, 3. */
function readTag(tag: string): { readonly command: string; readonly rowCount: number | null } {
  const match = /^(.*?)(?: \d+)?(?: (\d+))$/.exec(tag)
  if (match === null) return { command: tag, rowCount: null }
  return { command: match[1]!, rowCount: Number(match[2]) }
}
