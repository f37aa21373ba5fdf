/** Plans as indented text, one line a node, for EXPLAIN. */

import { must, unreachable } from './assert.ts'
import { aggregateText, columnNames, expressionText, sortText } from './explain-expression.ts'
import type { AggregateCall, Expression } from './expression.ts'
import type { EmitMode, LogicalPlan, WindowSpec } from './logical-plan.ts'
import { inputsOf } from './optimize/plan-tree.ts'
import type { PhysicalPlan, StreamProperties, TimeColumn, WindowKey } from './physical-plan.ts'
import type { Schema } from './schema.ts'

/** The logical plan, root first. */
export function explainLogical(plan: LogicalPlan): string[] {
  return tree(plan, logicalText, inputsOf)
}

/** The operators, root first; what is known of the changes that leave each stands in braces. */
export function explainPhysical(plan: PhysicalPlan): string[] {
  return tree(
    plan,
    node => `${physicalText(node)} ${propertiesText(node.properties, node.schema)}`,
    physicalInputs,
  )
}

/** The inputs of a node, left to right. */
export function physicalInputs(plan: PhysicalPlan): readonly PhysicalPlan[] {
  switch (plan.kind) {
    case 'scan':
    case 'key_lookup':
    case 'values':
    case 'table_function':
      return []
    case 'union_all':
      return plan.inputs
    case 'hash_join':
      return [plan.left, plan.right]
    default:
      return [plan.input]
  }
}

function tree<T>(root: T, text: (node: T) => string, inputs: (node: T) => readonly T[]): string[] {
  const lines: string[] = []
  const visit = (node: T, depth: number) => {
    lines.push('  '.repeat(depth) + text(node))
    for (const input of inputs(node)) visit(input, depth + 1)
  }
  visit(root, 0)
  return lines
}

function logicalText(plan: LogicalPlan): string {
  switch (plan.kind) {
    case 'scan':
      return `Scan: ${plan.relation.schemaName}.${plan.relation.name}`
    case 'values':
      return valuesText(plan.rows)
    case 'table_function':
      return `TableFunction: ${plan.signature.name}(${texts(plan.args, [])})`
    case 'filter':
      return `Filter: ${expressionText(plan.predicate, columnNames(plan.input.schema))}`
    case 'project':
      return `Project: ${projectionText(plan.expressions, plan.input.schema, plan.schema)}`
    case 'aggregate':
      return `Aggregate: ${groupText(plan.groupBy, plan.aggregates, plan.input.schema)}`
    case 'distinct':
      return 'Distinct'
    case 'union_all':
      return 'UnionAll'
    case 'join': {
      const condition = expressionText(
        plan.condition,
        columnNames([...plan.left.schema, ...plan.right.schema]),
      )
      return `${plan.joinType === 'left' ? 'LeftJoin' : 'InnerJoin'}: ${condition}`
    }
    case 'window':
      return `Window: ${windowText(plan.window, plan.input.schema)}`
    case 'sort':
      return `Sort: ${sortText(plan.keys, columnNames(plan.input.schema))}`
    case 'limit':
      return `Limit: ${sliceText(plan.count, plan.offset)}`
    default:
      return unreachable(plan)
  }
}

function physicalText(plan: PhysicalPlan): string {
  const columns = columnNames(physicalInputs(plan)[0]?.schema ?? [])
  switch (plan.kind) {
    case 'scan':
      return `Scan: ${relationText(plan)}`
    case 'key_lookup':
      return `KeyLookup: ${relationText(plan)} key (${keyText(plan)})`
    case 'values':
      return valuesText(plan.rows)
    case 'table_function':
      return `TableFunction: ${plan.signature.name}(${texts(plan.args, [])})`
    case 'filter_project':
      return filterProjectText(plan)
    case 'hash_aggregate':
      return hashAggregateText(plan)
    case 'window_aggregate':
      return windowAggregateText(plan)
    case 'window_expand':
      return `WindowExpand: ${windowText(plan.window, plan.input.schema)}`
    case 'hash_join':
      return joinText(plan)
    case 'union_all':
      return 'UnionAll'
    case 'model_score':
      return `ModelScore: ${plan.model} v${plan.modelVersion}(${texts(plan.args, columns)})`
    case 'emit_on_close':
      return `EmitOnClose: ${timeText(plan.time, columns)}${delayText(plan.delayMicros)}`
    case 'sort': {
      const keys = sortText(plan.keys, columns)
      const slice = sliceText(plan.count, plan.offset)
      return slice === '' ? `Sort: ${keys}` : `TopN: ${keys} ${slice}`
    }
    case 'limit':
      return `Limit: ${sliceText(plan.count, plan.offset)}`
    default:
      return unreachable(plan)
  }
}

type Plan<K extends PhysicalPlan['kind']> = Extract<PhysicalPlan, { kind: K }>

function texts(expressions: readonly Expression[], columns: readonly string[]): string {
  return expressions.map(expression => expressionText(expression, columns)).join(', ')
}

function valuesText(rows: readonly unknown[]): string {
  return `Values: ${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`
}

function projectionText(expressions: readonly Expression[], input: Schema, output: Schema): string {
  const columns = columnNames(input)
  return expressions
    .map((expression, index) => {
      const text = expressionText(expression, columns)
      const name = columnNames(output.slice(index, index + 1))[0]
      return text === name || name === undefined || name === '?column?' ? text : `${text} AS ${name}`
    })
    .join(', ')
}

function groupText(
  groupBy: readonly Expression[],
  aggregates: readonly AggregateCall[],
  input: Schema,
): string {
  const columns = columnNames(input)
  const calls = aggregates.map(call => aggregateText(call, columns)).join(', ')
  if (groupBy.length === 0) return calls
  return `${calls}${calls === '' ? '' : ' '}by ${texts(groupBy, columns)}`
}

function keyText({ key, list }: Plan<'key_lookup'>): string {
  return key.map((part, index) => (index === list ? 'any of ' : '') + texts([part], [])).join(', ')
}

function relationText({ relation, columns }: Plan<'scan' | 'key_lookup'>): string {
  const names = columnNames(relation.schema)
  const read = columns.map(column => must(names[column], 'a column of the relation'))
  return `${relation.schemaName}.${relation.name} (${read.join(', ')})`
}

function filterProjectText({ input, predicate, expressions, schema }: Plan<'filter_project'>): string {
  const where = predicate === undefined ? '' : expressionText(predicate, columnNames(input.schema))
  if (expressions === undefined) return `Filter: ${where}`
  const projection = projectionText(expressions, input.schema, schema)
  return where === '' ? `Project: ${projection}` : `FilterProject: ${projection} where ${where}`
}

function hashAggregateText(plan: Plan<'hash_aggregate'>): string {
  const { groupBy, aggregates, input, expiry, emit } = plan
  const kind = aggregates.length === 0 ? 'HashDistinct' : 'HashAggregate'
  const keys = groupBy.map(key => expressionText(key, columnNames(input.schema)))
  const until = expiry === undefined ? '' : ` expires by ${timeText(expiry, keys)}`
  return `${kind}: ${groupText(groupBy, aggregates, input.schema)}${until}${emitText(emit)}`
}

function windowAggregateText(plan: Plan<'window_aggregate'>): string {
  const columns = columnNames(plan.input.schema)
  const key = (part: WindowKey) => {
    return part.kind === 'expression' ? expressionText(part.expression, columns) : part.kind
  }
  const calls = plan.aggregates.map(call => aggregateText(call, columns)).join(', ')
  const window = windowText(plan.window, plan.input.schema)
  const until = (plan.closes ? '' : ' never closes') + emitText(plan.emit)
  return `WindowAggregate: ${window} ${calls} by ${plan.keys.map(key).join(', ')}${until}`
}

function joinText(plan: Plan<'hash_join'>): string {
  const left = columnNames(plan.left.schema)
  const right = columnNames(plan.right.schema)
  const keys = plan.leftKeys.map((key, index) => {
    const other = must(plan.rightKeys[index], 'keys come in pairs')
    return `${expressionText(key, left)} = ${expressionText(other, right)}`
  })
  const both = columnNames([...plan.left.schema, ...plan.right.schema])
  const residual = plan.residual === undefined ? '' : ` where ${expressionText(plan.residual, both)}`
  const expiry =
    plan.expiry === undefined
      ? ''
      : ` expires by ${timeText(plan.expiry.left, left)} and ${timeText(plan.expiry.right, right)}`
  const kind = plan.joinType === 'left' ? 'HashLeftJoin' : 'HashJoin'
  return `${kind}: ${keys.length === 0 ? 'every pair' : keys.join(', ')}${residual}${expiry}`
}

function windowText(
  { kind, timeColumn, sizeMicros, slideMicros, offsetMicros }: WindowSpec,
  input: Schema,
): string {
  const parts = [columnNames(input)[timeColumn] ?? '']
  if (kind === 'hop') parts.push(microsText(slideMicros))
  parts.push(microsText(sizeMicros))
  if (offsetMicros !== 0n) parts.push(microsText(offsetMicros))
  return `${kind}(${parts.join(', ')})`
}

function sliceText(count: Expression | undefined, offset: Expression | undefined): string {
  const parts: string[] = []
  if (count !== undefined) parts.push(`limit ${expressionText(count, [])}`)
  if (offset !== undefined) parts.push(`offset ${expressionText(offset, [])}`)
  return parts.join(' ')
}

function emitText(emit: EmitMode): string {
  return emit.kind === 'update' ? '' : ` emits on window close${delayText(emit.delayMicros)}`
}

function delayText(delayMicros: bigint): string {
  return delayMicros === 0n ? '' : ` after ${microsText(delayMicros)}`
}

function timeText({ column, plusMicros }: TimeColumn, columns: readonly string[]): string {
  const name = columns[column] ?? `#${column}`
  return plusMicros === 0n ? name : `${name} + ${microsText(plusMicros)}`
}

/** As PostgreSQL prints an interval of that many microseconds: `2 days 01:00:00`. */
function microsText(micros: bigint): string {
  const sign = micros < 0n ? '-' : ''
  const total = micros < 0n ? -micros : micros
  const days = total / 86_400_000_000n
  const seconds = (total / 1_000_000n) % 86_400n
  const fraction = total % 1_000_000n
  const two = (value: bigint) => String(value).padStart(2, '0')
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`
  const exact = fraction === 0n ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
  const dayText = days === 0n ? '' : days === 1n ? '1 day' : `${days} days`
  if (dayText === '') return sign + exact
  return seconds === 0n && fraction === 0n ? sign + dayText : `${sign}${dayText} ${exact}`
}

function propertiesText(properties: StreamProperties, schema: Schema): string {
  const names = columnNames(schema)
  const column = (index: number) => names[index] ?? `#${index}`
  const parts = [properties.appendOnly ? 'append-only' : 'updates']
  if (properties.uniqueKey !== undefined) {
    parts.push(
      properties.uniqueKey.length === 0 ? 'one row' : `key ${properties.uniqueKey.map(column).join(', ')}`,
    )
  }
  const times = properties.timeColumns.map(time => timeText(time, names))
  if (times.length > 0) parts.push(`time ${times.join(', ')}`)
  if (!properties.boundedState) parts.push('unbounded state')
  return `{${parts.join('; ')}}`
}
