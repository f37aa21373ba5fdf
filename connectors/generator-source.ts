/**
 * What datagen and nexmark share: rows that are a function of their offset, so that any position can be read
 * again, at a pace or as fast as they are taken.
 */

import type { Column } from '../executor/batch/column.ts'
import { deltaBatch } from '../executor/batch/delta-batch.ts'
import type {
  OpenRequest,
  Source,
  SourceBatch,
  SourceReader,
  SplitLag,
  SplitPosition,
  SplitRange,
} from '../executor/io/source.ts'

/** Makes rows; pure: the same offsets give the same rows. */
export interface RowGenerator {
  /**
   * Rows of `split` from `from` (inclusive) up to `end` (exclusive, undefined = endless), at most `rowsMax`,
   * in the wanted columns. `next` is the offset after the last one looked at; length may be 0 when none
   * matched.
   */
  generate(
    split: number,
    from: bigint,
    end: bigint | undefined,
    rowsMax: number,
    columns: readonly number[],
  ): {
    readonly columns: readonly Column[]
    readonly length: number
    readonly next: bigint
  }
}

export interface GeneratorOptions {
  readonly splits: number
  /** Offsets of a split end here; undefined = endless. */
  readonly end: (split: number) => bigint | undefined
  /** Offsets a second and split; undefined = as fast as they are taken. */
  readonly offsetsPerSecond: number | undefined
}

/** Milliseconds that a paced reader waits at least: rows come in small batches instead of a timer each. */
const TICK_MS = 10

export class GeneratorSource implements Source {
  readonly #generator: RowGenerator
  readonly #options: GeneratorOptions

  constructor(generator: RowGenerator, options: GeneratorOptions) {
    this.#generator = generator
    this.#options = options
  }

  async validate(): Promise<void> {
    // The options were checked when the source was made; there is nothing outside.
  }

  /** A paced generator has no end to wait for, even a bounded one: it is only due later. */
  async discover(): Promise<readonly SplitRange[]> {
    const paced = this.#options.offsetsPerSecond !== undefined
    return Array.from({ length: this.#options.splits }, (_, split) => ({
      split: String(split),
      start: 0n,
      end: paced ? undefined : this.#options.end(split),
    }))
  }

  async open(request: OpenRequest): Promise<SourceReader> {
    return new GeneratorReader(this.#generator, this.#options, request)
  }

  async close(): Promise<void> {
    // Nothing is held.
  }
}

interface SplitState {
  readonly split: number
  readonly start: bigint
  /** Where this reader stops: the generator's end or the request's stop. */
  readonly end: bigint | undefined
  next: bigint
}

class GeneratorReader implements SourceReader {
  readonly #generator: RowGenerator
  readonly #rate: number | undefined
  readonly #columns: readonly number[]
  readonly #splits: SplitState[]
  readonly #startedMs = performance.now()
  readonly #stops: boolean
  #turn = 0
  #timer: NodeJS.Timeout | undefined
  #wake: (() => void) | undefined

  constructor(generator: RowGenerator, options: GeneratorOptions, request: OpenRequest) {
    this.#generator = generator
    this.#columns = request.columns
    this.#stops = (request.stopAt?.length ?? 0) > 0
    // Stops are positions that another reader has passed: those rows were due already.
    this.#rate = this.#stops ? undefined : options.offsetsPerSecond
    const stops = new Map(request.stopAt?.map(({ split, offset }) => [split, offset]))
    this.#splits = request.positions.map(({ split, offset }) => {
      const ends = [options.end(Number(split)), stops.get(split)].filter(end => end !== undefined)
      const end = ends.sort((left, right) => (left < right ? -1 : 1))[0]
      return { split: Number(split), start: offset, end, next: offset }
    })
  }

  get done(): boolean {
    return this.#stops && this.#splits.every(({ end, next }) => end !== undefined && next >= end)
  }

  poll(rowsMax: number): SourceBatch | undefined {
    for (let tried = 0; tried < this.#splits.length; tried++) {
      const state = this.#splits[this.#turn++ % this.#splits.length]!
      const due = this.#due(state)
      if (due !== undefined && state.next >= due) continue
      const { columns, length, next } = this.#generator.generate(
        state.split,
        state.next,
        due,
        rowsMax,
        this.#columns,
      )
      state.next = next
      return { split: String(state.split), batch: deltaBatch(columns, length), next }
    }
    return undefined
  }

  /** The offset up to which rows may be given now; undefined = no bound. */
  #due(state: SplitState): bigint | undefined {
    if (this.#rate === undefined) return state.end
    const elapsed = (performance.now() - this.#startedMs) / 1000
    const due = state.start + BigInt(Math.floor(elapsed * this.#rate))
    return state.end !== undefined && state.end < due ? state.end : due
  }

  async ready(): Promise<void> {
    if (this.done || this.#splits.some(state => this.#isDue(state))) return
    if (this.#splits.every(({ end, next }) => end !== undefined && next >= end)) return this.#waitForClose()
    const waitMs = this.#rate === undefined ? TICK_MS : Math.max(TICK_MS, 1000 / this.#rate)
    await new Promise<void>(resolve => {
      this.#wake = resolve
      this.#timer = setTimeout(resolve, waitMs)
    })
  }

  #isDue(state: SplitState): boolean {
    const due = this.#due(state)
    return due === undefined || state.next < due
  }

  /** A generator that ended has nothing more, ever; only close ends the wait. */
  #waitForClose(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }

  positions(): readonly SplitPosition[] {
    return this.#splits.map(({ split, next }) => ({ split: String(split), offset: next }))
  }

  lag(): readonly SplitLag[] {
    return this.#splits.map(({ split, next, end }) => ({ split: String(split), position: next, end }))
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#wake?.()
  }
}
