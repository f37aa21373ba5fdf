/** SELECT, VALUES and set operations. */

import type {
  CommonTableExpr,
  LockingClause as LockingClauseNode,
  Node,
  ResTarget,
  SelectStmt,
  WithClause,
} from 'libpg-query'
import { must } from '../assert.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type {
  CommonTableExpression,
  GroupItem,
  LockingClause,
  QueryBody,
  SelectBody,
  SelectStatement,
  Target,
} from './ast-query.ts'
import { type ConvertContext, contentOf, stringsOf, tagOf } from './convert-context.ts'
import {
  convertExpression,
  convertExpressions,
  convertOrderBy,
  convertWindow,
  optionalExpression,
} from './convert-expression.ts'
import { convertFromItem } from './convert-from.ts'

export function convertSelect(value: SelectStmt, context: ConvertContext): SelectStatement {
  if (value.intoClause !== undefined) {
    const position = context.source.position(value.intoClause.rel?.location)
    throw new SqlError(SqlState.syntaxError, 'SELECT ... INTO is not allowed here', { position })
  }
  const ctes = convertCtes(value.withClause, context)
  const body = queryBody(value, context)
  const limit = optionalExpression(value.limitCount, context)
  const position = ctes.length > 0 ? context.source.position(value.withClause?.location) : body.position
  return {
    kind: 'select',
    ctes,
    recursive: value.withClause?.recursive === true,
    body,
    orderBy: convertOrderBy(value.sortClause, context),
    limit: limit?.kind === 'literal' && limit.literal === 'null' ? undefined : limit,
    offset: optionalExpression(value.limitOffset, context),
    withTies: value.limitOption === 'LIMIT_OPTION_WITH_TIES',
    locking: (value.lockingClause ?? []).map(node =>
      lockingClause(must(contentOf(node, 'LockingClause'), 'FOR has clauses'), context),
    ),
    position,
  }
}

const strengths = {
  LCS_FORUPDATE: 'UPDATE',
  LCS_FORNOKEYUPDATE: 'NO KEY UPDATE',
  LCS_FORSHARE: 'SHARE',
  LCS_FORKEYSHARE: 'KEY SHARE',
  LCS_NONE: 'KEY SHARE',
} as const

function lockingClause(value: LockingClauseNode, context: ConvertContext): LockingClause {
  const tables = (value.lockedRels ?? []).map(node => {
    const { relname, location } = must(contentOf(node, 'RangeVar'), 'OF has names')
    return { name: relname ?? '', position: context.source.position(location) }
  })
  return { strength: strengths[value.strength ?? 'LCS_NONE'], tables }
}

export function convertCtes(value: WithClause | undefined, context: ConvertContext): CommonTableExpression[] {
  return (value?.ctes ?? []).map(node =>
    cte(must(contentOf(node, 'CommonTableExpr'), 'WITH has CTEs'), context),
  )
}

function cte(value: CommonTableExpr, context: ConvertContext): CommonTableExpression {
  const position = context.source.position(value.location)
  if (value.search_clause !== undefined) throw notSupported('SEARCH', { position })
  if (value.cycle_clause !== undefined) throw notSupported('CYCLE', { position })
  return {
    name: value.ctename ?? '',
    columns: stringsOf(value.aliascolnames),
    statement: context.statement(must(value.ctequery, 'a CTE has a query'), context),
    materialized:
      value.ctematerialized === 'CTEMaterializeAlways'
        ? true
        : value.ctematerialized === 'CTEMaterializeNever'
          ? false
          : undefined,
    position,
  }
}

const setOperationNames = {
  SETOP_UNION: 'union',
  SETOP_INTERSECT: 'intersect',
  SETOP_EXCEPT: 'except',
  SETOP_NONE: undefined,
} as const

function setOperation({ op = 'SETOP_NONE' }: SelectStmt): 'union' | 'intersect' | 'except' | undefined {
  return setOperationNames[op]
}

/** A chain to the left, `a UNION b UNION c …`, is converted in a loop: it may be thousands long. */
function setOperations(value: SelectStmt, context: ConvertContext): QueryBody {
  const chain: SelectStmt[] = []
  let innermost = value
  while (innermost === value || isPlainOperation(innermost)) {
    chain.push(innermost)
    innermost = must(innermost.larg, 'a set operation has a left side')
  }
  let left = convertSelect(innermost, context)
  let body = left.body
  for (const outer of chain.reverse()) {
    const right = convertSelect(must(outer.rarg, 'a set operation has a right side'), context)
    const operation = must(setOperation(outer), 'the chain is of set operations')
    const { position } = left
    body = { kind: 'set_operation', operation, all: outer.all === true, left, right, position }
    left = { ...nothingAround, body, position }
  }
  return body
}

const nothingAround = {
  kind: 'select',
  ctes: [],
  recursive: false,
  orderBy: [],
  limit: undefined,
  offset: undefined,
  withTies: false,
  locking: [],
} as const

/** A set operation with nothing around it. */
function isPlainOperation(value: SelectStmt): boolean {
  const { withClause, sortClause, limitCount, limitOffset, lockingClause } = value
  const around = [withClause, sortClause, limitCount, limitOffset, lockingClause]
  return setOperation(value) !== undefined && around.every(clause => clause === undefined)
}

function queryBody(value: SelectStmt, context: ConvertContext): QueryBody {
  if (setOperation(value) !== undefined) return setOperations(value, context)
  if (value.valuesLists !== undefined) {
    const rows = value.valuesLists.map(node => convertExpressions(contentOf(node, 'List')?.items, context))
    return { kind: 'values', rows, position: rows[0]?.[0]?.position ?? 0 }
  }
  return selectBody(value, context)
}

function selectBody(value: SelectStmt, context: ConvertContext): SelectBody {
  const targets = convertTargets(value.targetList, context)
  const from = (value.fromClause ?? []).map(node => convertFromItem(node, context))
  const distinct = value.distinctClause
  return {
    kind: 'select',
    // Plain DISTINCT is a list of one empty node.
    distinct:
      distinct === undefined
        ? undefined
        : {
            on: convertExpressions(
              distinct.filter(node => tagOf(node) !== undefined),
              context,
            ),
          },
    targets,
    from,
    where: optionalExpression(value.whereClause, context),
    groupBy: (value.groupClause ?? []).map(node => groupItem(node, context)),
    having: optionalExpression(value.havingClause, context),
    windows: (value.windowClause ?? []).map(node => {
      return convertWindow(must(contentOf(node, 'WindowDef'), 'WINDOW has definitions'), context)
    }),
    position: targets[0]?.position || from[0]?.position || 0,
  }
}

export function convertTargets(nodes: readonly Node[] | undefined, context: ConvertContext): Target[] {
  return (nodes ?? []).map(node =>
    target(must(contentOf(node, 'ResTarget'), 'a target list has targets'), context),
  )
}

function target(value: ResTarget, context: ConvertContext): Target {
  return {
    expression: convertExpression(must(value.val, 'a target has an expression'), context),
    alias: value.name,
    position: context.source.position(value.location),
  }
}

const groupingSets = {
  GROUPING_SET_EMPTY: 'empty',
  GROUPING_SET_ROLLUP: 'rollup',
  GROUPING_SET_CUBE: 'cube',
  GROUPING_SET_SETS: 'sets',
  GROUPING_SET_SIMPLE: 'sets',
} as const

function groupItem(node: Node, context: ConvertContext): GroupItem {
  const set = contentOf(node, 'GroupingSet')
  if (set === undefined) {
    const expression = convertExpression(node, context)
    return { kind: 'expression', expression, position: expression.position }
  }
  return {
    kind: 'grouping_set',
    set: groupingSets[set.kind ?? 'GROUPING_SET_EMPTY'],
    items: (set.content ?? []).map(item => groupItem(item, context)),
    position: context.source.position(set.location),
  }
}
