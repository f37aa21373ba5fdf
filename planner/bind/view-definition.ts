/**
 * The query of a view, materialized view, sink or subscription: its columns named, when its changes come out.
 */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { EmitMode, LogicalPlan } from '../logical-plan.ts'
import type { Schema } from '../schema.ts'
import type { EmitClause, SelectStatement, TableName } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { QueryBinder } from './bound-query.ts'
import type { ViewDefinition } from './bound-statement.ts'
import { intervalMicros } from './interval-constant.ts'
import { checkColumnCount } from './width-limits.ts'

/**
 * What the statements with a standing query have in common; views and materialized views are such by
 * themselves.
 */
export interface ViewSyntax {
  readonly kind?: string
  /** undefined for what has no name of its own. */
  readonly table?: TableName
  readonly query: SelectStatement
  /** CREATE VIEW v (names): fewer than there are columns leave the rest their own. */
  readonly columns: readonly string[]
  readonly emit?: EmitClause | undefined
}

export function* defineView(query: QueryBinder, view: ViewSyntax): Steps<ViewDefinition> {
  const { statement } = query
  const { plan } = yield* statement.bindQuery(view.query, query)
  const schema = nameColumns(view, plan.schema)
  const emit = bindEmit(view.emit)
  return {
    schemaName: view.table?.schemaName,
    name: view.table?.name ?? '',
    query: { plan: { ...plan, schema } as LogicalPlan, emit },
    schema,
    emit,
    dependsOn: [...statement.dependsOn],
  }
}

/** A relation's column names are different; the rows of a subscription need not be. */
function nameColumns(view: ViewSyntax, schema: Schema): Schema {
  const { columns } = view
  if (columns.length > schema.length) {
    throw new SqlError(
      SqlState.syntaxError,
      view.kind === 'create_view'
        ? 'CREATE VIEW specifies more column names than columns'
        : 'too many column names were specified',
    )
  }
  const named = schema.map((column, index) => ({ ...column, name: columns[index] ?? column.name }))
  if (view.table === undefined) return named
  checkColumnCount(named.length)
  const seen = new Set<string>()
  for (const { name, type } of named) {
    if (seen.has(name)) {
      throw new SqlError(SqlState.duplicateColumn, `column "${name}" specified more than once`)
    }
    seen.add(name)
    if (type.kind === 'void') {
      throw new SqlError(SqlState.invalidTableDefinition, `column "${name}" has pseudo-type void`)
    }
  }
  return named
}

function bindEmit(emit: EmitClause | undefined): EmitMode {
  if (emit === undefined || emit.kind === 'update') return { kind: 'update' }
  const position = emit.position || undefined
  if (emit.kind === 'periodic') throw notSupported('EMIT PERIODIC', { position })
  const delayMicros = emit.delay === undefined ? 0n : intervalMicros(emit.delay, 'the delay')
  if (delayMicros < 0n) {
    throw new SqlError(SqlState.invalidParameterValue, 'the delay must not be negative', { position })
  }
  return { kind: 'window_close', delayMicros }
}
