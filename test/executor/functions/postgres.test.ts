/**
 * Core functions and operators give what PostgreSQL (PGlite) gives, errors included, on values picked at
 * random: once as constants, once over columns, where a failing row becomes NULL. One round trip for
 * everything.
 */

import { strict as assert } from 'node:assert'
import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import type { Column } from '../../../executor/batch/column.ts'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import { readValue } from '../../../executor/batch/column-reader.ts'
import { deltaBatch } from '../../../executor/batch/delta-batch.ts'
import { compileProjection } from '../../../executor/expression/compile.ts'
import { field } from '../../../planner/schema.ts'
import { loadParser } from '../../../planner/sql/parse.ts'
import { bindExpression, evaluate, evaluateText, testContext } from '../../support/sql-expressions.ts'
import { type Pool, pools, type Template, templates } from './call-templates.ts'

const ROWS = 4
const NULL_PERCENT = 5

/** A template with the arguments of its rows, and PostgreSQL's answers. */
interface Trial {
  readonly template: Template
  readonly rows: readonly (readonly string[])[]
  readonly answers: (string | null)[]
}

const tryEvaluate = `
  CREATE FUNCTION try_evaluate(expression text) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE result text;
  BEGIN
    EXECUTE 'SELECT ((' || expression || '))::text' INTO result;
    RETURN result;
  EXCEPTION WHEN OTHERS THEN
    RETURN 'ERROR ' || sqlstate || ' ' || sqlerrm;
  END $$`

describe('core functions', () => {
  const seed = Number(process.env['MILLRACE_TEST_SEED'] ?? Date.now() % 2 ** 31)
  let trials: readonly Trial[]

  before(async function () {
    this.timeout(60_000)
    await loadParser()
    trials = makeTrials(seed)
    const postgres = await PGlite.create()
    await postgres.exec(tryEvaluate)
    const texts = trials.flatMap(({ template, rows }) => rows.map(row => substitute(template, row)))
    const { rows } = await postgres.query<{ result: string | null }>(
      'SELECT try_evaluate(text) AS result FROM unnest($1::text[]) WITH ORDINALITY AS t (text, n) ORDER BY n',
      [texts],
    )
    await postgres.close()
    let next = 0
    for (const trial of trials) for (const _ of trial.rows) trial.answers.push(rows[next++]!.result)
  })

  it(`of constants (MILLRACE_TEST_SEED=${seed})`, () => {
    const differences: string[] = []
    for (const { template, rows, answers } of trials) {
      rows.forEach((row, index) => {
        const text = substitute(template, row)
        const ours = evaluateOrError(`((${text}))::text`)
        if (ours !== answers[index]) differences.push(`${text}\n  ours   ${ours}\n  theirs ${answers[index]}`)
      })
    }
    assert.equal(differences.join('\n'), '')
  }).timeout(30_000)

  it(`over columns (MILLRACE_TEST_SEED=${seed})`, () => {
    const differences: string[] = []
    for (const { template, rows, answers } of trials) {
      const expected = answers.map(answer => (answer?.startsWith('ERROR ') === true ? null : answer))
      const ours = evaluateOverColumns(template, rows)
      if (ours !== undefined && ours.join('\n') !== expected.join('\n')) {
        const shown = rows.map((row, index) => `  (${row}) ours ${ours[index]} theirs ${expected[index]}`)
        differences.push(`${template.text}\n${shown.join('\n')}`)
      }
    }
    assert.equal(differences.join('\n'), '')
  }).timeout(30_000)
})

function makeTrials(seed: number): readonly Trial[] {
  const count = templates.length * ROWS * 4
  const numbers = fc.sample(fc.nat(), { seed, numRuns: count })
  let next = 0
  const pick = (name: Pool): string => {
    const pool = pools[name]
    const value = pool[numbers[next++]! % pool.length]!
    return numbers[next++ % count]! % 100 < NULL_PERCENT ? `NULL::${typeOf(name)}` : value
  }
  return templates.map(template => {
    if (next + ROWS * 8 > count) next = 0
    return { template, rows: Array.from({ length: ROWS }, () => template.args.map(pick)), answers: [] }
  })
}

function typeOf(name: Pool): string {
  return pools[name][0]!.split('::')[1] ?? 'bool'
}

/** The template over `row`'s sources. */
function substitute({ text }: Template, row: readonly string[]): string {
  return text.replaceAll(/#(\d)/g, (_, index: string) => `(${row[Number(index)]})`)
}

function evaluateOrError(text: string): string | null {
  try {
    return evaluateText(text)
  } catch (error) {
    const { code, message, stack } = error as Error & { code?: string }
    return code === undefined ? `crash ${stack}` : `ERROR ${code} ${message}`
  }
}

/** The rows' results as text; undefined when the template cannot be bound (PostgreSQL refuses it too). */
function evaluateOverColumns(
  template: Template,
  rows: readonly (readonly string[])[],
): unknown[] | undefined {
  const schema = template.args.map((name, index) =>
    field(`a${index}`, bindExpression(`NULL::${typeOf(name)}`).type),
  )
  const columns: Column[] = schema.map(({ type }, index) =>
    columnFromValues(
      type,
      rows.map(row => evaluate(row[index]!)),
    ),
  )
  const names = template.args.map((_, index) => `a${index}`)
  try {
    const expression = bindExpression(`((${substitute(template, names)}))::text`, schema)
    const context = { ...testContext, onError: () => undefined }
    const types = schema.map(({ type }) => type)
    const [result] = compileProjection([expression], types, context)(deltaBatch(columns, rows.length))
    return rows.map((_, row) => readValue(result!, row))
  } catch (error) {
    if ((error as { code?: string }).code !== undefined) return undefined
    throw error
  }
}
