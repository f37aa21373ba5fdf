/**
 * From tensors to SQL types, by the rules of the dialect page: `[N]` and `[N,1]` are scalars, `[N,k]` arrays
 * of k, a batch that the exporter fixed at 1 is run row by row, several outputs make a composite, a ZipMap an
 * object.
 */

import type { ModelInput } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import {
  arrayOf,
  boolType,
  type DataType,
  float4Type,
  float8Type,
  int2Type,
  int4Type,
  int8Type,
  jsonbType,
  textType,
} from '../../planner/types.ts'
import type { Dimension, ElementKind, ModelFile, ModelOutput, TensorInfo } from './model-file.ts'

/** How one row of a tensor looks. */
export interface RowShape {
  /** Elements of a row; undefined = the file leaves it open, every row of a batch must agree. */
  readonly elements: number | undefined
  /** A row is one value, not an array of one. */
  readonly isScalar: boolean
  /** Dimensions of a row (without the batch); undefined = open. */
  readonly rowDimensions: readonly Dimension[]
  /** The tensor has a batch dimension. */
  readonly hasBatch: boolean
}

export interface InputPlan extends RowShape {
  readonly name: string
  readonly element: ElementKind
}

export interface OutputPlan extends RowShape {
  readonly name: string
  readonly tensor: string
  readonly element: ElementKind
  readonly labels: readonly string[] | undefined
  readonly type: DataType
}

/** How rows go in and out of a model. */
export interface ModelPlan {
  readonly inputs: readonly InputPlan[]
  readonly outputs: readonly OutputPlan[]
  /** The exporter fixed the batch at 1 (or left it out): one row per run. */
  readonly rowByRow: boolean
  readonly returns: DataType
}

const sqlTypes: Readonly<Record<ElementKind, DataType>> = {
  float: float4Type,
  double: float8Type,
  float16: float4Type,
  int8: int2Type,
  int16: int2Type,
  int32: int4Type,
  int64: int8Type,
  uint8: int2Type,
  uint16: int4Type,
  uint32: int8Type,
  bool: boolType,
  string: textType,
}

/** The SQL type of an element. */
export function elementType(element: ElementKind): DataType {
  return sqlTypes[element]
}

/** Types the model; 0A000 for a batch size that is neither open nor 1. */
export function planModel(file: ModelFile): ModelPlan {
  const inputs = file.inputs.map(input => ({ ...rowShape(input), name: input.name, element: input.element }))
  const rowByRow = file.inputs.some(input => input.shape.length === 0 || input.shape[0] !== undefined)
  const outputs = file.outputs.map(output => planOutput(output))
  const returns: DataType =
    outputs.length === 1
      ? outputs[0]!.type
      : { kind: 'record', fields: outputs.map(({ name, type }) => ({ name, type })) }
  return { inputs, outputs, rowByRow, returns }
}

function planOutput(output: ModelOutput): OutputPlan {
  const shape = rowShape(output)
  const element = elementType(output.element)
  const type = output.labels !== undefined ? jsonbType : shape.isScalar ? element : arrayOf(element)
  return {
    ...shape,
    name: output.name,
    tensor: output.tensor,
    element: output.element,
    labels: output.labels,
    type,
  }
}

function rowShape({ name, shape }: TensorInfo): RowShape {
  const [batch, ...rest] = shape
  if (shape.length === 1 && batch !== undefined && batch > 1) {
    return { elements: batch, isScalar: false, rowDimensions: shape, hasBatch: false }
  }
  if (batch !== undefined && batch !== 1) {
    throw new SqlError(
      SqlState.featureNotSupported,
      `"${name}" has a batch size fixed at ${batch}: a model needs an open batch dimension, or 1`,
    )
  }
  const open = rest.includes(undefined)
  const elements = open ? undefined : rest.reduce<number>((product, size) => product * (size ?? 1), 1)
  return {
    elements,
    isScalar: rest.length === 0 || (rest.length === 1 && elements === 1),
    rowDimensions: rest,
    hasBatch: shape.length > 0,
  }
}

/** The model's arguments as the binder sees them. */
export function modelInputs(plan: ModelPlan): ModelInput[] {
  return plan.inputs.map(input => {
    const element = elementType(input.element)
    const spreads = plan.inputs.length === 1 && !input.isScalar && input.elements !== undefined
    return {
      name: input.name,
      type: input.isScalar ? element : arrayOf(element),
      spreadLength: spreads ? input.elements : undefined,
      elementType: element,
    }
  })
}
