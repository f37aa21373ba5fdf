/**
 * Trains the demo's anomaly model and writes examples/datacentre/anomaly.onnx: `npm run demo:train`, half a
 * minute.
 *
 * Samples are one-minute averages of one server, as the demo's view computes them, labelled by whether a
 * fault was planted for the whole minute. A perceptron 6-16-8-1 with Relu is fitted by Adam on the cross
 * entropy, faults weighted up because they are rare; precision and recall on a world with another seed are
 * printed.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Layer, writePerceptron } from './onnx-writer.ts'
import { DataCentre, REPORT_SECONDS, randomSequence } from './telemetry.ts'

/** Features in the order of the model's input: see scores in datacentre.sql. */
interface Sample {
  readonly features: readonly number[]
  readonly isFault: boolean
}

const SIZES = [6, 16, 8, 1] as const
const EPOCHS = 12
const BATCH = 64
const LEARNING_RATE = 0.003
const FAULT_WEIGHT = 4

function collect(seed: number, minutes: number): Sample[] {
  const centre = new DataCentre(seed)
  const samples: Sample[] = []
  for (let minute = 0; minute < minutes; minute++) {
    const reports = Array.from({ length: 60 / REPORT_SECONDS }, (_, index) =>
      centre.report(minute * 60 + index * REPORT_SECONDS),
    )
    if (minute < 10) continue
    for (const { server } of reports[0]!) samples.push(sampleOf(reports.map(report => report[server]!)))
  }
  return samples
}

function sampleOf(readings: readonly ReturnType<DataCentre['report']>[number][]): Sample {
  const mean = (of: (reading: (typeof readings)[number]) => number): number =>
    readings.reduce((sum, reading) => sum + of(reading), 0) / readings.length
  const powers = readings.map(reading => reading.power)
  return {
    features: [
      mean(reading => reading.temperature),
      Math.max(...readings.map(reading => reading.temperature)),
      mean(reading => reading.power),
      Math.max(...powers) - Math.min(...powers),
      mean(reading => reading.load),
      mean(reading => reading.network),
    ],
    isFault: readings.every(reading => reading.fault !== undefined),
  }
}

/** One parameter's value with Adam's two moments. */
class Parameters {
  readonly values: Float64Array
  readonly gradients: Float64Array
  readonly #first: Float64Array
  readonly #second: Float64Array
  #steps = 0

  constructor(length: number, initial: () => number) {
    this.values = Float64Array.from({ length }, initial)
    this.gradients = new Float64Array(length)
    this.#first = new Float64Array(length)
    this.#second = new Float64Array(length)
  }

  step(): void {
    this.#steps++
    const firstScale = 1 - 0.9 ** this.#steps
    const secondScale = 1 - 0.999 ** this.#steps
    for (let index = 0; index < this.values.length; index++) {
      const gradient = this.gradients[index]!
      this.#first[index] = 0.9 * this.#first[index]! + 0.1 * gradient
      this.#second[index] = 0.999 * this.#second[index]! + 0.001 * gradient * gradient
      const moment = this.#first[index]! / firstScale
      this.values[index]! -= (LEARNING_RATE * moment) / (Math.sqrt(this.#second[index]! / secondScale) + 1e-8)
    }
    this.gradients.fill(0)
  }
}

class Network {
  readonly layers: { readonly weights: Parameters; readonly biases: Parameters }[]
  readonly #activations: number[][] = []

  constructor(random: () => number) {
    this.layers = SIZES.slice(1).map((outputs, index) => {
      const scale = Math.sqrt(2 / SIZES[index]!)
      return {
        weights: new Parameters(outputs * SIZES[index]!, () => (random() * 2 - 1) * scale),
        biases: new Parameters(outputs, () => 0),
      }
    })
  }

  /** The probability of a fault. */
  forward(features: readonly number[]): number {
    this.#activations.length = 0
    this.#activations.push([...features])
    this.layers.forEach((layer, index) => {
      const input = this.#activations[index]!
      const output = Array.from(layer.biases.values, (bias, row) =>
        input.reduce(
          (sum, value, column) => sum + value * layer.weights.values[row * input.length + column]!,
          bias,
        ),
      )
      const isLast = index === this.layers.length - 1
      this.#activations.push(output.map(value => (isLast ? 1 / (1 + Math.exp(-value)) : Math.max(0, value))))
    })
    return this.#activations.at(-1)![0]!
  }

  /** Adds the gradient of the cross entropy for the sample that forward saw last. */
  backward(error: number): void {
    let deltas = [error]
    for (let index = this.layers.length - 1; index >= 0; index--) {
      const { weights, biases } = this.layers[index]!
      const input = this.#activations[index]!
      const below = new Array<number>(input.length).fill(0)
      deltas.forEach((delta, row) => {
        biases.gradients[row]! += delta
        for (let column = 0; column < input.length; column++) {
          weights.gradients[row * input.length + column]! += delta * input[column]!
          below[column]! += delta * weights.values[row * input.length + column]!
        }
      })
      deltas = below.map((delta, column) => (input[column]! > 0 ? delta : 0))
    }
  }

  step(): void {
    for (const { weights, biases } of this.layers) {
      weights.step()
      biases.step()
    }
  }

  export(): Layer[] {
    return this.layers.map(({ weights, biases }, index) => ({
      weights: Array.from({ length: SIZES[index + 1]! }, (_, row) => [
        ...weights.values.subarray(row * SIZES[index]!, (row + 1) * SIZES[index]!),
      ]),
      biases: [...biases.values],
    }))
  }
}

function standardise(samples: readonly Sample[]): { means: number[]; deviations: number[] } {
  const features = SIZES[0]
  const means = Array.from(
    { length: features },
    (_, column) => samples.reduce((sum, sample) => sum + sample.features[column]!, 0) / samples.length,
  )
  const deviations = means.map((mean, column) =>
    Math.sqrt(
      samples.reduce((sum, sample) => sum + (sample.features[column]! - mean) ** 2, 0) / samples.length,
    ),
  )
  return { means, deviations }
}

function train(
  samples: readonly Sample[],
  random: () => number,
  scaled: (sample: Sample) => number[],
): Network {
  const network = new Network(random)
  const order = samples.map((_, index) => index)
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (let index = order.length - 1; index > 0; index--) {
      const other = Math.floor(random() * (index + 1))
      const kept = order[index]!
      order[index] = order[other]!
      order[other] = kept
    }
    order.forEach((at, step) => {
      const sample = samples[at]!
      const probability = network.forward(scaled(sample))
      const weight = (sample.isFault ? FAULT_WEIGHT : 1) / BATCH
      network.backward((probability - (sample.isFault ? 1 : 0)) * weight)
      if (step % BATCH === BATCH - 1) network.step()
    })
  }
  return network
}

function report(network: Network, samples: readonly Sample[], scaled: (sample: Sample) => number[]): void {
  const flagged = samples.filter(sample => network.forward(scaled(sample)) > 0.9)
  const hits = flagged.filter(sample => sample.isFault).length
  const faults = samples.filter(sample => sample.isFault).length
  process.stdout.write(
    `${samples.length} minutes, ${faults} with a fault: precision ${(hits / flagged.length).toFixed(3)}, ` +
      `recall ${(hits / faults).toFixed(3)} at a score above 0.9\n`,
  )
}

const training = collect(1, 1200)
const { means, deviations } = standardise(training)
const scaled = (sample: Sample): number[] =>
  sample.features.map((value, column) => (value - means[column]!) / deviations[column]!)
const network = train(training, randomSequence(7), scaled)
report(network, collect(2, 400), scaled)
const bytes = writePerceptron({
  input: 'minute',
  output: 'score',
  means,
  deviations,
  layers: network.export(),
})
writeFileSync(join(import.meta.dirname, '../../../examples/datacentre/anomaly.onnx'), bytes)
