/** The binder against PostgreSQL: result names and types, parameter types, and errors to the letter. */

import assert from 'node:assert/strict'
import { assignmentStatements, expressionStatements } from './expression-statements.ts'
import type { Outcome } from './postgres-oracle.ts'
import { PostgresOracle } from './postgres-oracle.ts'
import { queryStatements } from './query-statements.ts'

const tables = [
  `create table t (id int primary key, a int, b bigint, s smallint, r real, d double precision,
    n numeric(10,2),
    x text, v varchar(5), c char(3), f boolean, dt date, tm time, ts timestamp, tz timestamptz, iv interval,
    u uuid, j json, jb jsonb, by bytea, ia int[], ta text[])`,
  'create table o (id int primary key, t_id int not null, name text, amount numeric)',
  'create table "Mixed" ("Id" int, "select" text)',
]

describe('binder, compared with PostgreSQL', () => {
  let oracle: PostgresOracle
  before(async function () {
    this.timeout(60_000)
    oracle = await PostgresOracle.start(tables)
  })
  after(() => oracle.stop())

  for (const [title, statements] of [
    ['expressions', expressionStatements],
    ['queries', queryStatements],
    ['assignments', assignmentStatements],
  ] as const) {
    it(`${title}: ${statements.length} statements`, async function () {
      this.timeout(60_000)
      const differences: string[] = []
      for (const sql of statements) {
        const expected = withoutScopeHints(await oracle.describe(sql))
        const actual = withoutScopeHints(oracle.bind(sql))
        if (isLeftOut(actual, expected)) continue
        try {
          assert.deepEqual(actual, expected)
        } catch (error) {
          differences.push(`${sql}\n  ${(error as Error).message.split('\n').slice(2).join('\n  ')}`)
        }
      }
      assert.deepEqual(differences, [], differences.join('\n\n'))
    })
  }
})

/**
 * PostgreSQL reads literals while it binds, ours are read later (class 22); and what we do not support yet
 * says so.
 */
function isLeftOut(actual: Outcome, expected: Outcome): boolean {
  if ('code' in expected && expected.code.startsWith('22')) return true
  return 'code' in actual && actual.code === '0A000' && actual.message.endsWith('is not supported')
}

/** Version 16 reworded what it says of names that exist but cannot be used here. */
function withoutScopeHints(outcome: Outcome): Outcome {
  if (!('code' in outcome)) return outcome
  const { hint, detail } = outcome
  const isReworded = `${detail ?? hint ?? ''}`.startsWith('There is a')
  return isReworded ? { ...outcome, hint: undefined, detail: undefined } : outcome
}
