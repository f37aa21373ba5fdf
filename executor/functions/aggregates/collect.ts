/**
 * Aggregates that collect their rows: string_agg, array_agg. Rows are kept per group (state/group-rows.ts)
 * in order of arrival, sorted when read if the call has ORDER BY; DISTINCT without ORDER BY sorts by the
 * arguments, as PostgreSQL. Where rows can be retracted, equal rows stand together at the place of the
 * first one.
 */

import { must } from '../../../planner/assert.ts'
import type { DataType } from '../../../planner/types.ts'
import { byteaType, textType } from '../../../planner/types.ts'
import type { BytesColumn, Column } from '../../batch/column.ts'
import { isNull } from '../../batch/column.ts'
import { columnFromValues } from '../../batch/column-builder.ts'
import { readValue } from '../../batch/column-reader.ts'
import { copyBytes, viewOf } from '../../batch/copy-bytes.ts'
import { valueOrder } from '../../batch/order.ts'
import { encodeArray, toRuntimeValue } from '../../batch/value-codec.ts'
import type { SqlValue } from '../../expression/evaluation-context.ts'
import { GroupRows, selectRows } from '../../state/group-rows.ts'
import type {
  AggregateFunction,
  AggregateOrder,
  AggregateSite,
  GroupAccumulator,
} from './aggregate-function.ts'

/**
 * Makes a value of a group's rows: `entries` are rows of `columns` in order, repeated as often as they
 * occur.
 */
export type Collector = (columns: readonly Column[], entries: readonly number[]) => SqlValue

export class CollectingAccumulator implements GroupAccumulator {
  readonly kind = 'groups'
  readonly #site: AggregateSite
  readonly #rows: GroupRows
  readonly #collect: Collector
  readonly #order: readonly ColumnOrder[]

  constructor(site: AggregateSite, collect: Collector) {
    this.#site = site
    this.#rows = new GroupRows([...site.args, ...site.orderBy.map(order => order.type)], merging(site))
    this.#collect = collect
    this.#order = columnOrders(site)
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
    const { columns } = this.#rows
    const values: SqlValue[] = []
    for (let index = 0; index < count; index++) {
      const entries = this.#rows.entriesOf(groups[index]!)
      if (this.#order.length > 0)
        entries.sort((left, right) => compareEntries(columns, this.#order, left, right))
      const repeated: number[] = []
      for (const entry of entries) {
        for (let times = this.#rows.countOf(entry); times > 0; times--) repeated.push(entry)
      }
      values.push(repeated.length === 0 ? null : this.#collect(columns, repeated))
    }
    return columnFromValues(this.#site.type, values)
  }

  clear(groups: Int32Array, count: number): void {
    this.#rows.clear(groups, count)
  }
}

/** DISTINCT rows are merged before they come here; what is left to merge is what may be retracted. */
function merging(site: AggregateSite): 'nothing' | 'identical' {
  return site.appendOnly && !site.distinct ? 'nothing' : 'identical'
}

interface ColumnOrder extends AggregateOrder {
  readonly column: number
}

function columnOrders(site: AggregateSite): readonly ColumnOrder[] {
  if (site.orderBy.length > 0) {
    return site.orderBy.map((order, index) => ({ ...order, column: site.args.length + index }))
  }
  if (!site.distinct) return []
  return site.args.map((type, column) => ({ type, column, descending: false, nullsFirst: false }))
}

function compareEntries(
  columns: readonly Column[],
  orders: readonly ColumnOrder[],
  left: number,
  right: number,
): number {
  for (const order of orders) {
    const column = columns[order.column]!
    const leftNull = isNull(column, left)
    const rightNull = isNull(column, right)
    if (leftNull || rightNull) {
      if (leftNull !== rightNull) return leftNull === order.nullsFirst ? -1 : 1
      continue
    }
    const difference = valueOrder(order.type)(column, left, column, right)
    if (difference !== 0) return order.descending ? -difference : difference
  }
  return 0
}

/**
 * Values joined by the delimiter of each but the first; NULL values are left out, a NULL delimiter is
 * empty.
 */
function joinBytes(columns: readonly Column[], entries: readonly number[]): Uint8Array | null {
  const values = columns[0] as BytesColumn
  const delimiters = columns[1] as BytesColumn
  const present = entries.filter(entry => !isNull(values, entry))
  if (present.length === 0) return null
  let length = 0
  for (const [index, entry] of present.entries()) {
    if (index > 0) length += lengthOf(delimiters, entry)
    length += lengthOf(values, entry)
  }
  const joined = new Uint8Array(length)
  const joinedView = viewOf(joined)
  let end = 0
  const appender = ({ bytes, starts, ends }: BytesColumn) => {
    const view = viewOf(bytes)
    return (entry: number): void => {
      copyBytes(bytes, view, starts[entry]!, ends[entry]!, joined, joinedView, end)
      end += ends[entry]! - starts[entry]!
    }
  }
  const appendValue = appender(values)
  const appendDelimiter = appender(delimiters)
  for (const [index, entry] of present.entries()) {
    if (index > 0 && !isNull(delimiters, entry)) appendDelimiter(entry)
    appendValue(entry)
  }
  return joined
}

function lengthOf(column: BytesColumn, row: number): number {
  return isNull(column, row) ? 0 : column.ends[row]! - column.starts[row]!
}

/** An array of the values, NULLs included. */
function collectArray(element: DataType): Collector {
  return (columns, entries) =>
    encodeArray(
      element,
      entries.map(entry =>
        toRuntimeValue(element, readValue(must(columns[0], 'array_agg has an argument'), entry)),
      ),
    )
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
      create: site => new CollectingAccumulator(site, joinBytes),
    }),
  ),
  {
    id: 'array_agg(anynonarray)',
    name: 'array_agg',
    kind: 'aggregate',
    args: [{ kind: 'anyelement' }],
    returns: { kind: 'anyarray' },
    strict: false,
    create: site =>
      new CollectingAccumulator(site, collectArray(must(site.args[0], 'array_agg has an argument'))),
  },
]
