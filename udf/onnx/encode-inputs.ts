/**
 * Argument columns to tensors. Numbers go from typed array to typed array; feature vectors are read straight
 * from the array's binary form. A row that does not fit (wrong length, NULL inside) is left out and reported.
 */

import type { BytesColumn, Column } from '../../executor/batch/column.ts'
import { decodeText, readValue } from '../../executor/batch/column-reader.ts'
import { decodeArray } from '../../executor/batch/value-codec.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { toHalfBits } from './float16.ts'
import type { TensorData, TensorMessage } from './messages.ts'
import type { ElementKind } from './model-file.ts'
import { elementType, type InputPlan } from './model-types.ts'

/** A tensor's elements while they are filled. */
type Elements = Exclude<TensorData, string[]> | string[]

/**
 * Bytes before the elements of a one-dimensional array: dimensions, flag, element OID, length, lower bound.
 */
const ARRAY_HEADER = 20

/** Elements in each row of the input: fixed by the model, or what the first row has. */
export function elementsPerRow(input: InputPlan, column: Column, rows: Int32Array): number {
  if (input.isScalar) return 1
  if (input.elements !== undefined) return input.elements
  return rows.length === 0 ? 0 : arrayLength(arrayColumn(column), rows[0]!)
}

/**
 * Elements that hold less than the SQL type that stands for them, with the least and the largest they hold.
 */
const elementRanges: Partial<Readonly<Record<ElementKind, readonly [number, number]>>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 4_294_967_295],
}

/** Whether every row of the input's type can go into the model. */
export function takesEveryRow(input: InputPlan): boolean {
  return input.isScalar && elementRanges[input.element] === undefined
}

/** The error of a row that cannot go into the model. */
export function checkRow(
  model: string,
  input: InputPlan,
  column: Column,
  row: number,
  elements: number,
): SqlError | undefined {
  const range = elementRanges[input.element]
  if (input.isScalar) return range && checkRange(model, input, [readValue(column, row)], range)
  const array = arrayColumn(column)
  const length = arrayLength(array, row)
  if (length !== elements) {
    return new SqlError(
      SqlState.invalidParameterValue,
      `model "${model}" takes ${elements} elements in "${input.name}", got ${length}`,
    )
  }
  const hasNull = length > 0 && viewOf(array).getInt32(array.starts[row]! + 4) === 1
  if (hasNull && decodeRow(input, array, row).includes(null)) {
    return new SqlError(
      SqlState.nullValueNotAllowed,
      `"${input.name}" of model "${model}" must not contain NULL`,
    )
  }
  return range && checkRange(model, input, decodeRow(input, array, row), range)
}

function checkRange(
  model: string,
  input: InputPlan,
  values: readonly unknown[],
  [least, largest]: readonly [number, number],
): SqlError | undefined {
  const outside = values.find(value => Number(value) < least || Number(value) > largest)
  if (outside === undefined) return undefined
  return new SqlError(
    SqlState.numericValueOutOfRange,
    `${String(outside)} is out of range for ${input.element} "${input.name}" of model "${model}"`,
  )
}

/** One tensor of the given rows. `elements` per row, as elementsPerRow said. */
export function encodeInput(
  input: InputPlan,
  column: Column,
  rows: Int32Array,
  elements: number,
): TensorMessage {
  const data = allocate(input.element, rows.length * elements)
  if (input.isScalar) fillScalars(data, input.element, column, rows)
  else fillArrays(data, input, arrayColumn(column), rows, elements)
  return {
    name: input.name,
    element: input.element,
    dimensions: dimensionsOf(input, rows.length, elements),
    data,
  }
}

function dimensionsOf(input: InputPlan, rows: number, elements: number): number[] {
  const known = input.rowDimensions.reduce<number>((product, size) => product * (size ?? 1), 1)
  const row = input.rowDimensions.map(size => size ?? elements / known)
  return input.hasBatch ? [rows, ...row] : row
}

function allocate(element: ElementKind, length: number): Elements {
  switch (element) {
    case 'float':
      return new Float32Array(length)
    case 'double':
      return new Float64Array(length)
    case 'float16':
    case 'uint16':
      return new Uint16Array(length)
    case 'int8':
      return new Int8Array(length)
    case 'int16':
      return new Int16Array(length)
    case 'int32':
      return new Int32Array(length)
    case 'int64':
      return new BigInt64Array(length)
    case 'uint8':
    case 'bool':
      return new Uint8Array(length)
    case 'uint32':
      return new Uint32Array(length)
    case 'string':
      return new Array<string>(length).fill('')
  }
}

function fillScalars(data: Elements, element: ElementKind, column: Column, rows: Int32Array): void {
  if (Array.isArray(data)) {
    const { bytes, starts, ends } = arrayColumn(column)
    for (let at = 0; at < rows.length; at++)
      data[at] = decodeText(bytes, starts[rows[at]!]!, ends[rows[at]!]!)
  } else if (column.layout === 'int64') {
    fillBigints(data, column.values, rows)
  } else if (column.layout !== 'bytes' && column.layout !== 'numeric') {
    const values = column.values
    for (let at = 0; at < rows.length; at++) {
      const value = values[rows[at]!]!
      data[at] = element === 'float16' ? toHalfBits(value) : value
    }
  }
}

function fillBigints(data: Exclude<Elements, string[]>, values: BigInt64Array, rows: Int32Array): void {
  for (let at = 0; at < rows.length; at++) {
    if (data instanceof BigInt64Array) data[at] = values[rows[at]!]!
    else data[at] = Number(values[rows[at]!]!)
  }
}

function fillArrays(
  data: Elements,
  input: InputPlan,
  column: BytesColumn,
  rows: Int32Array,
  elements: number,
): void {
  if (data instanceof Float32Array) {
    fillFloats(data, column, rows, elements)
    return
  }
  let at = 0
  for (const row of rows) {
    for (const value of decodeRow(input, column, row)) {
      const converted =
        input.element === 'float16'
          ? toHalfBits(Number(value))
          : data instanceof BigInt64Array || Array.isArray(data)
            ? value
            : Number(value)
      data[at++] = converted as never
    }
  }
}

/** float4 elements follow each other as a length (always 4) and four bytes. */
function fillFloats(data: Float32Array, column: BytesColumn, rows: Int32Array, elements: number): void {
  const view = viewOf(column)
  let at = 0
  for (let index = 0; index < rows.length; index++) {
    const start = column.starts[rows[index]!]!
    const first = start + 12 + view.getInt32(start) * 8 + 4
    for (let element = 0; element < elements; element++) data[at++] = view.getFloat32(first + element * 8)
  }
}

/** The elements of a row's array, dimensions flattened. */
function decodeRow(input: InputPlan, column: BytesColumn, row: number): readonly unknown[] {
  const values = decodeArray(elementType(input.element), column.bytes, column.starts[row]!, column.ends[row]!)
  return (values as readonly unknown[]).flat(Number.POSITIVE_INFINITY)
}

function arrayLength(column: BytesColumn, row: number): number {
  const start = column.starts[row]!
  if (column.ends[row]! - start < ARRAY_HEADER) return 0
  const view = viewOf(column)
  let length = 1
  for (let dimension = 0; dimension < view.getInt32(start); dimension++) {
    length *= view.getInt32(start + 12 + dimension * 8)
  }
  return length
}

function viewOf(column: BytesColumn): DataView {
  return new DataView(column.bytes.buffer, column.bytes.byteOffset, column.bytes.byteLength)
}

function arrayColumn(column: Column): BytesColumn {
  if (column.layout !== 'bytes') throw new TypeError('text and arrays are byte ranges')
  return column
}
