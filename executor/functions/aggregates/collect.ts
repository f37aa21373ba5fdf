/**
 * Aggregates that collect their rows: string_agg, array_agg. Rows are kept per group (state/group-rows.ts)
 * in order of arrival, sorted when read if the call has ORDER BY; DISTINCT without ORDER BY sorts by the
 * arguments, as PostgreSQL. Where rows can be retracted, equal rows stand together at the place of the
 * first one.
 */

import { must } from '../../../planner/assert.ts'
import { byteaType, int4Type, textType } from '../../../planner/types.ts'
import type { BytesColumn, Column } from '../../batch/column.ts'
import { isNull } from '../../batch/column.ts'
import { columnFromValues } from '../../batch/column-builder.ts'
import { copyBytes, viewOf } from '../../batch/copy-bytes.ts'
import { gatherColumn } from '../../batch/gather.ts'
import type { SortOrder } from '../../batch/sort.ts'
import { RowSort } from '../../batch/sort.ts'
import { encodeRows } from '../../batch/value-codec.ts'
import { checkValueBytes, VALUE_BYTES_MAX } from '../../batch/value-limit.ts'
import type { SqlValue } from '../../expression/evaluation-context.ts'
import { GroupRows, selectRows } from '../../state/group-rows.ts'
import { IntList } from '../../state/int-list.ts'
import type { AggregateFunction, AggregateSite, GroupAccumulator } from './aggregate-function.ts'

/** Entries, and bytes, of a step. */
export const STEP_ENTRIES = 1 << 14
const STEP_BYTES = 1 << 22
const NO_ENTRY = -1

/**
 * Makes a value of a group's rows, a step at a time: `entries` are rows of `columns` in order, repeated as
 * often as they occur, at least one.
 */
export type Collector = (columns: readonly Column[], entries: Int32Array) => Generator<void, SqlValue>

export class CollectingAccumulator implements GroupAccumulator {
  readonly kind = 'groups'
  readonly #site: AggregateSite
  readonly #rows: GroupRows
  readonly #collect: Collector
  /** What the rows are sorted by: columns of the state, and how. */
  readonly #keys: readonly number[]
  readonly #orders: readonly SortOrder[]

  constructor(site: AggregateSite, collect: Collector) {
    this.#site = site
    this.#rows = new GroupRows([...site.args, ...site.orderBy.map(order => order.type)], merging(site))
    this.#collect = collect
    const isByArguments = site.distinct && site.orderBy.length === 0
    this.#keys = isByArguments
      ? [...site.args.keys()]
      : [...site.orderBy.keys()].map(index => site.args.length + index)
    this.#orders = isByArguments ? site.args.map(() => ascending) : site.orderBy
  }

  get byteLength(): number {
    return this.#rows.byteLength
  }

  update(
    args: readonly Column[],
    rows: Int32Array | undefined,
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
  ): void {
    this.#rows.update(selectRows(args, rows, count), groups, weights, count, undefined)
  }

  finish(groups: Int32Array, count: number): Column {
    const steps = this.finishing(groups, count)
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
    }
  }

  *finishing(groups: Int32Array, count: number): Generator<void, Column> {
    const { columns } = this.#rows
    const list = new IntList()
    const ends = new Int32Array(count)
    for (let index = 0, limit = STEP_ENTRIES; index < count; index++) {
      for (let entry = this.#rows.firstOf(groups[index]!); entry !== NO_ENTRY; ) {
        entry = this.#rows.appendEntries(entry, list, limit)
        if (list.length < limit) continue
        limit = list.length + STEP_ENTRIES
        yield
      }
      ends[index] = list.length
    }
    const entries = this.#keys.length === 0 ? list.values : yield* this.#sorted(list.values, ends)
    const values: SqlValue[] = []
    for (let index = 0, start = 0, yielded = 0; index < count; index++) {
      const end = ends[index]!
      values.push(start === end ? null : yield* this.#collect(columns, entries.subarray(start, end)))
      start = end
      if (end - yielded < STEP_ENTRIES) continue
      yielded = end
      yield
    }
    return columnFromValues(this.#site.type, values)
  }

  clear(groups: Int32Array, count: number): void {
    this.#rows.clear(groups, count)
  }

  /** The entries of groups, which end at `ends`, each group's in the call's order. */
  *#sorted(entries: Int32Array, ends: Int32Array): Generator<void, Int32Array> {
    const { length } = entries
    const groupOf = new Int32Array(length)
    for (let index = 0, start = 0; index < ends.length; index++) {
      groupOf.fill(index, start, ends[index])
      start = ends[index]!
    }
    const keys = this.#keys.map(key => gatherColumn(this.#rows.columns[key]!, entries, length))
    const group: Column = { type: int4Type, layout: 'int32', length, validity: undefined, values: groupOf }
    const sort =
      ends.length === 1
        ? new RowSort(keys, this.#orders, length)
        : new RowSort([group, ...keys], [ascending, ...this.#orders], length)
    while (sort.step()) yield
    return sort.rows.map(row => entries[row]!)
  }
}

const ascending: SortOrder = { descending: false, nullsFirst: false }

/** DISTINCT rows are merged before they come here; what is left to merge is what may be retracted. */
function merging(site: AggregateSite): 'nothing' | 'identical' {
  return site.appendOnly && !site.distinct ? 'nothing' : 'identical'
}

/**
 * Values joined by the delimiter of each but the first; NULL values are left out, a NULL delimiter is
 * empty.
 */
function joinBytes({ context }: AggregateSite): Collector {
  const bytesMax = context.valueBytesMax ?? VALUE_BYTES_MAX
  return function* (columns, entries) {
    const values = columns[0] as BytesColumn
    const delimiters = columns[1] as BytesColumn
    let length: number | undefined
    for (let start = 0; start < entries.length; start += STEP_ENTRIES) {
      length = joinedLength(values, delimiters, entries.subarray(start, start + STEP_ENTRIES), length)
      if (entries.length > STEP_ENTRIES) yield
    }
    if (length === undefined) return null
    checkValueBytes(length, bytesMax)
    const joined: Joined = { bytes: Buffer.allocUnsafeSlow(length), length: 0, isFirst: true }
    for (let start = 0; start < entries.length; ) {
      start = appendJoined(values, delimiters, entries, start, joined)
      if (start < entries.length) yield
    }
    return joined.bytes
  }
}

interface Joined {
  readonly bytes: Buffer
  length: number
  isFirst: boolean
}

/** Bytes of the entries joined behind so many before them; undefined while all values are NULL. */
function joinedLength(
  values: BytesColumn,
  delimiters: BytesColumn,
  entries: Int32Array,
  before: number | undefined,
): number | undefined {
  let length = before
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index]!
    if (isNull(values, entry)) continue
    length = length === undefined ? 0 : length + lengthOf(delimiters, entry)
    length += values.ends[entry]! - values.starts[entry]!
  }
  return length
}

/** Appends entries from `start` on, not much more than a step; returns where it stopped. */
function appendJoined(
  values: BytesColumn,
  delimiters: BytesColumn,
  entries: Int32Array,
  start: number,
  joined: Joined,
): number {
  const { bytes } = joined
  const [view, valueView, delimiterView] = [viewOf(bytes), viewOf(values.bytes), viewOf(delimiters.bytes)]
  const stop = Math.min(entries.length, start + STEP_ENTRIES)
  const full = joined.length + STEP_BYTES
  let at = start
  let to = joined.length
  for (; at < stop && to < full; at++) {
    const entry = entries[at]!
    if (isNull(values, entry)) continue
    if (!joined.isFirst && !isNull(delimiters, entry)) {
      const [from, end] = [delimiters.starts[entry]!, delimiters.ends[entry]!]
      copyBytes(delimiters.bytes, delimiterView, from, end, bytes, view, to)
      to += end - from
    }
    joined.isFirst = false
    const [from, end] = [values.starts[entry]!, values.ends[entry]!]
    copyBytes(values.bytes, valueView, from, end, bytes, view, to)
    to += end - from
  }
  joined.length = to
  return at
}

function lengthOf(column: BytesColumn, row: number): number {
  return isNull(column, row) ? 0 : column.ends[row]! - column.starts[row]!
}

/** An array of the values, NULLs included. */
function collectArray(site: AggregateSite): Collector {
  const element = must(site.args[0], 'array_agg has an argument')
  const bytesMax = site.context.valueBytesMax ?? VALUE_BYTES_MAX
  return (columns, entries) => encodeRows(element, columns[0]!, entries, STEP_ENTRIES, bytesMax)
}

export const collectFunctions: readonly AggregateFunction[] = [
  ...[textType, byteaType].map(
    (type): AggregateFunction => ({
      id: `string_agg(${type.kind},${type.kind})`,
      name: 'string_agg',
      kind: 'aggregate',
      args: [type, type],
      returns: type,
      strict: false,
      create: site => new CollectingAccumulator(site, joinBytes(site)),
    }),
  ),
  {
    id: 'array_agg(anynonarray)',
    name: 'array_agg',
    kind: 'aggregate',
    args: [{ kind: 'anyelement' }],
    returns: { kind: 'anyarray' },
    strict: false,
    create: site => new CollectingAccumulator(site, collectArray(site)),
  },
]
