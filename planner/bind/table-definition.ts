/** CREATE TABLE and CREATE SOURCE: columns, keys, defaults, the watermark, metadata columns. */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { Schema } from '../schema.ts'
import { field } from '../schema.ts'
import type {
  ColumnDefinition,
  CreateSourceStatement,
  CreateTableStatement,
  IncludeClause,
} from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { DataType } from '../types.ts'
import {
  byteaType,
  formatType,
  int4Type,
  int8Type,
  jsonbType,
  timestamptzType,
  typeModifier,
} from '../types.ts'
import type { IncludeColumn, TableDefinition } from './bound-statement.ts'
import { tryCoerce, typeName } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import { refuseModelCall } from './model-call.ts'
import { emptyScope } from './scope.ts'
import type { StatementContext } from './statement-context.ts'
import { bindTypeName } from './type-name.ts'
import { bindWatermark } from './watermark.ts'
import { checkColumnCount } from './width-limits.ts'

type Definition = CreateTableStatement | CreateSourceStatement

export function* defineTable(statement: StatementContext, definition: Definition): Steps<TableDefinition> {
  const { columns, includes } = definition
  for (const column of columns) rejectUnsupported(column)
  const types = columns.map(column => columnType(column))
  if (definition.kind === 'create_source') types.forEach(rejectTimeModifier)
  const names = [
    ...columns.map(column => column.name),
    ...includes.map(include => includeName(definition, include)),
  ]
  checkColumnCount(names.length)
  checkNames(names)
  const primaryKey = bindPrimaryKey(definition, names, types)
  const isSource = definition.kind === 'create_source'
  const schema: Schema = [
    ...columns.map((column, index) => {
      const isRequired = !isSource && (column.notNull || primaryKey.includes(index))
      return field(column.name, types[index] as DataType, !isRequired)
    }),
    ...includes.map((include, index) =>
      field(names[columns.length + index] as string, includeTypes[include.what]),
    ),
  ]
  const defaults: (Expression | undefined)[] = []
  for (const [index, column] of schema.entries()) {
    const value = columns[index]?.default
    defaults.push(value && (yield* bindDefault(statement, column.name, column.type, value)))
  }
  return {
    schemaName: definition.table.schemaName,
    name: definition.table.name,
    schema,
    primaryKey,
    defaults,
    watermark:
      definition.watermark &&
      (yield* bindWatermark(statement, definition.table.name, schema, definition.watermark)),
    appendOnly: isAppendOnly(definition),
    includes: includes.map(
      (include, index): IncludeColumn => ({
        column: columns.length + index,
        what: include.what,
      }),
    ),
  }
}

/**
 * Records of FORMAT UPSERT and DEBEZIUM replace and delete rows; those of PLAIN, and of generators, only add.
 */
function isAppendOnly(definition: Definition): boolean {
  if (definition.kind === 'create_table') return definition.appendOnly
  const format = definition.format?.format ?? 'plain'
  return format === 'plain' || format === 'native'
}

/** What sources decode is not rounded. */
function rejectTimeModifier(type: DataType): void {
  const { kind } = type
  const isTime = kind === 'time' || kind === 'timestamp' || kind === 'timestamptz'
  if (!(isTime || kind === 'timetz' || kind === 'interval') || typeModifier(type) < 0 || type.precision === 6)
    return
  throw notSupported(`${formatType(type)} as a type of a source`)
}

function rejectUnsupported(column: ColumnDefinition): void {
  const position: Position = column.position || undefined
  const fail = (what: string) => notSupported(what, { position })
  if (column.unique) throw fail('a UNIQUE constraint')
  if (column.check !== undefined) throw fail('a CHECK constraint')
  if (column.references) throw fail('a FOREIGN KEY constraint')
  if (column.generated !== undefined) throw fail('a generated column')
  if (column.identity) throw fail('an identity column')
  const collation = column.collation?.[column.collation.length - 1]
  if (collation !== undefined && !['C', 'default', 'POSIX', 'ucs_basic'].includes(collation)) {
    throw fail(`collation "${collation}"`)
  }
}

function columnType(column: ColumnDefinition): DataType {
  const type = bindTypeName(column.type)
  if (type.kind !== 'void') return type
  throw new SqlError(SqlState.invalidTableDefinition, `column "${column.name}" has pseudo-type void`)
}

function checkNames(names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) {
    throw new SqlError(SqlState.duplicateColumn, `column "${repeated}" specified more than once`)
  }
}

function bindPrimaryKey(
  definition: Definition,
  names: readonly string[],
  types: readonly DataType[],
): readonly number[] {
  const table = definition.table.name
  const keys = definition.columns.flatMap((column, index) => (column.primaryKey ? [[index]] : []))
  for (const constraint of definition.constraints) {
    const position: Position = constraint.position || undefined
    if (constraint.kind !== 'primary_key') {
      throw notSupported(`a ${constraint.kind.replace('_', ' ').toUpperCase()} constraint`, { position })
    }
    keys.push(keyColumns(constraint.columns, names, position))
  }
  if (keys.length > 1) {
    throw new SqlError(
      SqlState.invalidTableDefinition,
      `multiple primary keys for table "${table}" are not allowed`,
    )
  }
  const key = keys[0] ?? []
  for (const column of key) if (types[column] !== undefined) requireOrder(types[column])
  return key
}

function keyColumns(columns: readonly string[], names: readonly string[], position: Position): number[] {
  const key: number[] = []
  for (const name of columns) {
    const index = names.indexOf(name)
    if (index === -1) {
      throw new SqlError(SqlState.undefinedColumn, `column "${name}" named in key does not exist`, {
        position,
      })
    }
    if (key.includes(index)) {
      throw new SqlError(
        SqlState.duplicateColumn,
        `column "${name}" appears twice in primary key constraint`,
        {
          position,
        },
      )
    }
    key.push(index)
  }
  return key
}

function requireOrder(type: DataType): void {
  if (type.kind !== 'json') return
  throw new SqlError(
    SqlState.undefinedObject,
    `data type ${typeName(type)} has no default operator class for access method "btree"`,
    {
      hint:
        'You must specify an operator class for the index' +
        ' or define a default operator class for the data type.',
    },
  )
}

function* bindDefault(
  statement: StatementContext,
  name: string,
  type: DataType,
  value: ColumnDefinition['default'] & object,
): Steps<Expression> {
  const scope = { ...emptyScope, columnError: 'cannot use column reference in DEFAULT expression' }
  const binder = expressionBinder(
    statement,
    scope,
    'aggregate functions are not allowed in DEFAULT expressions',
  )
  const bound = yield* binder.bind(value)
  refuseModelCall(bound, 'DEFAULT')
  const converted = tryCoerce(statement, bound, type, 'assignment')
  if (converted !== undefined) return converted
  throw new SqlError(
    SqlState.datatypeMismatch,
    `column "${name}" is of type ${typeName(type)} but default expression is of type ${typeName(bound.type)}`,
    { hint: 'You will need to rewrite or cast the expression.' },
  )
}

const includeTypes: Record<IncludeClause['what'], DataType> = {
  key: byteaType,
  partition: int4Type,
  offset: int8Type,
  timestamp: timestamptzType,
  headers: jsonbType,
}

/** Unnamed, a metadata column has RisingWave's name: `_rw_kafka_timestamp`. */
function includeName(definition: Definition, include: IncludeClause): string {
  const connector =
    definition.options.find(option => option.name.toLowerCase() === 'connector')?.value ?? 'kafka'
  const what = include.what === 'headers' ? 'header' : include.what
  return include.name ?? `_rw_${connector.toLowerCase()}_${what}`
}
