/** Result rows that are at hand as values: SHOW, EXPLAIN, DESCRIBE. Small by nature. */

import { columnFromValues } from '../executor/batch/column-builder.ts'
import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import { deltaBatch } from '../executor/batch/delta-batch.ts'
import type { SqlValue } from '../executor/expression/evaluation-context.ts'
import type { Schema } from '../planner/schema.ts'
import type { Execution, PlannedStatement } from './planned-statement.ts'
import { computedFields } from './planned-statement.ts'
import type { ResultRows } from './session-contract.ts'

/** Rows of values as one batch. */
export function batchFromRows(schema: Schema, rows: readonly (readonly SqlValue[])[]): DeltaBatch {
  const columns = schema.map((field, index) => {
    return columnFromValues(
      field.type,
      rows.map(row => row[index] ?? null),
    )
  })
  return deltaBatch(columns, rows.length)
}

/** Batches that exist already, as a result. */
export function rowsOfBatches(batches: readonly DeltaBatch[]): ResultRows {
  let index = 0
  return {
    async next() {
      return batches[index++]
    },
    close() {
      index = batches.length
    },
  }
}

/** A statement whose result is computed by the server itself. */
export function valuesStatement(
  schema: Schema,
  tag: (rowCount: number) => string,
  rows: (execution: Execution) => readonly (readonly SqlValue[])[],
): PlannedStatement {
  const fields = computedFields(schema)
  return {
    parameterTypes: [],
    fields,
    isShared: false,
    async run(execution) {
      const batch = batchFromRows(schema, rows(execution))
      return { kind: 'rows', fields, rows: rowsOfBatches(batch.length === 0 ? [] : [batch]), commandTag: tag }
    },
  }
}
