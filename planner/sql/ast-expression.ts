/** Expressions and type names of the syntax tree; the rest is in ast.ts. */

import type { SelectStatement, WindowDefinition } from './ast-query.ts'

/**
 * A type as written: `numeric(10,2)[]` is names ['pg_catalog', 'numeric'], modifiers [10, 2], arrayDimensions
 * 1.
 */
export interface TypeName {
  /**
   * PostgreSQL's grammar qualifies its own spellings: int → pg_catalog.int4, timestamp with time zone →
   * timestamptz.
   */
  readonly names: readonly string[]
  /** As PostgreSQL's raw typmods: `interval minute` is [2048] (1 << 11), `interval second(3)` [4096, 3]. */
  readonly modifiers: readonly number[]
  readonly arrayDimensions: number
  readonly setof: boolean
  readonly position: number
}

export interface OrderItem {
  readonly expression: Expression
  readonly descending: boolean
  /** undefined = PostgreSQL's default: last when ascending, first when descending. */
  readonly nulls: 'first' | 'last' | undefined
  /** ORDER BY x USING operator. */
  readonly using: string | undefined
  readonly position: number
}

export interface FunctionArgument {
  /** `name => value` */
  readonly name: string | undefined
  readonly value: Expression
  readonly position: number
}

export interface FunctionCall {
  readonly kind: 'function'
  /**
   * Lower-cased path: ['sum'], ['pg_catalog', 'date_part']. The grammar turns SQL's special forms into calls:
   * EXTRACT(f FROM x) → pg_catalog.extract('f', x), POSITION(a IN b) → position(b, a), SUBSTRING(a FROM b FOR
   * c) → substring(a, b, c), TRIM(BOTH c FROM x) → btrim(x, c), OVERLAY → overlay, x AT TIME ZONE z →
   * timezone(z, x), LIKE … ESCAPE → like_escape, SIMILAR TO → similar_to_escape, NORMALIZE → normalize,
   * COLLATION FOR → pg_collation_for.
   */
  readonly name: readonly string[]
  readonly args: readonly FunctionArgument[]
  /** count(*) */
  readonly star: boolean
  readonly distinct: boolean
  readonly variadic: boolean
  readonly orderBy: readonly OrderItem[]
  /** WITHIN GROUP (ORDER BY …): then orderBy is its list. */
  readonly withinGroup: boolean
  readonly filter: Expression | undefined
  readonly over: WindowDefinition | undefined
  /** The text used one of SQL's special forms above (the printed name is then the short one). */
  readonly sqlSyntax: boolean
  readonly position: number
}

export type Expression =
  /**
   * A constant. integer: fits int4; number: every other number as written (an integer beyond int4 too: bigint
   * when it fits, else numeric); string: type unknown; bit_string: 'b101' or 'x1f'.
   */
  | {
      readonly kind: 'literal'
      readonly literal: 'integer' | 'number' | 'string' | 'boolean' | 'bit_string' | 'null'
      /** Decoded text; 'true' / 'false' for booleans, '' for null. */
      readonly text: string
      readonly position: number
    }
  /** a, t.a, s.t.a: path from outermost to column. May also name a whole row (t). */
  | { readonly kind: 'column'; readonly path: readonly string[]; readonly position: number }
  /** `*` (empty path) or `t.*`; only in select and RETURNING lists and as a whole-row argument. */
  | { readonly kind: 'star'; readonly path: readonly string[]; readonly position: number }
  /** $number, 1-based as written. */
  | { readonly kind: 'parameter'; readonly number: number; readonly position: number }
  | FunctionCall
  /**
   * Binary, or prefix when left is undefined. LIKE is '~~', ILIKE '~~*', NOT LIKE '!~~', NOT ILIKE '!~~*';
   * SIMILAR TO is '~' / '!~' with the pattern wrapped in similar_to_escape; regular expressions '~', '~*',
   * '!~', '!~*'. Negative numbers are prefix '-' of a literal. Row comparisons have `row` operands.
   */
  | {
      readonly kind: 'operator'
      readonly name: string
      readonly schemaName: string | undefined
      readonly left: Expression | undefined
      readonly right: Expression
      readonly position: number
    }
  | { readonly kind: 'and' | 'or'; readonly args: readonly Expression[]; readonly position: number }
  | { readonly kind: 'not'; readonly input: Expression; readonly position: number }
  /** The position is that of the `::` or CAST. */
  | { readonly kind: 'cast'; readonly input: Expression; readonly type: TypeName; readonly position: number }
  | {
      readonly kind: 'case'
      readonly operand: Expression | undefined
      readonly branches: readonly { readonly when: Expression; readonly then: Expression }[]
      readonly otherwise: Expression | undefined
      readonly position: number
    }
  | { readonly kind: 'coalesce'; readonly args: readonly Expression[]; readonly position: number }
  | {
      readonly kind: 'nullif'
      readonly left: Expression
      readonly right: Expression
      readonly position: number
    }
  | {
      readonly kind: 'extremum'
      readonly which: 'greatest' | 'least'
      readonly args: readonly Expression[]
      readonly position: number
    }
  | {
      readonly kind: 'in'
      readonly input: Expression
      readonly list: readonly Expression[]
      readonly negated: boolean
      readonly position: number
    }
  | {
      readonly kind: 'between'
      readonly input: Expression
      readonly low: Expression
      readonly high: Expression
      readonly symmetric: boolean
      readonly negated: boolean
      readonly position: number
    }
  | {
      readonly kind: 'is_null'
      readonly input: Expression
      readonly negated: boolean
      readonly position: number
    }
  | {
      readonly kind: 'is_bool'
      readonly input: Expression
      readonly test: 'true' | 'false' | 'unknown'
      readonly negated: boolean
      readonly position: number
    }
  /** IS DISTINCT FROM; negated: IS NOT DISTINCT FROM. */
  | {
      readonly kind: 'is_distinct'
      readonly left: Expression
      readonly right: Expression
      readonly negated: boolean
      readonly position: number
    }
  /** left operator ANY|ALL (array). */
  | {
      readonly kind: 'quantified'
      readonly quantifier: 'any' | 'all'
      readonly operator: string
      readonly left: Expression
      readonly array: Expression
      readonly position: number
    }
  /**
   * scalar: (SELECT …); array: ARRAY(SELECT …); any / all: left operator ANY|ALL (SELECT …). x IN (SELECT …)
   * is any with '='; NOT IN is `not` around it.
   */
  | {
      readonly kind: 'sublink'
      readonly sublink: 'exists' | 'scalar' | 'array' | 'any' | 'all'
      readonly left: Expression | undefined
      readonly operator: string | undefined
      readonly query: SelectStatement
      readonly position: number
    }
  | { readonly kind: 'array'; readonly elements: readonly Expression[]; readonly position: number }
  /** ROW(a, b), or (a, b) when not explicit. */
  | {
      readonly kind: 'row'
      readonly elements: readonly Expression[]
      readonly explicit: boolean
      readonly position: number
    }
  | {
      readonly kind: 'subscript'
      readonly input: Expression
      readonly index: Expression
      readonly position: number
    }
  /** input[lower:upper], either bound may be missing. */
  | {
      readonly kind: 'slice'
      readonly input: Expression
      readonly lower: Expression | undefined
      readonly upper: Expression | undefined
      readonly position: number
    }
  /** (input).name */
  | { readonly kind: 'field'; readonly input: Expression; readonly name: string; readonly position: number }
  /** (input).* */
  | { readonly kind: 'field_star'; readonly input: Expression; readonly position: number }
  /** CURRENT_DATE and its kin, written without parentheses. */
  | {
      readonly kind: 'sql_value'
      readonly name: SqlValueName
      readonly precision: number | undefined
      readonly position: number
    }
  | {
      readonly kind: 'collate'
      readonly input: Expression
      readonly collation: readonly string[]
      readonly position: number
    }
  | { readonly kind: 'grouping'; readonly args: readonly Expression[]; readonly position: number }
  /** DEFAULT in VALUES of an INSERT or SET of an UPDATE. */
  | { readonly kind: 'default'; readonly position: number }

export type SqlValueName =
  | 'current_date'
  | 'current_time'
  | 'current_timestamp'
  | 'localtime'
  | 'localtimestamp'
  | 'current_role'
  | 'current_user'
  | 'session_user'
  | 'user'
  | 'current_catalog'
  | 'current_schema'
