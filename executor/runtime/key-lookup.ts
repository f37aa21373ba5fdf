/** Rows by primary key, of one key or a list of keys, with what the reader's own transaction wrote. */

import { assert } from '../../planner/assert.ts'
import { finish } from '../../planner/steps.ts'
import type { Int64Column } from '../batch/column.ts'
import { concatBatches } from '../batch/concat.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { deltaBatch } from '../batch/delta-batch.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { toRuntimeValue, toSqlValue } from '../batch/value-codec.ts'
import { evaluateConstant } from '../expression/compile.ts'
import type { EvaluationContext, SqlValue } from '../expression/evaluation-context.ts'
import { leavesOf } from '../functions/value-compare.ts'
import type { Epoch } from '../operators/operator.ts'
import type { QueryOptions, TableOverlay } from './engine-contract.ts'
import { withoutDeleted } from './overlay.ts'
import type { LeafPlan } from './pipeline.ts'
import type { LeafRows } from './query-stream.ts'
import { leafRows } from './query-stream.ts'
import type { StoredRows } from './stored-rows.ts'

type KeyLookup = Extract<LeafPlan, { kind: 'key_lookup' }>
type Key = readonly SqlValue[]

/** Keys of a list that are looked up in one step. */
const KEYS_AT_ONCE = 1024

/** What a lookup reads, and as of when. */
interface Reading {
  readonly plan: KeyLookup
  readonly stored: StoredRows
  readonly epoch: Epoch
  readonly overlay: TableOverlay | undefined
}

export function lookupRows(reading: Reading, options: QueryOptions): LeafRows {
  const { plan, stored, epoch } = reading
  const keys = storedKeys(reading, options)
  const rows = plan.list === undefined ? rowsOfKey(reading, keys[0]!, plan.rowId) : rowsOfList(reading, keys)
  // The overlay is as it is now. It may refuse, hence before the pin.
  const ready = reading.overlay === undefined ? rows : [...rows].values()
  stored.store.pin(epoch)
  let open = true
  const close = () => {
    if (open) stored.store.unpin(epoch)
    open = false
  }
  return leafRows(() => ready.next().value ?? undefined, close)
}

/** The keys in the order of the stored key; `options.reads` hears of them. */
function storedKeys({ plan, stored, epoch }: Reading, { context, reads }: QueryOptions): readonly Key[] {
  const { relation } = plan
  const places = (stored.key ?? []).map(column => {
    const place = relation.primaryKey.indexOf(column)
    assert(place >= 0, 'the key of the stored rows is the primary key')
    return place
  })
  assert(places.length === plan.key.length, 'a key lookup names the whole key')
  if (relation.kind !== 'table') reads?.addRelation(relation.id, epoch)
  return keyValues(plan, context).map(values => {
    const key = places.map(place => values[place]!)
    if (relation.kind === 'table') reads?.addKey(relation, values, stored.visibleId(epoch, key), epoch)
    return key
  })
}

/** The keys in the order of the primary key; in a list one may come twice. */
function keyValues({ key, list }: KeyLookup, context: EvaluationContext): readonly Key[] {
  const values = key.map(expression => evaluateConstant(expression, context))
  if (list === undefined) return [values]
  const { type } = key[list]!
  const array = values[list]!
  if (type.kind !== 'array' || array === null) return []
  const elements = leavesOf(toRuntimeValue(type, array) as readonly RuntimeValue[])
  return elements.map(element => values.with(list, toSqlValue(type.element, element)))
}

/** The row of a key, and the one that the transaction added; with their ids when `rowId`. */
function* rowsOfKey(
  { plan: { columns }, stored, epoch, overlay }: Reading,
  key: Key,
  rowId: boolean,
): Generator<DeltaBatch> {
  const row = stored.lookup(epoch, key, columns, rowId || overlay !== undefined)
  if (overlay === undefined) {
    if (row !== undefined) yield row
    return
  }
  const kept = row === undefined ? undefined : withoutDeleted(row, overlay, rowId)
  const added = overlay.lookup(key, columns, rowId)
  const isKept = kept !== undefined && kept.length > 0
  if (isKept && added !== undefined) finish(overlay.check())
  if (isKept) yield kept
  if (added !== undefined) yield added
}

/** The rows of several keys, each once, in the order of the keys. */
function* rowsOfList(reading: Reading, keys: readonly Key[]): Generator<DeltaBatch> {
  const found = new Set<bigint>()
  for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
    const rows: DeltaBatch[] = []
    for (const key of keys.slice(start, start + KEYS_AT_ONCE)) {
      for (const row of rowsOfKey(reading, key, true)) {
        const { size } = found
        if (found.add((row.columns.at(-1) as Int64Column).values[0]!).size > size) rows.push(row)
      }
    }
    if (rows.length === 0) continue
    const { columns, length } = concatBatches(rows)
    yield deltaBatch(reading.plan.rowId ? columns : columns.slice(0, -1), length)
  }
}
