/** PostgreSQL's expression nodes -> ast-expression.ts. */

import type { A_Const, A_Expr, A_Indirection, FuncCall, Node, SortBy, SubLink, WindowDef } from 'libpg-query'
import { must } from '../assert.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, FunctionArgument, FunctionCall, OrderItem, SqlValueName } from './ast-expression.ts'
import type { WindowDefinition } from './ast-query.ts'
import {
  type ConvertContext,
  contentOf,
  convertQuery,
  convertTypeName,
  type NodeTag,
  type NodeValue,
  stringOf,
  stringsOf,
  tagOf,
} from './convert-context.ts'

type Converter<T extends NodeTag> = (value: NodeValue<T>, context: ConvertContext) => Expression

const converters: { readonly [T in NodeTag]?: Converter<T> } = {
  A_Const: (value, context) => constant(value, context),
  ColumnRef: (value, context) => {
    const fields = value.fields ?? []
    const position = context.source.position(value.location)
    const last = fields.at(-1)
    return last !== undefined && tagOf(last) === 'A_Star'
      ? { kind: 'star', path: stringsOf(fields.slice(0, -1)), position }
      : { kind: 'column', path: stringsOf(fields), position }
  },
  ParamRef: (value, context) => {
    const position = context.source.position(value.location)
    return { kind: 'parameter', number: value.number ?? 0, position }
  },
  A_Expr: (value, context) => operatorExpression(value, context),
  FuncCall: (value, context) => functionCall(value, context),
  A_Indirection: (value, context) => indirection(value, context),
  SubLink: (value, context) => sublink(value, context),
  BoolExpr: (value, context) => {
    const args = convertExpressions(value.args, context)
    const position = context.source.position(value.location)
    if (value.boolop === 'NOT_EXPR')
      return { kind: 'not', input: must(args[0], 'NOT has an argument'), position }
    return { kind: value.boolop === 'OR_EXPR' ? 'or' : 'and', args, position }
  },
  TypeCast: (value, context) => {
    const typeName = must(value.typeName, 'a cast has a type')
    const written = context.source.position(value.location)
    return {
      kind: 'cast',
      input: convertExpression(must(value.arg, 'a cast has an argument'), context),
      type: convertTypeName(typeName, context),
      position: written === 0 ? context.source.position(typeName.location) : written,
    }
  },
  CaseExpr: (value, context) => ({
    kind: 'case',
    operand: optionalExpression(value.arg, context),
    branches: (value.args ?? []).map(node => {
      const branch = must(contentOf(node, 'CaseWhen'), 'CASE has WHENs')
      return {
        when: convertExpression(must(branch.expr, 'WHEN has a condition'), context),
        then: convertExpression(must(branch.result, 'WHEN has a result'), context),
      }
    }),
    otherwise: optionalExpression(value.defresult, context),
    position: context.source.position(value.location),
  }),
  CoalesceExpr: (value, context) => ({
    kind: 'coalesce',
    args: convertExpressions(value.args, context),
    position: context.source.position(value.location),
  }),
  MinMaxExpr: (value, context) => ({
    kind: 'extremum',
    which: value.op === 'IS_LEAST' ? 'least' : 'greatest',
    args: convertExpressions(value.args, context),
    position: context.source.position(value.location),
  }),
  NullTest: (value, context) => ({
    kind: 'is_null',
    input: convertExpression(must(value.arg, 'IS NULL has an argument'), context),
    negated: value.nulltesttype === 'IS_NOT_NULL',
    position: context.source.position(value.location),
  }),
  BooleanTest: (value, context) => {
    const test = must(value.booltesttype, 'a boolean test has a type')
    return {
      kind: 'is_bool',
      input: convertExpression(must(value.arg, 'IS TRUE has an argument'), context),
      test: test.endsWith('TRUE') ? 'true' : test.endsWith('FALSE') ? 'false' : 'unknown',
      negated: test.startsWith('IS_NOT'),
      position: context.source.position(value.location),
    }
  },
  A_ArrayExpr: (value, context) => ({
    kind: 'array',
    elements: convertExpressions(value.elements, context),
    position: context.source.position(value.location),
  }),
  RowExpr: (value, context) => ({
    kind: 'row',
    elements: convertExpressions(value.args, context),
    explicit: value.row_format === 'COERCE_EXPLICIT_CALL',
    position: context.source.position(value.location),
  }),
  SQLValueFunction: (value, context) => {
    const name = must(value.op, 'a value function has a name').slice('SVFOP_'.length)
    const precise = name.endsWith('_N')
    return {
      kind: 'sql_value',
      name: (precise ? name.slice(0, -2) : name).toLowerCase() as SqlValueName,
      precision: precise ? (value.typmod ?? 0) : undefined,
      position: context.source.position(value.location),
    }
  },
  CollateClause: (value, context) => ({
    kind: 'collate',
    input: convertExpression(must(value.arg, 'COLLATE has an argument'), context),
    collation: stringsOf(value.collname),
    position: context.source.position(value.location),
  }),
  GroupingFunc: (value, context) => ({
    kind: 'grouping',
    args: convertExpressions(value.args, context),
    position: context.source.position(value.location),
  }),
  SetToDefault: (value, context) => ({ kind: 'default', position: context.source.position(value.location) }),
  NamedArgExpr: value => {
    throw new SqlError(SqlState.syntaxError, `named argument "${value.name ?? ''}" is not in a function call`)
  },
}

/** Converts an expression; throws 0A000 for SQL/JSON, XML and other kinds that the dialect does not have. */
export function convertExpression(node: Node, context: ConvertContext): Expression {
  const tag = tagOf(node)
  const convert = tag === undefined ? undefined : (converters[tag] as Converter<NodeTag> | undefined)
  if (tag === undefined || convert === undefined) {
    const location = (contentOf(node, tag ?? 'List') as { location?: number } | undefined)?.location
    throw notSupported(unsupportedNames[tag ?? ''] ?? `expression ${tag}`, {
      position: location === undefined ? undefined : context.source.position(location),
    })
  }
  return convert(contentOf(node, tag) as never, context)
}

const unsupportedNames: Readonly<Record<string, string>> = {
  CurrentOfExpr: 'WHERE CURRENT OF',
  XmlExpr: 'XML',
  XmlSerialize: 'XML',
  JsonObjectConstructor: 'JSON_OBJECT',
  JsonArrayConstructor: 'JSON_ARRAY',
  JsonArrayQueryConstructor: 'JSON_ARRAY',
  JsonObjectAgg: 'JSON_OBJECTAGG',
  JsonArrayAgg: 'JSON_ARRAYAGG',
  JsonIsPredicate: 'IS JSON',
  JsonParseExpr: 'JSON()',
  JsonScalarExpr: 'JSON_SCALAR',
  JsonSerializeExpr: 'JSON_SERIALIZE',
  JsonFuncExpr: 'SQL/JSON query functions',
  MergeSupportFunc: 'MERGE_ACTION',
}

export function convertExpressions(
  nodes: readonly Node[] | undefined,
  context: ConvertContext,
): Expression[] {
  return (nodes ?? []).map(node => convertExpression(node, context))
}

export function optionalExpression(node: Node | undefined, context: ConvertContext): Expression | undefined {
  return node === undefined ? undefined : convertExpression(node, context)
}

function constant(value: A_Const, context: ConvertContext): Expression {
  const position = context.source.position(value.location)
  if (value.isnull === true) return { kind: 'literal', literal: 'null', text: '', position }
  if (value.ival !== undefined) {
    return { kind: 'literal', literal: 'integer', text: String(value.ival.ival ?? 0), position }
  }
  if (value.fval !== undefined) {
    return { kind: 'literal', literal: 'number', text: decimalText(value.fval.fval ?? '0'), position }
  }
  if (value.boolval !== undefined) {
    const text = value.boolval.boolval === true ? 'true' : 'false'
    return { kind: 'literal', literal: 'boolean', text, position }
  }
  if (value.bsval !== undefined) {
    return { kind: 'literal', literal: 'bit_string', text: value.bsval.bsval ?? '', position }
  }
  return { kind: 'literal', literal: 'string', text: value.sval?.sval ?? '', position }
}

/** Integers beyond int4 keep their spelling in the tree: 0x1FFFFFFFFF, 1_000_000_000_000. */
function decimalText(written: string): string {
  const plain = written.replaceAll('_', '')
  const radix = /^(-?)(0[xob][0-9a-f]+)$/i.exec(plain)
  return radix === null ? plain : radix[1] + BigInt(radix[2]!).toString()
}

function operatorExpression(value: A_Expr, context: ConvertContext): Expression {
  const position = context.source.position(value.location)
  const names = stringsOf(value.name)
  const name = names.at(-1) ?? ''
  const left = optionalExpression(value.lexpr, context)
  const listOf = () => convertExpressions(contentOf(value.rexpr, 'List')?.items, context)
  const right = () => convertExpression(must(value.rexpr, 'an operator has a right operand'), context)
  const operand = () => must(left, 'the operator has a left operand')
  switch (value.kind) {
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL': {
      const quantifier = value.kind === 'AEXPR_OP_ANY' ? 'any' : 'all'
      return { kind: 'quantified', quantifier, operator: name, left: operand(), array: right(), position }
    }
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT': {
      const negated = value.kind === 'AEXPR_NOT_DISTINCT'
      return { kind: 'is_distinct', left: operand(), right: right(), negated, position }
    }
    case 'AEXPR_NULLIF':
      return { kind: 'nullif', left: operand(), right: right(), position }
    case 'AEXPR_IN':
      return { kind: 'in', input: operand(), list: listOf(), negated: name === '<>', position }
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM': {
      const [low, high] = listOf()
      return {
        kind: 'between',
        input: operand(),
        low: must(low, 'BETWEEN has two bounds'),
        high: must(high, 'BETWEEN has two bounds'),
        symmetric: value.kind.endsWith('_SYM'),
        negated: value.kind.startsWith('AEXPR_NOT'),
        position,
      }
    }
    default: {
      const schemaName = names.length > 1 ? names[0] : undefined
      return { kind: 'operator', name, schemaName, left, right: right(), position }
    }
  }
}

function functionCall(value: FuncCall, context: ConvertContext): FunctionCall {
  return {
    kind: 'function',
    name: stringsOf(value.funcname),
    args: (value.args ?? []).map(node => functionArgument(node, context)),
    star: value.agg_star === true,
    distinct: value.agg_distinct === true,
    variadic: value.func_variadic === true,
    orderBy: convertOrderBy(value.agg_order, context),
    withinGroup: value.agg_within_group === true,
    filter: optionalExpression(value.agg_filter, context),
    over: value.over === undefined ? undefined : convertWindow(value.over, context),
    sqlSyntax: value.funcformat === 'COERCE_SQL_SYNTAX',
    position: context.source.position(value.location),
  }
}

function functionArgument(node: Node, context: ConvertContext): FunctionArgument {
  const named = contentOf(node, 'NamedArgExpr')
  if (named === undefined) {
    const value = convertExpression(node, context)
    return { name: undefined, value, position: value.position }
  }
  return {
    name: named.name,
    value: convertExpression(must(named.arg, 'a named argument has a value'), context),
    position: context.source.position(named.location),
  }
}

/** A window of a WINDOW clause or of OVER. `OVER w` has only the name. */
export function convertWindow(value: WindowDef, context: ConvertContext): WindowDefinition {
  const position = context.source.position(value.location)
  return {
    name: value.name,
    base: value.refname,
    partitionBy: convertExpressions(value.partitionClause, context),
    orderBy: convertOrderBy(value.orderClause, context),
    frame: ((value.frameOptions ?? 0) & 1) !== 0,
    sessionGap: context.marks.sessionGaps.get(position),
    position,
  }
}

export function convertOrderBy(nodes: readonly Node[] | undefined, context: ConvertContext): OrderItem[] {
  return (nodes ?? []).map(node => orderItem(must(contentOf(node, 'SortBy'), 'ORDER BY has items'), context))
}

function orderItem(value: SortBy, context: ConvertContext): OrderItem {
  const expression = convertExpression(must(value.node, 'ORDER BY has an expression'), context)
  const nulls = value.sortby_nulls
  return {
    expression,
    descending: value.sortby_dir === 'SORTBY_DESC',
    nulls: nulls === 'SORTBY_NULLS_FIRST' ? 'first' : nulls === 'SORTBY_NULLS_LAST' ? 'last' : undefined,
    using: value.sortby_dir === 'SORTBY_USING' ? stringsOf(value.useOp).at(-1) : undefined,
    position: expression.position,
  }
}

function indirection(value: A_Indirection, context: ConvertContext): Expression {
  let result = convertExpression(must(value.arg, 'an indirection has an argument'), context)
  for (const step of value.indirection ?? []) {
    const position = result.position
    const indices = contentOf(step, 'A_Indices')
    if (indices === undefined) {
      result =
        tagOf(step) === 'A_Star'
          ? { kind: 'field_star', input: result, position }
          : { kind: 'field', input: result, name: stringOf(step), position }
    } else if (indices.is_slice === true) {
      const lower = optionalExpression(indices.lidx, context)
      result = {
        kind: 'slice',
        input: result,
        lower,
        upper: optionalExpression(indices.uidx, context),
        position,
      }
    } else {
      const index = convertExpression(must(indices.uidx, 'a subscript has an index'), context)
      result = { kind: 'subscript', input: result, index, position }
    }
  }
  return result
}

const sublinkKinds: Partial<
  Record<NonNullable<SubLink['subLinkType']>, 'exists' | 'scalar' | 'array' | 'any' | 'all'>
> = {
  EXISTS_SUBLINK: 'exists',
  EXPR_SUBLINK: 'scalar',
  ARRAY_SUBLINK: 'array',
  ANY_SUBLINK: 'any',
  ALL_SUBLINK: 'all',
}

function sublink(value: SubLink, context: ConvertContext): Expression {
  const kind = must(
    sublinkKinds[must(value.subLinkType, 'a sublink has a type')],
    'the grammar makes only these',
  )
  return {
    kind: 'sublink',
    sublink: kind,
    left: optionalExpression(value.testexpr, context),
    operator: kind === 'any' || kind === 'all' ? (stringsOf(value.operName).at(-1) ?? '=') : undefined,
    query: convertQuery(must(value.subselect, 'a sublink has a query'), context),
    position: context.source.position(value.location),
  }
}
