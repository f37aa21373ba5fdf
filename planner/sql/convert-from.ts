/**
 * FROM items: tables, subqueries, functions, joins, and the streaming table functions that look like
 * functions.
 */

import type {
  FuncCall,
  JoinExpr,
  Node,
  RangeFunction,
  RangeSubselect,
  RangeVar,
  Alias as RawAlias,
} from 'libpg-query'
import { must } from '../assert.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, FunctionArgument } from './ast-expression.ts'
import type { Alias, FromItem } from './ast-query.ts'
import { convertColumnDefinition } from './convert-column.ts'
import {
  type ConvertContext,
  contentOf,
  convertQuery,
  convertTableName,
  stringsOf,
  tableNameOf,
  tagOf,
} from './convert-context.ts'
import { convertExpression, optionalExpression } from './convert-expression.ts'

export function convertFromItem(node: Node, context: ConvertContext): FromItem {
  if ('RangeVar' in node) return table(node.RangeVar, context)
  if ('RangeSubselect' in node) return subquery(node.RangeSubselect, context)
  if ('RangeFunction' in node) return rangeFunction(node.RangeFunction, context)
  if ('JoinExpr' in node) return join(node.JoinExpr, context)
  if ('RangeTableSample' in node) {
    throw notSupported('TABLESAMPLE', { position: context.source.position(node.RangeTableSample.location) })
  }
  throw notSupported(tagOf(node) === 'JsonTable' ? 'JSON_TABLE' : 'XMLTABLE')
}

function convertAlias(value: RawAlias | undefined): Alias | undefined {
  return value === undefined ? undefined : { name: value.aliasname ?? '', columns: stringsOf(value.colnames) }
}

function table(value: RangeVar, context: ConvertContext): FromItem {
  const name = convertTableName(value, context)
  return {
    kind: 'table',
    table: name,
    alias: convertAlias(value.alias),
    systemTime: context.marks.systemTimes.get(name.position),
    position: name.position,
  }
}

function subquery(value: RangeSubselect, context: ConvertContext): FromItem {
  const query = convertQuery(must(value.subquery, 'a subquery in FROM has a query'), context)
  const alias = convertAlias(value.alias)
  return { kind: 'subquery', query, lateral: value.lateral === true, alias, position: query.position }
}

const joinTypes: Partial<Record<NonNullable<JoinExpr['jointype']>, 'left' | 'right' | 'full'>> = {
  JOIN_LEFT: 'left',
  JOIN_RIGHT: 'right',
  JOIN_FULL: 'full',
}

function join(value: JoinExpr, context: ConvertContext): FromItem {
  const left = convertFromItem(must(value.larg, 'a join has a left side'), context)
  const right = convertFromItem(must(value.rarg, 'a join has a right side'), context)
  if (value.join_using_alias !== undefined) {
    throw notSupported('an alias of JOIN … USING', { position: right.position })
  }
  return {
    kind: 'join',
    joinType: joinTypes[value.jointype ?? 'JOIN_INNER'] ?? 'inner',
    natural: value.isNatural === true,
    using: stringsOf(value.usingClause),
    on: optionalExpression(value.quals, context),
    asof: context.marks.asofJoins.some(word => lastStart(left) < word && word < firstStart(right)),
    left,
    right,
    alias: convertAlias(value.alias),
    position: left.position,
  }
}

function firstStart(item: FromItem): number {
  return item.kind === 'join' ? firstStart(item.left) : item.position
}

function lastStart(item: FromItem): number {
  return item.kind === 'join' ? lastStart(item.right) : item.position
}

function rangeFunction(value: RangeFunction, context: ConvertContext): FromItem {
  const lists = (value.functions ?? []).map(node =>
    must(contentOf(node, 'List')?.items, 'functions come in lists'),
  )
  const call = contentOf(lists[0]?.[0], 'FuncCall')
  const streaming = call === undefined || value.is_rowsfrom === true ? undefined : streamingName(call)
  if (call !== undefined && streaming !== undefined) return streamingFunction(streaming, call, value, context)
  const functions = lists.map(items => convertExpression(must(items[0], 'a function in FROM'), context))
  const columns = value.coldeflist ?? contentOf(lists[0]?.[1], 'List')?.items ?? []
  return {
    kind: 'function',
    functions,
    lateral: value.lateral === true,
    withOrdinality: value.ordinality === true,
    alias: convertAlias(value.alias),
    columnDefinitions: columns.map(node => {
      return convertColumnDefinition(must(contentOf(node, 'ColumnDef'), 'a column definition list'), context)
    }),
    position: functions[0]?.position ?? 0,
  }
}

const streamingNames = ['tumble', 'hop', 'cumulate', 'session', 'ml_predict'] as const
type StreamingName = (typeof streamingNames)[number]

function streamingName(call: FuncCall): StreamingName | undefined {
  const path = stringsOf(call.funcname)
  return path.length === 1 ? streamingNames.find(name => name === path[0]) : undefined
}

/**
 * Names of Flink's arguments, in the order of the positional ones; undefined in a list = optional from there.
 */
const parameterNames: Readonly<Record<Exclude<StreamingName, 'session' | 'ml_predict'>, readonly string[]>> =
  {
    tumble: ['data', 'timecol', 'size', 'offset'],
    hop: ['data', 'timecol', 'slide', 'size', 'offset'],
    cumulate: ['data', 'timecol', 'step', 'size', 'offset'],
  }

function streamingFunction(
  name: StreamingName,
  call: FuncCall,
  value: RangeFunction,
  context: ConvertContext,
): FromItem {
  const position = context.source.position(call.location)
  const converted = convertExpression({ FuncCall: call }, context)
  const given = converted.kind === 'function' ? converted.args : []
  const alias = convertAlias(value.alias)
  if (name === 'ml_predict') return modelItem(positional(given, ['input', 'model']), alias, position)
  if (name === 'session') return sessionItem(positional(given, ['data', 'timecol', 'gap']), alias, position)
  const [input, time, ...args] = positional(given, parameterNames[name])
  const least = name === 'tumble' ? 1 : 2
  if (input === undefined || time === undefined || args.length < least || args.length > least + 1) {
    throw wrongArguments(name, position)
  }
  return {
    kind: 'window',
    window: name,
    input: inputItem(input, name),
    time,
    args,
    partitionBy: [],
    alias,
    position,
  }
}

/** Arguments in order of the parameters. Named ones take their place; a named tail may be incomplete. */
function positional(given: readonly FunctionArgument[], names: readonly string[]): Expression[] {
  const values: (Expression | undefined)[] = []
  given.forEach((argument, index) => {
    const place = argument.name === undefined ? index : names.indexOf(argument.name)
    if (place < 0) {
      throw new SqlError(SqlState.undefinedFunction, `there is no argument "${argument.name}"`, {
        position: argument.position,
      })
    }
    values[place] = argument.value
  })
  return values.filter(expression => expression !== undefined)
}

function modelItem(args: readonly Expression[], alias: Alias | undefined, position: number): FromItem {
  const [input, model, ...features] = args
  if (input === undefined || model?.kind !== 'column') throw wrongArguments('ml_predict', position)
  return {
    kind: 'model',
    input: inputItem(input, 'ml_predict'),
    model: tableNameOf(model.path, model.position),
    args: features,
    alias,
    position,
  }
}

/** SESSION(input [PARTITION BY a, b], time, gap): the partition columns arrive as arguments in between. */
function sessionItem(args: readonly Expression[], alias: Alias | undefined, position: number): FromItem {
  const [input, ...rest] = args
  const gap = rest.pop()
  const time = rest.pop()
  if (input === undefined || time === undefined || gap === undefined)
    throw wrongArguments('session', position)
  const partitionBy = rest.flatMap(item => (item.kind === 'row' ? item.elements : [item]))
  return {
    kind: 'window',
    window: 'session',
    input: inputItem(input, 'session'),
    time,
    args: [gap],
    partitionBy,
    alias,
    position,
  }
}

function inputItem(expression: Expression, name: StreamingName): FromItem {
  const position = expression.position
  if (expression.kind === 'column') {
    const relation = tableNameOf(expression.path, position)
    return { kind: 'table', table: relation, alias: undefined, systemTime: undefined, position }
  }
  if (expression.kind === 'sublink' && expression.sublink === 'scalar') {
    return { kind: 'subquery', query: expression.query, lateral: false, alias: undefined, position }
  }
  throw new SqlError(SqlState.syntaxError, `the first argument of ${name.toUpperCase()} must be a relation`, {
    position,
  })
}

const usages: Readonly<Record<StreamingName, string>> = {
  tumble: 'TUMBLE(relation, time_column, size [, offset])',
  hop: 'HOP(relation, time_column, slide, size [, offset])',
  cumulate: 'CUMULATE(relation, time_column, step, size [, offset])',
  session: 'SESSION(relation [PARTITION BY columns], time_column, gap)',
  ml_predict: 'ML_PREDICT(TABLE relation, MODEL model, DESCRIPTOR(columns))',
}

function wrongArguments(name: StreamingName, position: number): SqlError {
  return new SqlError(SqlState.syntaxError, `wrong arguments of ${name.toUpperCase()}`, {
    position,
    hint: `Write ${usages[name]}.`,
  })
}
