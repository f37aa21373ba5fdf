/** Relations and physical plans by hand, for engine tests that do not want the planner in between. */

import { must } from '../../planner/assert.ts'
import type { Relation, RelationId, RelationKind, WatermarkSpec } from '../../planner/catalog.ts'
import type { AggregateCall, Expression } from '../../planner/expression.ts'
import type { FunctionSignature } from '../../planner/function-signature.ts'
import type { PhysicalPlan, StreamProperties } from '../../planner/physical-plan.ts'
import type { Schema } from '../../planner/schema.ts'
import { field } from '../../planner/schema.ts'
import { int8Type } from '../../planner/types.ts'

let lastId = 16384

export interface RelationInit {
  readonly primaryKey?: readonly number[]
  readonly appendOnly?: boolean
  readonly watermark?: WatermarkSpec
}

/** A relation with a fresh id. */
export function relation(
  kind: RelationKind,
  name: string,
  schema: Schema,
  init: RelationInit = {},
): Relation {
  return {
    id: ++lastId as RelationId,
    schemaName: 'public',
    name,
    kind,
    schema,
    primaryKey: init.primaryKey ?? [],
    appendOnly: init.appendOnly ?? false,
    watermark: init.watermark,
    defaults: schema.map(() => undefined),
    view: undefined,
    definition: '',
    dependsOn: [],
  }
}

export function properties(
  appendOnly: boolean,
  uniqueKey: readonly number[] | undefined = undefined,
): StreamProperties {
  return { appendOnly, uniqueKey, timeColumns: [], boundedState: false }
}

/** All columns of a relation, or some. */
export function scan(
  of: Relation,
  columns = of.schema.map((_, index) => index),
  rowId = false,
): PhysicalPlan {
  const schema = columns.map(column => must(of.schema[column], 'columns are of the relation'))
  const key = of.primaryKey.map(column => columns.indexOf(column))
  const uniqueKey = of.primaryKey.length > 0 && !key.includes(-1) ? key : undefined
  return {
    kind: 'scan',
    relation: of,
    columns,
    rowId,
    schema: rowId ? [...schema, field('row_id', int8Type, false)] : schema,
    properties: properties(of.appendOnly, uniqueKey),
  }
}

export function keyLookup(of: Relation, key: readonly Expression[]): PhysicalPlan {
  const columns = of.schema.map((_, index) => index)
  return {
    kind: 'key_lookup',
    relation: of,
    columns,
    rowId: false,
    key,
    list: undefined,
    schema: of.schema,
    properties: properties(false, of.primaryKey),
  }
}

export function column(index: number, type = int8Type): Expression {
  return { kind: 'column', index, type, nullable: true }
}

export function literal(text: string | null, type = int8Type): Expression {
  return { kind: 'literal', text, type, position: undefined }
}

/** SELECT key, count(*), sum(value) GROUP BY key; without key the global aggregate. Columns are int8. */
export function countAndSum(
  input: PhysicalPlan,
  keys: readonly number[],
  value: number,
  signatures: { readonly count: FunctionSignature; readonly sum: FunctionSignature },
): PhysicalPlan {
  const call = (signature: FunctionSignature, args: readonly Expression[]): AggregateCall => ({
    signature,
    args,
    distinct: false,
    filter: undefined,
    orderBy: [],
    type: signature.returns as AggregateCall['type'],
    position: undefined,
  })
  const fields = [
    ...keys.map(key => must(input.schema[key], 'keys are columns of the input')),
    field('count', int8Type),
    field('sum', signatures.sum.returns as AggregateCall['type']),
  ]
  return {
    kind: 'hash_aggregate',
    input,
    groupBy: keys.map(key => column(key, must(input.schema[key], 'a column').type)),
    aggregates: [
      call(signatures.count, []),
      call(signatures.sum, [column(value, must(input.schema[value], 'a column').type)]),
    ],
    inputAppendOnly: input.properties.appendOnly,
    expiry: undefined,
    emit: { kind: 'update' },
    schema: fields,
    properties: properties(
      false,
      keys.map((_, index) => index),
    ),
  }
}

export function unionAll(inputs: readonly PhysicalPlan[]): PhysicalPlan {
  const appendOnly = inputs.every(input => input.properties.appendOnly)
  return {
    kind: 'union_all',
    inputs,
    schema: must(inputs[0], 'an input').schema,
    properties: properties(appendOnly),
  }
}

export function limit(input: PhysicalPlan, count: number): PhysicalPlan {
  return {
    kind: 'limit',
    input,
    count: literal(String(count)),
    offset: undefined,
    schema: input.schema,
    properties: input.properties,
  }
}
