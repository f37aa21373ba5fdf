/**
 * Dates, times, intervals, templates, JSON and patterns give what PostgreSQL (PGlite) gives, errors
 * included. Of tens of thousands of expressions a sample is compared, picked by a printed seed;
 * MILLRACE_TEST_ALL=1 compares all of them. PGlite is a later PostgreSQL than the one we follow:
 * `laterVersions` says what has changed since.
 */

import { strict as assert } from 'node:assert'
import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import type { EvaluationContext } from '../../../executor/expression/evaluation-context.ts'
import { loadParser } from '../../../planner/sql/parse.ts'
import { evaluateText, testContext } from '../../support/sql-expressions.ts'
import { families } from './family-expressions.ts'

const SAMPLE = 1200

const tryEvaluate = `
  CREATE FUNCTION try_evaluate(expression text) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE result text; detail text; hint text;
  BEGIN
    EXECUTE 'SELECT ((' || expression || '))::text' INTO result;
    RETURN result;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN 'ERROR ' || sqlstate || ' ' || concat_ws(' / ', sqlerrm, nullif(detail, ''), nullif(hint, ''));
  END $$`

interface Difference {
  readonly expression: string
  readonly ours: string | null
  readonly theirs: string | null
}

/** Where PostgreSQL 15 answers otherwise than PGlite's version, or cannot answer at all. */
function laterVersions({ expression, ours, theirs }: Difference): boolean {
  const mine = ours ?? ''
  const other = theirs ?? ''
  return (
    // Infinite intervals.
    /(?:cannot subtract infinite|^ERROR 22008 timestamp out of range|type interval: "-?infinity")/.test(
      mine,
    ) ||
    (/\+infinity/.test(expression) && /22007/.test(mine)) ||
    // Weeks and negative quarters of intervals, `ago` at the end alone.
    (/type interval/.test(mine) && /week/.test(expression)) ||
    /ago 2/.test(expression) ||
    (/quarter|qtr/.test(expression) && /interval/.test(expression)) ||
    // Time zones and Roman numerals as input of templates.
    /only supported in to_char|"RN" not supported/.test(mine) ||
    // jsonb null casts to NULL, object keys that are NULL.
    /cannot cast jsonb null/.test(mine) ||
    /null value not allowed for object key/.test(other) ||
    // Microseconds since 1970 end before those since 2000 do.
    /294276/.test(expression)
  )
}

/** Settings under which a family is compared. */
const settings: readonly Readonly<Record<string, string>>[] = [
  { timezone: 'UTC', datestyle: 'ISO, MDY', intervalstyle: 'postgres' },
  { timezone: 'America/New_York', datestyle: 'ISO, DMY', intervalstyle: 'iso_8601' },
  { timezone: 'Europe/Berlin', datestyle: 'SQL, YMD', intervalstyle: 'sql_standard' },
  { timezone: 'Australia/Lord_Howe', datestyle: 'German, DMY', intervalstyle: 'postgres_verbose' },
  { timezone: '<-03>+03', datestyle: 'Postgres, MDY', intervalstyle: 'postgres' },
]

function contextOf(values: Readonly<Record<string, string>>): EvaluationContext {
  return { ...testContext, timeZone: values['timezone']!, settings: new Map(Object.entries(values)) }
}

function evaluateOrError(text: string, context: EvaluationContext): string | null {
  try {
    return evaluateText(`((${text}))::text`, context)
  } catch (error) {
    const { code, message, detail, hint, stack } = error as Error & Record<string, string | undefined>
    if (code === undefined) return `crash ${stack}`
    return `ERROR ${code} ${[message, detail, hint].filter(part => part !== undefined).join(' / ')}`
  }
}

describe('function families', () => {
  const seed = Number(process.env['MILLRACE_TEST_SEED'] ?? Date.now() % 2 ** 31)
  const all = process.env['MILLRACE_TEST_ALL'] === '1'
  let postgres: PGlite

  before(async function () {
    this.timeout(60_000)
    await loadParser()
    postgres = await PGlite.create()
    await postgres.exec(tryEvaluate)
  })

  after(() => postgres.close())

  async function differences(expressions: readonly string[], values: Readonly<Record<string, string>>) {
    for (const [name, value] of Object.entries(values)) await postgres.exec(`SET ${name} = '${value}'`)
    const { rows } = await postgres.query<{ result: string | null }>(
      'SELECT try_evaluate(text) AS result FROM unnest($1::text[]) WITH ORDINALITY AS t (text, n) ORDER BY n',
      [expressions],
    )
    const context = contextOf(values)
    return expressions
      .map((expression, index) => ({
        expression,
        ours: evaluateOrError(expression, context),
        theirs: rows[index]!.result?.replace('"DateStyle"', '"datestyle"') ?? null,
      }))
      .filter(difference => difference.ours !== difference.theirs && !laterVersions(difference))
      .map(({ expression, ours, theirs }) => `${expression}\n  ours   ${ours}\n  theirs ${theirs}`)
  }

  for (const [name, make] of Object.entries(families)) {
    it(`${name} (MILLRACE_TEST_SEED=${seed})`, async () => {
      const expressions = make()
      const picked = all ? expressions : fc.sample(fc.constantFrom(...expressions), { seed, numRuns: SAMPLE })
      const share = Math.ceil(picked.length / settings.length)
      const found: string[] = []
      for (const [index, values] of settings.entries()) {
        found.push(...(await differences(picked.slice(index * share, (index + 1) * share), values)))
      }
      assert.equal(found.join('\n'), '')
    }).timeout(120_000)
  }
})
