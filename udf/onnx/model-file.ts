/**
 * What an .onnx file says of its inputs and outputs, read from its protobuf (onnx.proto3 of the ONNX
 * project).
 *
 * scikit-learn's ZipMap (a sequence of maps, class → probability) cannot leave onnxruntime's JavaScript
 * binding, so the node is taken out: the graph gives the probability tensor instead, and the class labels
 * come from the node.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import {
  blocksOf,
  bytesField,
  integerOf,
  integersOf,
  type ProtoField,
  readMessage,
  stringOf,
  varintField,
  writeMessage,
} from './protobuf.ts'

/** ONNX element types that have a SQL type. */
export type ElementKind =
  | 'float'
  | 'double'
  | 'float16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'bool'
  | 'string'

const elementKinds: Readonly<Record<number, ElementKind>> = {
  1: 'float',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'double',
  12: 'uint32',
}

/** A size, or undefined where the file leaves it open (a symbolic or missing dimension). */
export type Dimension = number | undefined

export interface TensorInfo {
  readonly name: string
  readonly element: ElementKind
  readonly shape: readonly Dimension[]
}

export interface ModelOutput extends TensorInfo {
  /** The tensor that the session returns for it: the name, or the input of the ZipMap that was taken out. */
  readonly tensor: string
  /** Class labels of a ZipMap, one per column of the tensor. */
  readonly labels: readonly string[] | undefined
}

export interface ModelFile {
  readonly inputs: readonly TensorInfo[]
  readonly outputs: readonly ModelOutput[]
  /** What the session loads: the file, without ZipMaps. */
  readonly runnable: Uint8Array
}

const MODEL_GRAPH = 7
const GRAPH_NODE = 1
const GRAPH_INITIALIZER = 5
const GRAPH_INPUT = 11
const GRAPH_OUTPUT = 12
const TENSOR_NAME = 8
const TENSOR_LOCATION = 14

/**
 * Reads a model. 22023 when the bytes are no ONNX model; 0A000 for shapes and types that SQL has no form for.
 */
export function readModelFile(bytes: Uint8Array, path: string): ModelFile {
  try {
    const model = readMessage(bytes)
    const graphs = blocksOf(model, MODEL_GRAPH)
    if (graphs.length === 0) throw new RangeError('it has no graph')
    const graph = readMessage(graphs.at(-1)!)
    return readGraph(model, graph)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new SqlError(
      SqlState.invalidParameterValue,
      `file "${path}" is not an ONNX model: ${error.message}`,
    )
  }
}

function readGraph(model: readonly ProtoField[], graph: readonly ProtoField[]): ModelFile {
  const initializers = blocksOf(graph, GRAPH_INITIALIZER).map(readMessage)
  if (initializers.some(tensor => integerOf(tensor, TENSOR_LOCATION) === 1)) {
    throw new SqlError(
      SqlState.featureNotSupported,
      'models with weights in external files are not supported',
      {
        hint: 'Save the model as one file.',
      },
    )
  }
  const weights = new Set(initializers.map(tensor => stringOf(tensor, TENSOR_NAME)))
  const zipMaps = readZipMaps(graph)
  const inputs = blocksOf(graph, GRAPH_INPUT)
    .map(readMessage)
    .filter(input => !weights.has(stringOf(input, 1)))
    .map(readTensorInfo)
  const outputs = blocksOf(graph, GRAPH_OUTPUT)
    .map(readMessage)
    .map(output => readOutput(output, zipMaps))
  if (inputs.length === 0 || outputs.length === 0) throw new RangeError('it has no inputs or outputs')
  return {
    inputs,
    outputs,
    runnable: writeMessage(
      model.map(field =>
        field.number === MODEL_GRAPH ? bytesField(MODEL_GRAPH, withoutZipMaps(graph, zipMaps)) : field,
      ),
    ),
  }
}

interface ZipMap {
  /** The probability tensor. */
  readonly input: string
  readonly labels: readonly string[]
}

/** By name of the output. */
function readZipMaps(graph: readonly ProtoField[]): Map<string, ZipMap> {
  const zipMaps = new Map<string, ZipMap>()
  for (const node of blocksOf(graph, GRAPH_NODE).map(readMessage)) {
    if (stringOf(node, 4) !== 'ZipMap') continue
    const labels = blocksOf(node, 5)
      .map(readMessage)
      .flatMap(attribute => [
        ...blocksOf(attribute, 9).map(label => Buffer.from(label).toString('utf8')),
        ...integersOf(attribute, 8).map(String),
      ])
    zipMaps.set(stringOf(node, 2), { input: stringOf(node, 1), labels })
  }
  return zipMaps
}

/** The graph without its ZipMap nodes; their outputs are replaced by the tensors they took. */
function withoutZipMaps(graph: readonly ProtoField[], zipMaps: ReadonlyMap<string, ZipMap>): Uint8Array {
  if (zipMaps.size === 0) return writeMessage(graph)
  return writeMessage(
    graph.flatMap(field => {
      if (field.wire !== 'bytes') return [field]
      if (field.number === GRAPH_NODE && stringOf(readMessage(field.value), 4) === 'ZipMap') return []
      const zipMap =
        field.number === GRAPH_OUTPUT ? zipMaps.get(stringOf(readMessage(field.value), 1)) : undefined
      return [zipMap === undefined ? field : bytesField(GRAPH_OUTPUT, probabilityInfo(zipMap))]
    }),
  )
}

/** ValueInfo of a float tensor [?, labels]. */
function probabilityInfo(zipMap: ZipMap): Uint8Array {
  const dimension = (size: number | undefined): ProtoField =>
    bytesField(1, writeMessage(size === undefined ? [] : [varintField(1, size)]))
  const shape = writeMessage([dimension(undefined), dimension(zipMap.labels.length)])
  const tensor = writeMessage([varintField(1, 1), bytesField(2, shape)])
  return writeMessage([bytesField(1, zipMap.input), bytesField(2, writeMessage([bytesField(1, tensor)]))])
}

function readOutput(info: readonly ProtoField[], zipMaps: ReadonlyMap<string, ZipMap>): ModelOutput {
  const name = stringOf(info, 1)
  const zipMap = zipMaps.get(name)
  if (zipMap === undefined) return { ...readTensorInfo(info), tensor: name, labels: undefined }
  const shape = [undefined, zipMap.labels.length]
  return { name, element: 'float', shape, tensor: zipMap.input, labels: zipMap.labels }
}

function readTensorInfo(info: readonly ProtoField[]): TensorInfo {
  const name = stringOf(info, 1)
  const type = readMessage(blocksOf(info, 2).at(-1) ?? new Uint8Array(0))
  const tensor = blocksOf(type, 1).at(-1)
  if (tensor === undefined) {
    throw new SqlError(SqlState.featureNotSupported, `model value "${name}" is not a tensor`)
  }
  const fields = readMessage(tensor)
  const code = integerOf(fields, 1) ?? 0
  const element = elementKinds[code]
  if (element === undefined) {
    throw new SqlError(SqlState.featureNotSupported, `ONNX element type ${code} of "${name}" has no SQL type`)
  }
  const shape = blocksOf(fields, 2).at(-1)
  if (shape === undefined) {
    throw new SqlError(SqlState.featureNotSupported, `the model does not say the shape of "${name}"`)
  }
  const dimensions = blocksOf(readMessage(shape), 1).map(block => {
    const size = integerOf(readMessage(block), 1)
    return size === undefined || size <= 0 ? undefined : size
  })
  return { name, element, shape: dimensions }
}
