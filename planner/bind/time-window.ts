/** TUMBLE and HOP in FROM: the input's columns, then window_start and window_end. */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Position } from '../expression.ts'
import type { LogicalPlan, WindowSpec } from '../logical-plan.ts'
import { field } from '../schema.ts'
import type { FromItem } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { QueryBinder } from './bound-query.ts'
import { typeName } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import type { BoundFrom } from './from.ts'
import { intervalMicros } from './interval-constant.ts'
import type { RangeTable, Scope, ScopeColumn } from './scope.ts'

type SyntaxWindow = FromItem & { kind: 'window' }

const dayMicros = 86_400_000_000n

export function* bindTimeWindow(query: QueryBinder, item: SyntaxWindow, input: BoundFrom): Steps<BoundFrom> {
  const position: Position = item.position || undefined
  const name = item.window.toUpperCase()
  if (item.window === 'cumulate' || item.window === 'session') throw notSupported(name, { position })
  if (item.partitionBy.length > 0) throw notSupported(`PARTITION BY in ${name}`, { position })
  const timeColumn = yield* bindTimeColumn(query, item, input.scope)
  const time = input.plan.schema[timeColumn]
  const type = time?.type ?? { kind: 'timestamp' as const }
  const window = windowSpec(item, timeColumn)
  if (type.kind === 'date') requireWholeDays(window, name, position)
  const bounds = [field('window_start', type), field('window_end', type)]
  const plan: LogicalPlan = {
    kind: 'window',
    input: input.plan,
    window,
    schema: [...input.plan.schema, ...bounds],
  }
  return { plan, scope: windowScope(item, input, plan) }
}

/** The index of the time column in the input's rows. */
function* bindTimeColumn(query: QueryBinder, item: SyntaxWindow, scope: Scope): Steps<number> {
  const name = item.window.toUpperCase()
  const binder = expressionBinder(
    query.statement,
    scope,
    'aggregate functions are not allowed in functions in FROM',
  )
  const time = yield* binder.bind(item.time)
  const position = query.statement.locationOf(time)
  if (time.kind !== 'column') {
    throw new SqlError(SqlState.invalidParameterValue, `the time of ${name} must be a column`, { position })
  }
  if (!['date', 'timestamp', 'timestamptz'].includes(time.type.kind)) {
    throw new SqlError(
      SqlState.datatypeMismatch,
      `the time column of ${name} must be of type date or timestamp, not type ${typeName(time.type)}`,
      { position },
    )
  }
  return time.index
}

function windowSpec(item: SyntaxWindow, timeColumn: number): WindowSpec {
  const position: Position = item.position || undefined
  const isHop = item.window === 'hop'
  const name = item.window.toUpperCase()
  const required = isHop ? 2 : 1
  if (item.args.length < required || item.args.length > required + 1) {
    const form = isHop ? 'HOP(table, time, slide, size [, offset])' : 'TUMBLE(table, time, size [, offset])'
    throw new SqlError(SqlState.syntaxError, `wrong number of arguments: use ${form}`, { position })
  }
  const interval = (index: number, what: string) => {
    const argument = item.args[index]
    return argument === undefined ? 0n : intervalMicros(argument, `the ${what} of ${name}`)
  }
  const slideMicros = interval(0, isHop ? 'slide' : 'size')
  const sizeMicros = isHop ? interval(1, 'size') : slideMicros
  const fail = (message: string) => new SqlError(SqlState.invalidParameterValue, message, { position })
  if (slideMicros <= 0n || sizeMicros <= 0n) {
    throw fail(isHop ? 'the slide and size of HOP must be positive' : 'the size of TUMBLE must be positive')
  }
  if (sizeMicros % slideMicros !== 0n) throw fail('the size of HOP must be a multiple of its slide')
  const kind = isHop ? 'hop' : 'tumble'
  return { kind, timeColumn, sizeMicros, slideMicros, offsetMicros: interval(required, 'offset') }
}

function requireWholeDays(window: WindowSpec, name: string, position: Position): void {
  const lengths = [window.sizeMicros, window.slideMicros, window.offsetMicros]
  if (lengths.every(micros => micros % dayMicros === 0n)) return
  throw new SqlError(SqlState.invalidParameterValue, `${name} over a date column needs whole days`, {
    position,
  })
}

/** The window goes by its alias, or by the name of its input. */
function windowScope(item: SyntaxWindow, input: BoundFrom, plan: LogicalPlan): Scope {
  const inner = input.scope.tables[0]?.table
  const table: RangeTable =
    item.alias === undefined && inner !== undefined
      ? inner
      : { name: item.alias?.name, schemaName: undefined, aliasOf: inner?.name, relation: inner?.relation }
  const width = input.plan.schema.length
  const bounds = plan.schema.slice(width).map(
    (bound, index): ScopeColumn => ({
      name: bound.name,
      expression: { kind: 'column', index: width + index, type: bound.type, nullable: bound.nullable },
      origin: undefined,
      table,
    }),
  )
  const names = item.alias?.columns ?? []
  const columns = [...input.scope.columns, ...bounds].map(
    (column, index): ScopeColumn => ({
      ...column,
      name: names[index] ?? column.name,
      table,
    }),
  )
  return { tables: [{ table, columns }], columns, hidden: input.scope.hidden }
}
