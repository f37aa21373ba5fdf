/**
 * The thread in which models run: onnxruntime's run blocks the thread that calls it, so no session lives in
 * the main one. Requests are handled in order. One intra-op thread per session: more spin and burn a core
 * between batches.
 */

import { parentPort } from 'node:worker_threads'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Provider, TensorData, TensorMessage, WorkerReply, WorkerRequest } from './messages.ts'
import type { ElementKind } from './model-file.ts'
import { missingForProvider } from './provider-check.ts'

type Runtime = typeof import('onnxruntime-node')

const tensorTypes: Readonly<Record<ElementKind, Tensor.Type>> = {
  float: 'float32',
  double: 'float64',
  float16: 'float16',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  bool: 'bool',
  string: 'string',
}
const elementKinds = new Map(Object.entries(tensorTypes).map(([kind, type]) => [type, kind as ElementKind]))

// Where the language has Float16Array, onnxruntime's JavaScript makes float16 tensors of it, and its native
// half does not know that kind of array ("not enough space"). Without the global it takes the bits in a
// Uint16Array, as on Node 20.
Reflect.deleteProperty(globalThis, 'Float16Array')

const sessions = new Map<string, InferenceSession>()
let runtime: Promise<Runtime> | undefined
let queue: Promise<void> = Promise.resolve()

parentPort?.on('message', (request: WorkerRequest) => {
  queue = queue.then(() => answer(request))
})

async function answer(request: WorkerRequest): Promise<void> {
  try {
    const reply = await handle(request)
    parentPort?.postMessage(reply, transferables(reply))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    parentPort?.postMessage({ kind: 'failed', id: request.id, message } satisfies WorkerReply)
  }
}

async function handle(request: WorkerRequest): Promise<WorkerReply> {
  switch (request.kind) {
    case 'load':
      return load(request.id, request.model, request.bytes, request.providers)
    case 'run':
      return run(request.id, request.model, request.runs, request.outputs)
    case 'release':
      await sessions.get(request.model)?.release()
      sessions.delete(request.model)
      return { kind: 'released', id: request.id }
  }
}

/** The package is an optional dependency: npm leaves it out without a word where its install script fails. */
async function importRuntime(): Promise<Runtime> {
  try {
    const module = await import('onnxruntime-node')
    return module.default ?? module
  } catch (cause) {
    throw new Error(
      'onnxruntime-node is not installed; run "npm install onnxruntime-node --ignore-scripts"',
      { cause },
    )
  }
}

/** onnxruntime does not fall back by itself: ['cuda', 'cpu'] throws where CUDA is missing. */
async function load(
  id: number,
  model: string,
  bytes: Uint8Array,
  providers: readonly Provider[],
): Promise<WorkerReply> {
  runtime ??= importRuntime()
  const { InferenceSession, env } = await runtime
  // A provider that is not there is reported in the reply, not on stderr.
  env.logLevel = 'fatal'
  const refusals: string[] = []
  for (const provider of providers) {
    const missing = missingForProvider(provider)
    if (missing !== undefined) {
      refusals.push(`${provider}: ${missing}`)
      continue
    }
    try {
      const session = await InferenceSession.create(bytes, {
        executionProviders: [provider],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        logSeverityLevel: 4,
      })
      sessions.set(model, session)
      return { kind: 'loaded', id, provider, refusals }
    } catch (error) {
      refusals.push(`${provider}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error(refusals.at(-1)?.replace(/^\w+: /, '') ?? 'no execution provider')
}

async function run(
  id: number,
  model: string,
  runs: readonly (readonly TensorMessage[])[],
  outputs: readonly string[],
): Promise<WorkerReply> {
  const session = sessions.get(model)
  if (session === undefined || runtime === undefined) throw new Error(`model ${model} is not loaded`)
  const { Tensor } = await runtime
  const results: TensorMessage[][] = []
  for (const inputs of runs) {
    const feeds = Object.fromEntries(
      inputs.map(input => [
        input.name,
        new Tensor(tensorTypes[input.element], input.data as never, input.dimensions),
      ]),
    )
    const values = await session.run(feeds, [...outputs])
    results.push(outputs.map(name => toMessage(name, values[name]!)))
  }
  return { kind: 'ran', id, results }
}

function toMessage(name: string, tensor: Tensor): TensorMessage {
  const element = elementKinds.get(tensor.type)
  if (element === undefined) throw new Error(`output "${name}" has type ${tensor.type}`)
  return { name, element, dimensions: tensor.dims, data: tensor.data as TensorData }
}

function transferables(reply: WorkerReply): ArrayBuffer[] {
  if (reply.kind !== 'ran') return []
  const buffers = reply.results.flatMap(outputs =>
    outputs.flatMap(({ data }) => (Array.isArray(data) ? [] : [data.buffer])),
  )
  return [...new Set(buffers)]
}
