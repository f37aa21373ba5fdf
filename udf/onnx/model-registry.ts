/**
 * The models of a database: their files, types and where they run. Sessions live in one worker thread; a
 * batch goes there as tensors and comes back as tensors, 4096 rows a run.
 */

import { readFile } from 'node:fs/promises'
import type { Column } from '../../executor/batch/column.ts'
import type { ModelScorer, Scores } from '../../executor/operators/model-scorer.ts'
import type { ModelInput } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import { nanError, ScoreWriter } from './decode-outputs.ts'
import { checkRow, elementsPerRow, encodeInput, takesEveryRow } from './encode-inputs.ts'
import { FixedScores, hasFixedScores } from './fixed-scores.ts'
import { InferenceClient } from './inference-client.ts'
import type { Provider, TensorMessage } from './messages.ts'
import { readModelFile } from './model-file.ts'
import { type ModelPlan, modelInputs, planModel } from './model-types.ts'

/** Rows in one run: larger batches cost cache misses and gain nothing on a CPU. */
const RUN_ROWS = 4096

/** CREATE MODEL … WITH (provider = …). */
export type ProviderChoice = 'auto' | Provider

/** What CREATE MODEL learns from the file. */
export interface LoadedModel {
  readonly inputs: readonly ModelInput[]
  readonly returns: DataType
  /** The execution provider in use. */
  readonly provider: Provider
  /** Why the providers that were tried before it are not used: `cuda: Failed to load shared library`. */
  readonly refusals: readonly string[]
}

interface Entry extends LoadedModel {
  readonly name: string
  readonly plan: ModelPlan
  readonly bytes: Uint8Array
  readonly providers: readonly Provider[]
}

const autoProviders: readonly Provider[] = ['cuda', 'webgpu', 'cpu']

export class ModelRegistry implements ModelScorer {
  readonly #client = new InferenceClient()
  /** By name and version. */
  readonly #models = new Map<string, Entry>()

  /**
   * Reads, types and loads a model. 58P01 for a file that cannot be read, 22023 for one that is no model or
   * that onnxruntime refuses, 0A000 for tensors without a SQL form.
   */
  async load(name: string, version: number, path: string, choice: ProviderChoice): Promise<LoadedModel> {
    const bytes = await readModelBytes(path)
    const file = readModelFile(bytes, path)
    const plan = planModel(file)
    const providers = choice === 'auto' ? autoProviders : [choice]
    const key = keyOf(name, version)
    const loaded = await this.#loadSession(key, file.runnable, providers, path)
    const entry = { name, plan, bytes: file.runnable, providers, ...loaded }
    this.#models.set(key, { ...entry, inputs: modelInputs(plan), returns: plan.returns })
    return this.#entry(key)
  }

  async #loadSession(
    key: string,
    bytes: Uint8Array,
    providers: readonly Provider[],
    path: string,
  ): Promise<{ provider: Provider; refusals: readonly string[] }> {
    try {
      const reply = await this.#client.request({ kind: 'load', model: key, bytes, providers })
      if (reply.kind !== 'loaded') throw new Error('unexpected reply of the inference thread')
      return { provider: reply.provider, refusals: reply.refusals }
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause)
      throw new SqlError(SqlState.invalidParameterValue, `could not load model file "${path}"`, {
        detail,
        cause,
      })
    }
  }

  #entry(key: string): Entry {
    const entry = this.#models.get(key)
    if (entry === undefined) throw new SqlError(SqlState.undefinedObject, `model "${key}" is not loaded`)
    return entry
  }

  async score(name: string, version: number, args: readonly Column[], length: number): Promise<Scores> {
    const key = keyOf(name, version)
    const entry = this.#entry(key)
    const failures = new Map<number, SqlError>()
    const { rows, elements } = usableRows(entry, args, length, failures)
    const writer = hasFixedScores(entry.plan)
      ? new FixedScores(entry.plan, length, failures, () => nanError(name))
      : new ScoreWriter(name, entry.plan, length, failures)
    const parts = splitRows(rows, entry.plan.rowByRow ? 1 : RUN_ROWS)
    // One request carries the runs of up to RUN_ROWS rows, so that a batch fixed at 1 does not cost a message
    // a row.
    for (const group of groupParts(parts, RUN_ROWS)) {
      const runs = group.map(part =>
        entry.plan.inputs.map((input, index) => encodeInput(input, args[index]!, part, elements[index]!)),
      )
      const results = await this.#run(entry, key, runs)
      group.forEach((part, index) => {
        writer.add(results[index]!, part)
      })
    }
    return { column: writer.finish(), failures }
  }

  async #run(
    entry: Entry,
    key: string,
    runs: readonly (readonly TensorMessage[])[],
  ): Promise<readonly (readonly TensorMessage[])[]> {
    if (!this.#client.isAlive) await this.#reloadAll()
    const outputs = entry.plan.outputs.map(output => output.tensor)
    try {
      const reply = await this.#client.request({ kind: 'run', model: key, runs, outputs }, buffersOf(runs))
      if (reply.kind !== 'ran') throw new Error('unexpected reply of the inference thread')
      return reply.results
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause)
      throw new SqlError(SqlState.dataException, `model "${entry.name}" failed`, { detail, cause })
    }
  }

  /** After the thread died: a new one gets every model again. */
  async #reloadAll(): Promise<void> {
    for (const [key, entry] of this.#models) {
      await this.#loadSession(key, entry.bytes, [entry.provider], entry.name)
    }
  }

  async drop(name: string, version: number): Promise<void> {
    const key = keyOf(name, version)
    if (!this.#models.delete(key) || !this.#client.isAlive) return
    await this.#client.request({ kind: 'release', model: key })
  }

  async close(): Promise<void> {
    this.#models.clear()
    await this.#client.close()
  }
}

function keyOf(name: string, version: number): string {
  return `${name}@${version}`
}

async function readModelBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const reason =
      code === 'ENOENT'
        ? 'No such file or directory'
        : code === 'EISDIR'
          ? 'Is a directory'
          : code === 'EACCES'
            ? 'Permission denied'
            : String(cause)
    const state = code === 'ENOENT' ? SqlState.undefinedFile : SqlState.ioError
    throw new SqlError(state, `could not open file "${path}" for reading: ${reason}`, { cause })
  }
}

/** The rows that every input accepts; the others are noted in `failures`. */
function usableRows(
  entry: Entry,
  args: readonly Column[],
  length: number,
  failures: Map<number, SqlError>,
): { rows: Int32Array; elements: number[] } {
  const all = Int32Array.from({ length }, (_, row) => row)
  const elements = entry.plan.inputs.map((input, index) => elementsPerRow(input, args[index]!, all))
  if (entry.plan.inputs.every(takesEveryRow)) return { rows: all, elements }
  const rows = all.filter(row => {
    for (const [index, input] of entry.plan.inputs.entries()) {
      const error = checkRow(entry.name, input, args[index]!, row, elements[index]!)
      if (error === undefined) continue
      failures.set(row, error)
      return false
    }
    return true
  })
  return { rows, elements }
}

function splitRows(rows: Int32Array, size: number): Int32Array[] {
  const parts: Int32Array[] = []
  for (let at = 0; at < rows.length; at += size) parts.push(rows.subarray(at, at + size))
  return parts
}

function groupParts(parts: readonly Int32Array[], rowsMax: number): Int32Array[][] {
  const groups: Int32Array[][] = []
  let rows = rowsMax
  for (const part of parts) {
    if (rows + part.length > rowsMax) {
      groups.push([])
      rows = 0
    }
    groups.at(-1)!.push(part)
    rows += part.length
  }
  return groups
}

function buffersOf(runs: readonly (readonly TensorMessage[])[]): ArrayBuffer[] {
  return runs.flatMap(inputs => inputs.flatMap(({ data }) => (Array.isArray(data) ? [] : [data.buffer])))
}
