/**
 * What the main thread and the inference worker say to each other. Plain data: it crosses by structured
 * clone.
 */

import type { ElementKind } from './model-file.ts'

/** Elements of a tensor; float16 as its bits, bool as 0/1. Typed arrays are transferred, not copied. */
export type TensorData =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | string[]

export interface TensorMessage {
  readonly name: string
  readonly element: ElementKind
  readonly dimensions: readonly number[]
  readonly data: TensorData
}

export type Provider = 'cpu' | 'cuda' | 'webgpu'

export type WorkerRequest =
  | {
      readonly kind: 'load'
      readonly id: number
      readonly model: string
      readonly bytes: Uint8Array
      /** Tried in order; the first that loads the model is used. */
      readonly providers: readonly Provider[]
    }
  /** Runs once per entry of `runs`: a batch, or one row each. */
  | {
      readonly kind: 'run'
      readonly id: number
      readonly model: string
      readonly runs: readonly (readonly TensorMessage[])[]
      readonly outputs: readonly string[]
    }
  | { readonly kind: 'release'; readonly id: number; readonly model: string }

export type WorkerReply =
  | {
      readonly kind: 'loaded'
      readonly id: number
      readonly provider: Provider
      /** Why the providers before it were not used. */
      readonly refusals: readonly string[]
    }
  | { readonly kind: 'ran'; readonly id: number; readonly results: readonly (readonly TensorMessage[])[] }
  | { readonly kind: 'released'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
