/** What SHOW MODELS and stream_catalog.models show: each model's types and where it runs. */

import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { ModelInput } from '../../planner/catalog.ts'
import type { Schema } from '../../planner/schema.ts'
import { field } from '../../planner/schema.ts'
import type { DataType } from '../../planner/types.ts'
import { formatType, oidType, textType } from '../../planner/types.ts'
import type { Database } from '../database.ts'

export const modelSchema: Schema = [
  field('name', textType),
  field('id', oidType),
  field('provider', textType),
  field('inputs', textType),
  field('outputs', textType),
  field('path', textType),
]

export function modelRows({ catalog }: Database): readonly (readonly SqlValue[])[] {
  return catalog.objects().flatMap(entry => {
    if (entry.kind !== 'model') return []
    const { name, id, inputs, returns } = entry.object
    return [[name, id, entry.provider, inputs.map(inputText).join(', '), outputText(returns), entry.path]]
  })
}

function inputText({ name, type }: ModelInput): string {
  return `${name} ${formatType(type)}`
}

function outputText(type: DataType): string {
  if (type.kind !== 'record') return formatType(type)
  return type.fields.map(({ name, type: fieldType }) => `${name} ${formatType(fieldType)}`).join(', ')
}
