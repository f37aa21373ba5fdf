/** Tensors to a column of the model's result type. */

import type { Column } from '../../executor/batch/column.ts'
import { createColumnBuilder } from '../../executor/batch/column-builder.ts'
import type { RuntimeValue } from '../../executor/batch/runtime-value.ts'
import { encodeRecord, toSqlValue } from '../../executor/batch/value-codec.ts'
import { normalizeJsonb } from '../../executor/functions/json-text.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { fromHalfBits } from './float16.ts'
import type { TensorMessage } from './messages.ts'
import { elementType, type ModelPlan, type OutputPlan } from './model-types.ts'

/** Values of one output, by row of the run. */
type RowReader = (row: number) => RuntimeValue

/** Fills the scored rows of the result. `rows[i]` is where row i of the run goes. */
export class ScoreWriter {
  readonly failures: Map<number, SqlError>
  readonly #model: string
  readonly #plan: ModelPlan
  readonly #values: (RuntimeValue | undefined)[]

  constructor(model: string, plan: ModelPlan, length: number, failures: Map<number, SqlError>) {
    this.#model = model
    this.#plan = plan
    this.#values = new Array<RuntimeValue | undefined>(length)
    this.failures = failures
  }

  /** The tensors of one run, in the order of the plan's outputs. */
  add(tensors: readonly TensorMessage[], rows: Int32Array): void {
    const readers = this.#plan.outputs.map((output, index) => rowReader(output, tensors[index]!, rows.length))
    for (let at = 0; at < rows.length; at++) {
      const values = readers.map(read => read(at))
      if (values.some(isNaNDeep)) this.#failNaN(rows[at]!)
      else this.#values[rows[at]!] = values.length === 1 ? values[0]! : values
    }
  }

  #failNaN(row: number): void {
    this.failures.set(row, nanError(this.#model))
  }

  finish(): Column {
    const { returns } = this.#plan
    const builder = createColumnBuilder(returns, this.#values.length)
    for (const value of this.#values) {
      if (value === undefined || value === null) builder.append(null)
      else if (returns.kind === 'record') {
        const types = returns.fields.map(field => field.type)
        builder.append(encodeRecord(types, value as readonly RuntimeValue[]))
      } else builder.append(toSqlValue(returns, value))
    }
    return builder.finish()
  }
}

/** What a row gets for which the model returned NaN. */
export function nanError(model: string): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, `model "${model}" returned NaN`, {
    hint: 'A NaN or infinity among its arguments is the usual reason.',
  })
}

function isNaNDeep(value: RuntimeValue): boolean {
  if (typeof value === 'number') return Number.isNaN(value)
  return Array.isArray(value) && value.some(isNaNDeep)
}

function rowReader(output: OutputPlan, tensor: TensorMessage, rows: number): RowReader {
  const { data } = tensor
  const perRow = rows === 0 ? 0 : data.length / rows
  if (!Number.isInteger(perRow) || (output.isScalar && perRow !== 1)) {
    throw new SqlError(
      SqlState.dataException,
      `output "${output.name}" has ${data.length} values for ${rows} rows: the model file says otherwise`,
    )
  }
  const element = (index: number): RuntimeValue => readElement(tensor, index)
  if (output.labels !== undefined) return zipMapReader(output.labels, element)
  if (output.isScalar) return element
  return row => Array.from({ length: perRow }, (_, index) => element(row * perRow + index))
}

function readElement({ element, data }: TensorMessage, index: number): RuntimeValue {
  const value = data[index]!
  if (element === 'float16') return fromHalfBits(Number(value))
  if (element === 'bool') return value === 1
  const wanted = elementType(element).kind
  return wanted === 'int8' && typeof value === 'number' ? BigInt(value) : value
}

/**
 * {"label": probability, …}. Probabilities print as reals do: the shortest text that reads back as the same
 * float.
 */
function zipMapReader(labels: readonly string[], element: (index: number) => RuntimeValue): RowReader {
  return row =>
    normalizeJsonb(
      `{${labels
        .map(
          (label, index) =>
            `${JSON.stringify(label)}: ${shortestReal(Number(element(row * labels.length + index)))}`,
        )
        .join(', ')}}`,
    )
}

function shortestReal(value: number): string {
  for (let digits = 1; digits <= 8; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(9)))
}
