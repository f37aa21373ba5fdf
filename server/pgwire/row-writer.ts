/** DataRow messages from the columns of a batch, in the formats that Bind asked for. */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { binaryWriter } from './binary-values.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { textWriter, type ValueWriter } from './text-values.ts'

const DATA_ROW = 0x44

/**
 * Writes rows [from, to) of a batch; stops early, at a row boundary, when `output` is full. Returns the next
 * row.
 */
export type RowsWriter = (from: number, to: number) => number

/** `formats` has one code per column. */
export function rowsWriter(
  batch: DeltaBatch,
  formats: readonly number[],
  output: OutputBuffer,
  context: EvaluationContext,
): RowsWriter {
  const columns = batch.columns.map((column, index) => ({
    validity: column.validity,
    write: formats[index] === 1 ? binaryWriter(column, output) : textWriter(column, output, context),
  }))
  return (from, to) => {
    let row = from
    while (row < to && !output.isFull) writeRow(columns, row++, output)
    return row
  }
}

interface ColumnWriter {
  readonly validity: Uint8Array | undefined
  readonly write: ValueWriter
}

function writeRow(columns: readonly ColumnWriter[], row: number, output: OutputBuffer): void {
  const start = output.begin(DATA_ROW)
  output.int16(columns.length)
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index]!
    const validity = column.validity
    if (validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0) {
      output.int32(-1)
      continue
    }
    output.int32(0)
    const valueStart = output.position
    column.write(row)
    output.bytes.writeInt32BE(output.position - valueStart, valueStart - 4)
  }
  output.end(start)
}

/** One format code per column from Bind's list: none = text, one = for all. */
export function expandFormats(formats: readonly number[], columns: number): number[] {
  if (formats.length <= 1) return new Array<number>(columns).fill(formats[0] ?? 0)
  return [...formats]
}
