/** SQL text to printed plans, over a small catalog with the engine's own functions. */

import { functionSignatures } from '../../executor/functions/registry.ts'
import { bindQuery, bindViewDefinition } from '../../planner/bind/bind.ts'
import { explainLogical, explainPhysical } from '../../planner/explain.ts'
import type { LogicalQuery } from '../../planner/logical-plan.ts'
import { optimize } from '../../planner/optimize/optimizer.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { planQuery } from '../../planner/physical-planner.ts'
import { loadParser, parse } from '../../planner/sql/parse.ts'
import { finish } from '../../planner/steps.ts'
import type { PlanMode } from '../../planner/stream-properties.ts'
import { float8Type } from '../../planner/types.ts'
import { TestCatalog } from './bind/postgres-oracle.ts'

const relations: readonly (readonly ['table' | 'source', string])[] = [
  [
    'source',
    `CREATE SOURCE rides (id bigint, city text, fare double precision, ts timestamptz,
    WATERMARK FOR ts AS ts - INTERVAL '10 seconds') WITH (connector = 'kafka') FORMAT PLAIN ENCODE JSON`,
  ],
  [
    'source',
    `CREATE SOURCE clicks (id bigint, ad text, at timestamptz, ts timestamp,
    WATERMARK FOR ts AS ts - INTERVAL '1 second') WITH (connector = 'kafka') FORMAT PLAIN ENCODE JSON`,
  ],
  [
    'source',
    "CREATE SOURCE upserts (id int PRIMARY KEY, v int) WITH (connector = 'kafka') FORMAT UPSERT ENCODE JSON",
  ],
  ['table', 'CREATE TABLE t (id int PRIMARY KEY, a int, b text, c bigint)'],
  ['table', 'CREATE TABLE u (k bigint, id int, name text, n numeric(10,2), PRIMARY KEY (k, id))'],
  ['table', 'CREATE TABLE log (id int, a int, ts timestamp) APPEND ONLY'],
]

export class PlanFixture {
  readonly catalog: TestCatalog

  private constructor(catalog: TestCatalog) {
    this.catalog = catalog
  }

  static async start(): Promise<PlanFixture> {
    await loadParser()
    const catalog = new TestCatalog(functionSignatures())
    for (const [kind, sql] of relations) catalog.createTable(sql, kind)
    const input = { spreadLength: undefined, type: float8Type, elementType: float8Type }
    catalog.addModel({ id: 1, name: 'fraud', inputs: [{ ...input, name: 'amount' }], returns: float8Type })
    return new PlanFixture(catalog)
  }

  query(sql: string): LogicalQuery {
    const statement = parse(sql)[0]?.statement
    const options = { searchPath: ['public'], parameterTypes: [] }
    if (statement?.kind === 'select') return finish(bindQuery(statement, this.catalog, options)).query
    if (statement?.kind !== 'create_materialized_view') throw new Error(`not a query: ${sql}`)
    return finish(bindViewDefinition(statement, this.catalog, options)).query
  }

  /** The optimized logical plan. */
  logical(sql: string): string[] {
    return explainLogical(finish(optimize(this.query(sql).plan)))
  }

  plan(sql: string, mode: PlanMode): PhysicalPlan {
    const query = this.query(sql)
    return planQuery({ ...query, plan: finish(optimize(query.plan)) }, mode)
  }

  /** The operators of a materialized view. */
  streaming(sql: string): string[] {
    return explainPhysical(this.plan(`CREATE MATERIALIZED VIEW v AS ${sql}`, 'streaming'))
  }

  /** The operators of a query that is read once, without what is known of their changes. */
  oneShot(sql: string): string[] {
    return explainPhysical(this.plan(sql, 'one_shot')).map(line => line.replace(/ \{[^{}]*\}$/, ''))
  }
}
