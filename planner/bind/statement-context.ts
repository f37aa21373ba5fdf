/**
 * What binding one statement shares: the catalog snapshot, parameters, where things stand in the text, what
 * was read.
 */

import type { Catalog, Model, Relation } from '../catalog.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { FunctionSignature } from '../function-signature.ts'
import type { SelectStatement } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { DataType } from '../types.ts'
import type { BoundQuery, QueryBinder } from './bound-query.ts'
import { Parameters } from './parameters.ts'
import type { ScopeColumn } from './scope.ts'

export interface BindOptions {
  readonly searchPath: readonly string[]
  /**
   * Declared types of $1 …, undefined entries are inferred. undefined as a whole: parameters are not possible
   * (42P02).
   */
  readonly parameterTypes: readonly (DataType | undefined)[] | undefined
  /**
   * The literal, or one of the same value that reads alike in every session. Throws when its type cannot read
   * its text: a statement that names such a value never runs.
   */
  readonly readLiteral?: ((literal: Literal) => Literal) | undefined
}

export type Literal = Extract<Expression, { kind: 'literal' }>

/** Bound in about 0.1 ms. */
const EXPRESSIONS_PER_STEP = 64
/**
 * More than a megabyte of text can hold. What BETWEEN and CASE repeat of their operand multiplies when they
 * are nested in it.
 */
const EXPRESSIONS_MAX = 1 << 20

function tooComplex(): SqlError {
  return new SqlError(SqlState.statementTooComplex, 'statement is too complex', {
    detail: `It has more than ${EXPRESSIONS_MAX} expressions.`,
  })
}

export class StatementContext {
  readonly catalog: Catalog
  readonly searchPath: readonly string[]
  readonly parameters: Parameters
  readonly readLiteral: (literal: Literal) => Literal
  /** Ids of the relations and models that the statement itself names. */
  readonly dependsOn = new Set<number>()
  #expressions = 0
  #nextStep = EXPRESSIONS_PER_STEP
  readonly #locations = new Map<Expression, Position>()
  readonly #columns = new Map<Expression, ScopeColumn>()
  readonly #bindQuery: (statement: SelectStatement, binder: QueryBinder) => Steps<BoundQuery>

  /** `bindQuery` is given because FROM contains queries and queries contain FROM. */
  constructor(
    catalog: Catalog,
    options: BindOptions,
    bindQuery: (statement: SelectStatement, binder: QueryBinder) => Steps<BoundQuery>,
  ) {
    this.catalog = catalog
    this.searchPath = options.searchPath
    this.parameters = new Parameters(options.parameterTypes)
    this.readLiteral = options.readLiteral ?? (literal => literal)
    this.#bindQuery = bindQuery
  }

  /** Counts an expression that is bound. 54001 when there are too many. */
  countExpression(): void {
    this.#expressions += 1
    if (this.#expressions > EXPRESSIONS_MAX) throw tooComplex()
  }

  /** True when enough were bound for a step; the next one begins. */
  endsStep(): boolean {
    if (this.#expressions < this.#nextStep) return false
    this.#nextStep = this.#expressions + EXPRESSIONS_PER_STEP
    return true
  }

  /**
   * Counts an expression that stands in the plan `times` more often than in the text, of which `count` were
   * bound.
   */
  countRepeated(count: number, times: number): void {
    this.#expressions += count * times
    if (this.#expressions > EXPRESSIONS_MAX) throw tooComplex()
  }

  /** Expressions bound so far, repeated ones as often as they stand in the plan. */
  get expressionCount(): number {
    return this.#expressions
  }

  bindQuery(statement: SelectStatement, binder: QueryBinder): Steps<BoundQuery> {
    return this.#bindQuery(statement, binder)
  }

  findRelation(schemaName: string | undefined, name: string): Relation | undefined {
    const relation = this.catalog.findRelation(schemaName, name, this.searchPath)
    if (relation !== undefined) this.dependsOn.add(relation.id)
    return relation
  }

  findModel(schemaName: string | undefined, name: string): Model | undefined {
    return this.catalog.findModel(schemaName, name, this.searchPath)
  }

  operators(name: string): readonly FunctionSignature[] {
    return this.catalog.findFunctions(name).filter(signature => signature.kind === 'operator')
  }

  /** Remembers where the text of a bound expression starts, for errors found later. */
  noteLocation(expression: Expression, location: Position): void {
    this.#locations.set(expression, location)
  }

  locationOf(expression: Expression): Position {
    return this.#locations.get(expression)
  }

  /** Remembers which column of FROM a bound reference names. */
  noteColumn(expression: Expression, column: ScopeColumn): void {
    this.#columns.set(expression, column)
    this.noteRead(column)
  }

  /** Tells the catalog of a use of a column. */
  noteRead({ origin }: ScopeColumn): void {
    if (origin !== undefined) this.catalog.noteRead?.(origin.relation, origin.attribute)
  }

  columnOf(expression: Expression): ScopeColumn | undefined {
    return this.#columns.get(expression)
  }
}
