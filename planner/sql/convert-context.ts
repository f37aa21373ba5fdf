/**
 * What every conversion from PostgreSQL's parse tree to ours needs, and the small conversions all of them
 * share.
 */

import type { Node, RangeVar, TypeName as RawTypeName } from 'libpg-query'
import { assert } from '../assert.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { Statement } from './ast.ts'
import type { Expression, TypeName } from './ast-expression.ts'
import type { SelectStatement, TableName } from './ast-query.ts'
import type { SourceText } from './source-text.ts'

/** The tags of PostgreSQL's nodes: `{ ColumnRef: … }` has the tag ColumnRef. */
export type NodeTag = Node extends infer N ? (N extends unknown ? keyof N & string : never) : never

/** The content of a node with that tag. */
export type NodeValue<T extends NodeTag> = Extract<Node, { [K in T]: unknown }>[T]

export interface ConvertContext {
  /** The text that was parsed, which knows its place in the client's. */
  readonly source: SourceText
  /** What the streaming grammar blanked out of the text before PostgreSQL's grammar saw it. */
  readonly marks: QueryMarks
  /** Converts a nested statement: a subquery, the query of a view, the statement that is explained. */
  readonly statement: (node: Node, context: ConvertContext) => Statement
}

/** Clauses inside queries that PostgreSQL does not know, by the position of what they belong to. */
export interface QueryMarks {
  /** FOR SYSTEM_TIME AS OF: by the position of the table name. */
  readonly systemTimes: ReadonlyMap<number, Expression>
  /** SESSION WITH GAP: by the position of the OVER's parenthesis. */
  readonly sessionGaps: ReadonlyMap<number, Expression>
  /** Positions of the JOIN words that had ASOF before them. */
  readonly asofJoins: readonly number[]
}

export const noMarks: QueryMarks = { systemTimes: new Map(), sessionGaps: new Map(), asofJoins: [] }

/** The tag of a node; undefined for the empty node that stands for a missing list element. */
export function tagOf(node: Node): NodeTag | undefined {
  for (const tag in node) return tag as NodeTag
  return undefined
}

/** The content of a node of a known tag, or undefined when it has another. */
export function contentOf<T extends NodeTag>(node: Node | undefined, tag: T): NodeValue<T> | undefined {
  return node === undefined ? undefined : (node as unknown as { [K in T]?: NodeValue<T> })[tag]
}

/** The string of a String node. */
export function stringOf(node: Node): string {
  return contentOf(node, 'String')?.sval ?? ''
}

export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map(stringOf)
}

export function convertTypeName(raw: RawTypeName, context: ConvertContext): TypeName {
  const position = context.source.position(raw.location)
  const modifiers = (raw.typmods ?? []).map(node => {
    const constant = contentOf(node, 'A_Const')
    if (constant?.ival === undefined) {
      throw new SqlError(SqlState.syntaxError, 'type modifiers must be simple constants or identifiers', {
        position,
      })
    }
    return constant.ival.ival ?? 0
  })
  if (raw.pct_type === true) {
    throw new SqlError(SqlState.featureNotSupported, '%TYPE is not supported', { position })
  }
  return {
    names: stringsOf(raw.names),
    modifiers,
    arrayDimensions: raw.arrayBounds?.length ?? 0,
    setof: raw.setof === true,
    position,
  }
}

/** A nested query. PostgreSQL's grammar allows nothing but a SELECT there. */
export function convertQuery(node: Node, context: ConvertContext): SelectStatement {
  const statement = context.statement(node, context)
  if (statement.kind === 'create_table_as') {
    throw new SqlError(SqlState.syntaxError, 'SELECT ... INTO is not allowed here', {
      position: statement.table.position,
    })
  }
  assert(statement.kind === 'select', 'the grammar allows only a query here')
  return statement
}

export function convertTableName(value: RangeVar, context: ConvertContext): TableName {
  return {
    catalogName: value.catalogname,
    schemaName: value.schemaname,
    name: value.relname ?? '',
    position: context.source.position(value.location),
  }
}

/** Of a statement that is no query: as in PostgreSQL its errors have no position. */
export function convertUtilityTableName(value: RangeVar, context: ConvertContext): TableName {
  return { ...convertTableName(value, context), position: 0 }
}

/** A name given as a list of identifiers, outermost first. */
export function tableNameOf(path: readonly string[], position: number): TableName {
  if (path.length > 3) {
    throw new SqlError(
      SqlState.syntaxError,
      `improper qualified name (too many dotted names): ${path.join('.')}`,
      {
        position,
      },
    )
  }
  return { catalogName: path.at(-3), schemaName: path.at(-2), name: path.at(-1) ?? '', position }
}
