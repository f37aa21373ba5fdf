/**
 * A source in memory with several splits, for engine tests: rows are appended by the test, readers see them
 * at once. Counts readers, so that tests can tell who reads what.
 */

import { columnFromValues } from '../../executor/batch/column-builder.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import type {
  BadRecord,
  OpenRequest,
  Source,
  SourceBatch,
  SourceReader,
  SourceStatus,
  SplitLag,
  SplitPosition,
  SplitRange,
} from '../../executor/io/source.ts'
import type { Schema } from '../../planner/schema.ts'

/** A row, or a record that cannot be decoded. */
type FakeRecord = { readonly row: readonly SqlValue[] } | { readonly bad: string }

export class FakeSource implements Source {
  readonly schema: Schema
  readonly #splits = new Map<string, FakeRecord[]>()
  readonly #readers = new Set<FakeReader>()
  /** Columns asked for by each open, in order. */
  readonly opened: (readonly number[])[] = []
  /** No end: like a generator. */
  readonly endless: boolean
  closed = false

  constructor(schema: Schema, splits: readonly string[], endless = false) {
    this.schema = schema
    this.endless = endless
    for (const split of splits) this.#splits.set(split, [])
  }

  get readers(): number {
    return this.#readers.size
  }

  /** Rows arrive at a split; an unknown split is a new partition. */
  append(split: string, rows: readonly (readonly SqlValue[])[]): void {
    this.#add(
      split,
      rows.map(row => ({ row })),
    )
  }

  appendBad(split: string, error: string): void {
    this.#add(split, [{ bad: error }])
  }

  /** The reading of everyone fails for good, is retried, or runs again. */
  report(status: SourceStatus): void {
    for (const reader of this.#readers) reader.request.onStatus(status)
  }

  records(split: string): readonly FakeRecord[] {
    return this.#splits.get(split) ?? []
  }

  splits(): readonly string[] {
    return [...this.#splits.keys()]
  }

  release(reader: FakeReader): void {
    this.#readers.delete(reader)
  }

  async validate(): Promise<void> {}

  async discover(): Promise<readonly SplitRange[]> {
    return [...this.#splits].map(([split, records]) => ({
      split,
      start: 0n,
      end: this.endless ? undefined : BigInt(records.length),
    }))
  }

  async open(request: OpenRequest): Promise<SourceReader> {
    this.opened.push(request.columns)
    const reader = new FakeReader(this, request)
    this.#readers.add(reader)
    return reader
  }

  async close(): Promise<void> {
    this.closed = true
  }

  #add(split: string, records: readonly FakeRecord[]): void {
    const known = this.#splits.get(split)
    if (known === undefined) this.#splits.set(split, [...records])
    else known.push(...records)
    for (const reader of this.#readers) reader.notify()
  }
}

/** At most this many records in one poll, so that several polls are needed. */
const POLL_RECORDS = 64

class FakeReader implements SourceReader {
  readonly request: OpenRequest
  readonly #source: FakeSource
  readonly #offsets: Map<string, number>
  readonly #stops: Map<string, number>
  #waiters: (() => void)[] = []
  #turn = 0

  constructor(source: FakeSource, request: OpenRequest) {
    this.#source = source
    this.request = request
    this.#offsets = new Map(request.positions.map(({ split, offset }) => [split, Number(offset)]))
    this.#stops = new Map((request.stopAt ?? []).map(({ split, offset }) => [split, Number(offset)]))
  }

  get done(): boolean {
    if (this.request.stopAt === undefined) return false
    return this.#source.splits().every(split => this.#offset(split) >= (this.#stops.get(split) ?? Infinity))
  }

  poll(rowsMax: number): SourceBatch | undefined {
    const splits = this.#source.splits()
    for (let tries = 0; tries < splits.length; tries++) {
      const split = splits[this.#turn++ % splits.length]!
      const batch = this.#read(split, Math.min(rowsMax, POLL_RECORDS))
      if (batch !== undefined) return batch
    }
    return undefined
  }

  async ready(): Promise<void> {
    if (this.#pending() || this.done) return
    await new Promise<void>(resolve => this.#waiters.push(resolve))
  }

  positions(): readonly SplitPosition[] {
    return this.#source.splits().map(split => ({ split, offset: BigInt(this.#offset(split)) }))
  }

  lag(): readonly SplitLag[] {
    return this.#source.splits().map(split => ({
      split,
      position: BigInt(this.#offset(split)),
      end: this.#source.endless ? undefined : BigInt(this.#source.records(split).length),
    }))
  }

  async close(): Promise<void> {
    this.#source.release(this)
  }

  notify(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }

  #offset(split: string): number {
    return this.#offsets.get(split) ?? 0
  }

  #pending(): boolean {
    return this.#source.splits().some(split => this.#offset(split) < this.#end(split))
  }

  #end(split: string): number {
    return Math.min(this.#source.records(split).length, this.#stops.get(split) ?? Infinity)
  }

  #read(split: string, count: number): SourceBatch | undefined {
    const start = this.#offset(split)
    const end = Math.min(start + count, this.#end(split))
    if (end <= start) return undefined
    this.#offsets.set(split, end)
    const records = this.#source.records(split).slice(start, end)
    this.#reportBad(split, start, records)
    const rows = records.flatMap(record => ('row' in record ? [record.row] : []))
    const columns = this.request.columns.map(column =>
      columnFromValues(
        this.#source.schema[column]!.type,
        rows.map(row => row[column]!),
      ),
    )
    return { split, batch: { columns, length: rows.length, weights: undefined }, next: BigInt(end) }
  }

  #reportBad(split: string, start: number, records: readonly FakeRecord[]): void {
    const bad = records.flatMap((record, index): BadRecord[] =>
      'bad' in record
        ? [
            {
              topic: 'fake',
              partition: this.#source.splits().indexOf(split),
              offset: BigInt(start + index),
              bytes: Buffer.from('?'),
              error: record.bad,
            },
          ]
        : [],
    )
    if (bad.length > 0) this.request.onBadRecords(bad)
  }
}
