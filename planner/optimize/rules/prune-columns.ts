/**
 * Drops columns that nothing above reads, down to the scans, so that sources decode only what is needed. A
 * scan keeps its schema and gets a projection of plain columns above it, which the physical planner folds
 * into it.
 */

import { must, unreachable } from '../../assert.ts'
import type { Expression } from '../../expression.ts'
import { mapColumns } from '../../expression-tree.ts'
import type { LogicalPlan } from '../../logical-plan.ts'
import { aggregateExpressions, collectColumns, mapAggregate } from '../predicate.ts'

/** A plan with at least the columns asked for, and where each of them is now. */
interface Pruned {
  readonly plan: LogicalPlan
  readonly place: (index: number) => number
}

type Plan<K extends LogicalPlan['kind']> = Extract<LogicalPlan, { kind: K }>

export function pruneColumns(plan: LogicalPlan): LogicalPlan {
  return exactly(
    plan,
    plan.schema.map((_, index) => index),
  )
}

function prune(plan: LogicalPlan, needed: ReadonlySet<number>): Pruned {
  switch (plan.kind) {
    case 'scan':
    case 'table_function':
      return narrowed(plan, needed)
    case 'values':
      return pruneValues(plan, needed)
    case 'project': {
      const kept = sorted(needed)
      const expressions = pick(plan.expressions, kept)
      const input = prune(plan.input, columnsRead(expressions))
      const projected = expressions.map(expression => mapColumns(expression, input.place))
      const schema = pick(plan.schema, kept)
      return {
        plan: { kind: 'project', input: input.plan, expressions: projected, schema },
        place: places(kept),
      }
    }
    case 'filter': {
      const input = prune(plan.input, columnsRead([plan.predicate], needed))
      const predicate = mapColumns(plan.predicate, input.place)
      return {
        plan: { kind: 'filter', input: input.plan, predicate, schema: input.plan.schema },
        place: input.place,
      }
    }
    case 'sort': {
      const input = prune(
        plan.input,
        columnsRead(
          plan.keys.map(key => key.expression),
          needed,
        ),
      )
      const keys = plan.keys.map(key => ({ ...key, expression: mapColumns(key.expression, input.place) }))
      return {
        plan: { kind: 'sort', input: input.plan, keys, schema: input.plan.schema },
        place: input.place,
      }
    }
    case 'limit': {
      const input = prune(plan.input, needed)
      return { plan: { ...plan, input: input.plan, schema: input.plan.schema }, place: input.place }
    }
    case 'distinct': {
      const input = exactly(
        plan.input,
        plan.schema.map((_, index) => index),
      )
      return { plan: { ...plan, input }, place: index => index }
    }
    case 'union_all': {
      const kept = sorted(needed)
      const inputs = plan.inputs.map(input => exactly(input, kept))
      return { plan: { ...plan, inputs, schema: pick(plan.schema, kept) }, place: places(kept) }
    }
    case 'aggregate':
      return pruneAggregate(plan, needed)
    case 'join':
      return pruneJoin(plan, needed)
    case 'window':
      return pruneWindow(plan, needed)
    default:
      return unreachable(plan)
  }
}

/**
 * Keys stay, since they make the groups; unread aggregates go. A global aggregate keeps one, to have a row.
 */
function pruneAggregate(plan: Plan<'aggregate'>, needed: ReadonlySet<number>): Pruned {
  const keyCount = plan.groupBy.length
  const kept = plan.schema.map((_, index) => index).filter(index => index < keyCount || needed.has(index))
  if (kept.length === 0 && plan.aggregates.length > 0) kept.push(0)
  const calls = kept
    .filter(index => index >= keyCount)
    .map(index => {
      return must(plan.aggregates[index - keyCount], 'columns behind the keys are aggregates')
    })
  const input = prune(plan.input, columnsRead([...plan.groupBy, ...calls.flatMap(aggregateExpressions)]))
  const moved = (expression: Expression) => mapColumns(expression, input.place)
  const groupBy = plan.groupBy.map(moved)
  const aggregates = calls.map(call => mapAggregate(call, moved))
  const schema = pick(plan.schema, kept)
  return { plan: { kind: 'aggregate', input: input.plan, groupBy, aggregates, schema }, place: places(kept) }
}

/** Exactly the columns that are read: a join keeps its inputs' rows. */
function pruneJoin(plan: Plan<'join'>, needed: ReadonlySet<number>): Pruned {
  const width = plan.left.schema.length
  const read = sorted(columnsRead([plan.condition], needed))
  const place = places(read)
  return {
    plan: {
      ...plan,
      left: exactly(
        plan.left,
        read.filter(index => index < width),
      ),
      right: exactly(
        plan.right,
        read.filter(index => index >= width).map(index => index - width),
      ),
      condition: mapColumns(plan.condition, place),
      schema: pick(plan.schema, read),
    },
    place,
  }
}

function pruneValues(plan: Plan<'values'>, needed: ReadonlySet<number>): Pruned {
  const kept = sorted(needed)
  // Often many rows, with nothing above them that leaves a column out.
  if (kept.length === plan.schema.length) return { plan, place: index => index }
  const rows = plan.rows.map(row => kept.map(index => must(row[index], 'rows are as wide as the schema')))
  return { plan: { ...plan, rows, schema: pick(plan.schema, kept) }, place: places(kept) }
}

function pruneWindow(plan: Plan<'window'>, needed: ReadonlySet<number>): Pruned {
  const width = plan.input.schema.length
  const below = new Set([...needed].filter(index => index < width))
  below.add(plan.window.timeColumn)
  const input = prune(plan.input, below)
  const newWidth = input.plan.schema.length
  const window = { ...plan.window, timeColumn: input.place(plan.window.timeColumn) }
  const schema = [...input.plan.schema, ...plan.schema.slice(width)]
  const place = (index: number) => (index < width ? input.place(index) : index - width + newWidth)
  return { plan: { kind: 'window', input: input.plan, window, schema }, place }
}

/** The plan under a projection of the needed columns, when it has others. */
function narrowed(plan: LogicalPlan, needed: ReadonlySet<number>): Pruned {
  if (needed.size === plan.schema.length) return { plan, place: index => index }
  const kept = sorted(needed)
  return { plan: projection(plan, kept), place: places(kept) }
}

/** The plan with these columns and no others, in this order. */
function exactly(plan: LogicalPlan, wanted: readonly number[]): LogicalPlan {
  const pruned = prune(plan, new Set(wanted))
  const same = pruned.plan.schema.length === wanted.length
  if (same && wanted.every((index, at) => pruned.place(index) === at)) return pruned.plan
  return { ...projection(pruned.plan, wanted.map(pruned.place)), schema: pick(plan.schema, wanted) }
}

function projection(plan: LogicalPlan, indexes: readonly number[]): LogicalPlan {
  const expressions = indexes.map((index): Expression => {
    const { type, nullable } = must(plan.schema[index], 'a column of the plan')
    return { kind: 'column', index, type, nullable }
  })
  return { kind: 'project', input: plan, expressions, schema: pick(plan.schema, indexes) }
}

function columnsRead(expressions: readonly Expression[], also: ReadonlySet<number> = new Set()): Set<number> {
  const columns = new Set(also)
  for (const expression of expressions) collectColumns(expression, columns)
  return columns
}

function sorted(columns: ReadonlySet<number>): number[] {
  return [...columns].sort((left, right) => left - right)
}

function pick<T>(values: readonly T[], indexes: readonly number[]): T[] {
  return indexes.map(index => must(values[index], 'an index of the list'))
}

/** New place of each kept column. */
function places(kept: readonly number[]): (index: number) => number {
  const map = new Map(kept.map((index, place) => [index, place]))
  return index => must(map.get(index), 'the column was asked for')
}
