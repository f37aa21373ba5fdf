/** The name of a result column that the user did not name (parse_target.c, FigureColname). */

import type { Expression, Target } from '../sql/ast.ts'

export function columnName(target: Target): string {
  return target.alias ?? figure(target.expression)?.name ?? '?column?'
}

/** The name of an expression without alias. */
export function expressionName(expression: Expression): string {
  return figure(expression)?.name ?? '?column?'
}

interface FiguredName {
  readonly name: string
  /** A weak name gives way to a better one found deeper, or to the type name of a cast around it. */
  readonly weak: boolean
}

function figure(expression: Expression): FiguredName | undefined {
  switch (expression.kind) {
    case 'column': {
      const name = expression.path[expression.path.length - 1]
      return name === undefined ? undefined : strong(name)
    }
    case 'function':
      return strong(expression.name[expression.name.length - 1] ?? '?column?')
    case 'field':
      return strong(expression.name)
    case 'subscript':
    case 'slice':
    case 'collate':
      return figure(expression.input)
    case 'cast': {
      const inner = figure(expression.input)
      if (inner !== undefined && !inner.weak) return inner
      return { name: expression.type.names[expression.type.names.length - 1] ?? '?column?', weak: true }
    }
    case 'case': {
      const inner = expression.otherwise && figure(expression.otherwise)
      return inner !== undefined && !inner.weak ? inner : { name: 'case', weak: true }
    }
    case 'nullif':
    case 'coalesce':
    case 'array':
    case 'row':
    case 'grouping':
      return strong(expression.kind)
    case 'extremum':
      return strong(expression.which)
    case 'sql_value':
      return strong(expression.name)
    case 'sublink':
      if (expression.sublink === 'exists' || expression.sublink === 'array') return strong(expression.sublink)
      return expression.sublink === 'scalar' ? firstTargetName(expression.query) : undefined
    default:
      return undefined
  }
}

function firstTargetName(query: (Expression & { kind: 'sublink' })['query']): FiguredName | undefined {
  const target = query.body.kind === 'select' ? query.body.targets[0] : undefined
  return target && strong(columnName(target))
}

function strong(name: string): FiguredName {
  return { name, weak: false }
}
