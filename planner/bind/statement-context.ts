/**
 * What binding one statement shares: the catalog snapshot, parameters, where things stand in the text, what
 * was read.
 */

import type { Catalog, Model, Relation } from '../catalog.ts'
import type { Expression, Position } from '../expression.ts'
import type { FunctionSignature } from '../function-signature.ts'
import type { SelectStatement } from '../sql/ast.ts'
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

export class StatementContext {
  readonly catalog: Catalog
  readonly searchPath: readonly string[]
  readonly parameters: Parameters
  readonly readLiteral: (literal: Literal) => Literal
  /** Ids of the relations and models that the statement itself names. */
  readonly dependsOn = new Set<number>()
  readonly #locations = new Map<Expression, Position>()
  readonly #columns = new Map<Expression, ScopeColumn>()
  readonly #bindQuery: (statement: SelectStatement, binder: QueryBinder) => BoundQuery

  /** `bindQuery` is given because FROM contains queries and queries contain FROM. */
  constructor(
    catalog: Catalog,
    options: BindOptions,
    bindQuery: (statement: SelectStatement, binder: QueryBinder) => BoundQuery,
  ) {
    this.catalog = catalog
    this.searchPath = options.searchPath
    this.parameters = new Parameters(options.parameterTypes)
    this.readLiteral = options.readLiteral ?? (literal => literal)
    this.#bindQuery = bindQuery
  }

  bindQuery(statement: SelectStatement, binder: QueryBinder): BoundQuery {
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
