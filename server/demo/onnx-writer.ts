/**
 * Writes a multilayer perceptron as an .onnx file: standardisation, then Gemm + Relu layers, a Sigmoid at the
 * end.
 */

import { bytesField, type ProtoField, varintField, writeMessage } from '../../udf/onnx/protobuf.ts'

export interface Layer {
  /** [outputs][inputs]. */
  readonly weights: readonly (readonly number[])[]
  readonly biases: readonly number[]
}

export interface Perceptron {
  readonly input: string
  readonly output: string
  /** Subtracted from and divided out of each feature. */
  readonly means: readonly number[]
  readonly deviations: readonly number[]
  readonly layers: readonly Layer[]
}

const FLOAT = 1
const OPSET = 17
const IR_VERSION = 9

/** The bytes of the model: input [N, features], output [N, 1]. */
export function writePerceptron(model: Perceptron): Uint8Array {
  const nodes: ProtoField[] = [
    node('Sub', [model.input, 'means'], ['centred']),
    node('Div', ['centred', 'deviations'], ['hidden0']),
  ]
  const weights: ProtoField[] = [tensor('means', [model.means]), tensor('deviations', [model.deviations])]
  model.layers.forEach((layer, index) => {
    const isLast = index === model.layers.length - 1
    const sum = `sum${index}`
    nodes.push(
      node('Gemm', [`hidden${index}`, `w${index}`, `b${index}`], [sum], [integerAttribute('transB', 1)]),
    )
    nodes.push(node(isLast ? 'Sigmoid' : 'Relu', [sum], [isLast ? model.output : `hidden${index + 1}`]))
    weights.push(tensor(`w${index}`, layer.weights), tensor(`b${index}`, [layer.biases]))
  })
  const graph = writeMessage([
    ...nodes,
    bytesField(2, 'perceptron'),
    ...weights,
    bytesField(11, valueInfo(model.input, model.means.length)),
    bytesField(12, valueInfo(model.output, 1)),
  ])
  return writeMessage([
    varintField(1, IR_VERSION),
    bytesField(2, 'millrace'),
    bytesField(7, graph),
    bytesField(8, writeMessage([bytesField(1, ''), varintField(2, OPSET)])),
  ])
}

function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly ProtoField[] = [],
): ProtoField {
  return bytesField(
    1,
    writeMessage([
      ...inputs.map(name => bytesField(1, name)),
      ...outputs.map(name => bytesField(2, name)),
      bytesField(4, operator),
      ...attributes,
    ]),
  )
}

function integerAttribute(name: string, value: number): ProtoField {
  const TYPE_INT = 2
  return bytesField(5, writeMessage([bytesField(1, name), varintField(3, value), varintField(20, TYPE_INT)]))
}

/** A float tensor; one row makes it one-dimensional. */
function tensor(name: string, rows: readonly (readonly number[])[]): ProtoField {
  const columns = rows[0]!.length
  const dimensions = rows.length === 1 && !name.startsWith('w') ? [columns] : [rows.length, columns]
  const data = Buffer.alloc(rows.length * columns * 4)
  rows.flat().forEach((value, index) => {
    data.writeFloatLE(value, index * 4)
  })
  return bytesField(
    5,
    writeMessage([
      ...dimensions.map(size => varintField(1, size)),
      varintField(2, FLOAT),
      bytesField(8, name),
      bytesField(9, data),
    ]),
  )
}

function valueInfo(name: string, columns: number): Uint8Array {
  const batch = bytesField(1, writeMessage([bytesField(2, 'N')]))
  const width = bytesField(1, writeMessage([varintField(1, columns)]))
  const tensorType = writeMessage([varintField(1, FLOAT), bytesField(2, writeMessage([batch, width]))])
  return writeMessage([bytesField(1, name), bytesField(2, writeMessage([bytesField(1, tensorType)]))])
}
