/**
 * PostgreSQL (PGlite) as the judge of the binder. The test catalog has PostgreSQL's own functions and
 * operators, read from its system catalogs, so that overload resolution is compared over the same candidates;
 * tables are made in both.
 */

import { PGlite } from '@electric-sql/pglite'
import { bindDml, bindTableDefinition } from '../../../planner/bind/bind.ts'
import type { Catalog, Model, Relation, RelationId } from '../../../planner/catalog.ts'
import { SqlError } from '../../../planner/errors.ts'
import type { FunctionSignature, SignatureType } from '../../../planner/function-signature.ts'
import { loadParser, parse } from '../../../planner/sql/parse.ts'
import { finish } from '../../../planner/steps.ts'
import type { DataType } from '../../../planner/types.ts'
import { typeFromOid, typeOid } from '../../../planner/types.ts'

/** What a client sees of a statement before it runs. */
export interface Description {
  readonly columns: readonly string[]
  readonly parameters: readonly number[]
}

export interface Failure {
  readonly code: string
  readonly message: string
  readonly position: number | undefined
  readonly hint: string | undefined
  readonly detail: string | undefined
}

export type Outcome = Description | Failure

export class PostgresOracle {
  readonly catalog: TestCatalog
  readonly #db: PGlite

  private constructor(db: PGlite, catalog: TestCatalog) {
    this.#db = db
    this.catalog = catalog
  }

  /** `tables` are CREATE TABLE statements that both sides understand. */
  static async start(tables: readonly string[]): Promise<PostgresOracle> {
    await loadParser()
    const db = new PGlite()
    const catalog = new TestCatalog(await readSignatures(db))
    for (const table of tables) {
      await db.exec(table)
      catalog.createTable(table)
    }
    return new PostgresOracle(db, catalog)
  }

  async describe(sql: string): Promise<Outcome> {
    try {
      const { queryParams, resultFields } = await this.#db.describeQuery(sql)
      return {
        columns: resultFields.map(({ name, dataTypeID }) => `${name} ${dataTypeID}`),
        parameters: queryParams.map(({ dataTypeID }) => dataTypeID),
      }
    } catch (error) {
      return failureOf(error as { code: string; message: string })
    }
  }

  /** The binder's outcome of the same statement. */
  bind(sql: string): Outcome {
    return bindOutcome(sql, this.catalog)
  }

  async stop(): Promise<void> {
    await this.#db.close()
  }
}

function bindOutcome(sql: string, catalog: Catalog): Outcome {
  try {
    const statement = parse(sql)[0]?.statement
    if (statement === undefined) throw new Error('no statement')
    const bound = finish(
      bindDml(statement as Parameters<typeof bindDml>[0], catalog, {
        searchPath: ['public'],
        parameterTypes: [],
      }),
    )
    const schema = bound.kind === 'query' ? bound.query.plan.schema : (bound.returning?.schema ?? [])
    return {
      columns: schema.map(({ name, type }) => `${name} ${typeOid(type)}`),
      parameters: bound.parameterTypes.map(typeOid),
    }
  } catch (error) {
    if (error instanceof SqlError) return failureOf(error)
    throw error
  }
}

interface ErrorFields {
  readonly code: string
  readonly message: string
  readonly position?: string | number | undefined
  readonly hint?: string | undefined
  readonly detail?: string | undefined
}

function failureOf({ code, message, position, hint, detail }: ErrorFields): Failure {
  return {
    code,
    message,
    position: position === undefined ? undefined : Number(position),
    hint: hint ?? undefined,
    detail: detail ?? undefined,
  }
}

/** Tables, models and signatures in memory. */
export class TestCatalog implements Catalog {
  readonly epoch = 1
  readonly databaseName = 'postgres'
  readonly #relations: Relation[] = []
  readonly #models: Model[] = []
  readonly #functions = new Map<string, FunctionSignature[]>()

  constructor(signatures: readonly FunctionSignature[]) {
    for (const signature of signatures) {
      const overloads = this.#functions.get(signature.name)
      if (overloads === undefined) this.#functions.set(signature.name, [signature])
      else overloads.push(signature)
    }
  }

  createTable(sql: string, kind: Relation['kind'] = 'table'): Relation {
    const statement = parse(sql)[0]?.statement
    if (statement?.kind !== 'create_table' && statement?.kind !== 'create_source')
      throw new Error(`no table: ${sql}`)
    const table = finish(
      bindTableDefinition(statement, this, { searchPath: ['public'], parameterTypes: undefined }),
    )
    const { name, schema, primaryKey, appendOnly, watermark, defaults } = table
    const base = { name, schema, primaryKey, appendOnly, watermark, defaults, kind }
    return this.add({ ...base, view: undefined })
  }

  add(relation: Omit<Relation, 'id' | 'schemaName' | 'definition' | 'dependsOn'>): Relation {
    const id = (16384 + this.#relations.length) as RelationId
    const added: Relation = { ...relation, id, schemaName: 'public', definition: '', dependsOn: [] }
    this.#relations.push(added)
    return added
  }

  addModel(model: Omit<Model, 'schemaName' | 'definition' | 'version'>): Model {
    const added: Model = { ...model, schemaName: 'public', definition: '', version: 1 }
    this.#models.push(added)
    return added
  }

  findRelation(schemaName: string | undefined, name: string): Relation | undefined {
    return this.#relations.find(relation => relation.name === name && (schemaName ?? 'public') === 'public')
  }

  findModel(schemaName: string | undefined, name: string): Model | undefined {
    return this.#models.find(model => model.name === name && (schemaName ?? 'public') === 'public')
  }

  hasSchema(name: string): boolean {
    return name === 'public' || name === 'pg_catalog'
  }

  findFunctions(name: string): readonly FunctionSignature[] {
    return this.#functions.get(name) ?? []
  }

  relations(): readonly Relation[] {
    return this.#relations
  }

  models(): readonly Model[] {
    return this.#models
  }
}

interface SignatureRow {
  readonly name: string
  readonly kind: 'f' | 'a' | 'o'
  readonly args: readonly number[]
  readonly returns: number
  readonly variadic: number
  readonly defaults: number
  readonly retset: boolean
}

/** PostgreSQL's functions and operators over our types. */
async function readSignatures(db: PGlite): Promise<readonly FunctionSignature[]> {
  const { rows } = await db.query<SignatureRow>(`
    select proname as name, prokind::text as kind, proargtypes::oid[]::int[] as args,
      prorettype::int as returns,
      provariadic::int as variadic, pronargdefaults::int as defaults, proretset as retset
    from pg_proc where prokind in ('f', 'a') and pronamespace = 'pg_catalog'::regnamespace
    union all
    select oprname, 'o',
      case when oprleft = 0 then array[oprright::int] else array[oprleft::int, oprright::int] end,
      oprresult::int, 0, 0, false
    from pg_operator`)
  return rows.flatMap(row => {
    const args = row.args.map(signatureType)
    const returns = signatureType(row.returns)
    if (returns === undefined || !args.every(type => type !== undefined)) return []
    const id = `${row.name}(${row.args.join()})`
    const kind =
      row.kind === 'o' ? 'operator' : row.kind === 'a' ? 'aggregate' : row.retset ? 'table' : 'function'
    const variadic = row.variadic !== 0
    const spread = variadic ? [...args.slice(0, -1), elementOf(args[args.length - 1] as SignatureType)] : args
    const signature: FunctionSignature = {
      id,
      name: row.name,
      kind,
      args: spread,
      variadic,
      optionalArgs: row.defaults,
      returns,
    }
    return [signature]
  })
}

const pseudoTypes: Readonly<Record<number, SignatureType>> = {
  2276: { kind: 'any' },
  2277: { kind: 'anyarray' },
  2283: { kind: 'anyelement' },
  2776: { kind: 'anynonarray' },
  5077: { kind: 'anycompatible' },
  5078: { kind: 'anycompatiblearray' },
  5079: { kind: 'anycompatiblenonarray' },
}

const missingTypes = new Set([705, 2249, 2287])

function signatureType(oid: number): SignatureType | undefined {
  return missingTypes.has(oid) ? undefined : (pseudoTypes[oid] ?? typeFromOid(oid))
}

/** A VARIADIC argument is declared as an array; ours are declared by element. */
function elementOf(type: SignatureType): SignatureType {
  if (type.kind === 'array') return (type as DataType & { kind: 'array' }).element
  if (type.kind === 'anycompatiblearray') return { kind: 'anycompatible' }
  return type.kind === 'anyarray' ? { kind: 'anyelement' } : type
}
