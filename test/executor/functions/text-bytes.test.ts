/**
 * Text functions over bytes: what they give for random text equals a plain computation over strings, for
 * short and long texts, with parts that repeat themselves; PGlite agrees on characters of all widths.
 */

import { strict as assert } from 'node:assert'
import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import { readValue } from '../../../executor/batch/column-reader.ts'
import { deltaBatch } from '../../../executor/batch/delta-batch.ts'
import { compileProjection } from '../../../executor/expression/compile.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import { field } from '../../../planner/schema.ts'
import { loadParser } from '../../../planner/sql/parse.ts'
import { int4Type, textType } from '../../../planner/types.ts'
import { bindExpression, evaluate, evaluateText, testContext } from '../../support/sql-expressions.ts'

const seed = Number(process.env['MILLRACE_TEST_SEED'] ?? Date.now() % 2 ** 31)
const schema = [field('a', textType), field('b', textType), field('c', textType), field('n', int4Type)]

interface Row {
  readonly a: string
  readonly b: string
  readonly c: string
  readonly n: number
}

/** Functions of a row, and what they are by strings. */
const plain: Readonly<Record<string, (row: Row) => SqlValue>> = {
  'reverse(a)': ({ a }) => [...a].reverse().join(''),
  'replace(a, b, c)': ({ a, b, c }) => (b === '' ? a : a.replaceAll(b, () => c)),
  'translate(a, b, c)': ({ a, b, c }) =>
    Array.from(a, char => {
      const index = [...b].indexOf(char)
      return index < 0 ? char : ([...c][index] ?? '')
    }).join(''),
  'repeat(a, n)': ({ a, n }) => a.repeat(Math.max(n, 0)),
  'lpad(a, n, b)': row => padding(row) + cut(row),
  'rpad(a, n, b)': row => cut(row) + padding(row),
  'strpos(a, b)': ({ a, b }) => (a.includes(b) ? [...a.slice(0, a.indexOf(b))].length + 1 : 0),
  'split_part(a, b, CASE WHEN n = 0 THEN 1 ELSE n END)': ({ a, b, n }) =>
    (b === '' ? [a] : a.split(b)).at(n > 0 ? n - 1 : n) ?? '',
  'btrim(a, b)': ({ a, b }) => trimmed(a, b, true, true),
  'ltrim(a, b)': ({ a, b }) => trimmed(a, b, true, false),
  'rtrim(a, b)': ({ a, b }) => trimmed(a, b, false, true),
  'overlay(a placing b from abs(n) + 1)': ({ a, b, n }) => {
    const from = Math.abs(n)
    return [...a].slice(0, from).join('') + b + [...a].slice(from + [...b].length).join('')
  },
  "a || '-' || b || a": ({ a, b }) => `${a}-${b}${a}`,
  'n::text || (n::text || b)': ({ b, n }) => `${n}${n}${b}`,
  'left(reverse(a), n) || right(a || b, n)': ({ a, b, n }) =>
    part([...a].reverse(), n, false) + part([...(a + b)], n, true),
  'ascii(a)': ({ a }) => a.codePointAt(0) ?? 0,
}

function cut({ a, n }: Row): string {
  return [...a].slice(0, Math.max(n, 0)).join('')
}

function padding({ a, b, n }: Row): string {
  const missing = Math.max(n - [...a].length, 0)
  return b === '' ? '' : [...b.repeat(missing)].slice(0, missing).join('')
}

function trimmed(text: string, set: string, atStart: boolean, atEnd: boolean): string {
  const characters = [...text]
  while (atStart && characters.length > 0 && [...set].includes(characters[0]!)) characters.shift()
  while (atEnd && characters.length > 0 && [...set].includes(characters.at(-1)!)) characters.pop()
  return characters.join('')
}

function part(characters: readonly string[], count: number, isRight: boolean): string {
  const { length } = characters
  if (isRight) return characters.slice(count < 0 ? -count : Math.max(length - count, 0)).join('')
  return characters.slice(0, count < 0 ? Math.max(length + count, 0) : count).join('')
}

/** Few characters, so that parts occur; of one to four bytes. */
const character = fc.constantFrom('a', 'a', 'b', 'B', ' ', 'é', 'ß', '€', '本', '😀')
const short = fc.array(character, { maxLength: 8 }).map(chars => chars.join(''))
const long = fc
  .tuple(short, fc.nat(400), short)
  .map(([repeated, times, rest]) => repeated.repeat(times) + rest)
const row: fc.Arbitrary<Row> = fc.record({
  a: fc.oneof(short, long),
  b: fc.oneof(short, short, long),
  c: short,
  n: fc.integer({ min: -5, max: 60 }),
})

function evaluateRows(expression: string, rows: readonly Row[]): SqlValue[] {
  const types = schema.map(({ type }) => type)
  const columns = (['a', 'b', 'c', 'n'] as const).map((name, index) =>
    columnFromValues(
      types[index]!,
      rows.map(values => values[name]),
    ),
  )
  const project = compileProjection([bindExpression(expression, schema)], types, testContext)
  const [column] = project(deltaBatch(columns, rows.length))
  return rows.map((_, index) => readValue(column!, index))
}

describe('text functions over bytes', () => {
  before(loadParser)

  for (const [expression, compute] of Object.entries(plain)) {
    it(`${expression} is what strings give (MILLRACE_TEST_SEED=${seed})`, () => {
      fc.assert(
        fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), rows => {
          assert.deepEqual(evaluateRows(expression, rows), rows.map(compute))
        }),
        { seed, numRuns: 60 },
      )
    })
  }

  it('finds long parts that nearly match everywhere in time that does not multiply', () => {
    const [text, nearly] = ["repeat('a', 200000)", "repeat('a', 100000)"]
    assert.equal(evaluate(`strpos(${text}, ${nearly} || 'b')`), 0)
    assert.equal(evaluate(`strpos(${text} || 'b', ${nearly} || 'b')`), 100_001)
    assert.equal(evaluate(`length(replace(${text}, 'b' || ${nearly}, ''))`), 200_000)
    assert.equal(evaluate(`split_part(${text} || 'b' || ${nearly}, ${nearly} || 'b', 2) = ${nearly}`), true)
    assert.equal(evaluate(`length(btrim(${text}, repeat('b', 100000) || 'a'))`), 0)
  })

  it('maps the case of every character as by itself', () => {
    const letters = 'aZßéÉ€ǆǅıİſΣσςﬁ𐐀𐐨Ⱥɐ'
    assert.equal(evaluate(`lower('ΟΔΟΣ ΣΑΣ')`), 'οδοσ σασ')
    assert.equal(evaluate(`length(upper(repeat('${letters}', 5000)))`), 5000 * [...letters].length)
    assert.equal(evaluate(`upper(repeat('aé', 3000)) = repeat('AÉ', 3000)`), true)
    assert.equal(evaluate(`initcap(repeat('éa1 ', 3000)) = repeat('Éa1 ', 3000)`), true)
  })

  it('gives what PostgreSQL gives, errors and NULL included', async () => {
    const texts = ["''", "'a'", "'aBc dEf'", "'Ünïcödé wörld'", "'日本語 text'", "'😀é€ x😀'", 'NULL::text']
    const calls = texts.flatMap(text => [
      ...['upper', 'lower', 'initcap', 'reverse', 'ascii', 'md5'].map(name => `${name}(${text})`),
      ...['lpad', 'rpad'].flatMap(name => [`${name}(${text}, 6, 'é€')`, `${name}(${text}, 0)`]),
      ...['ltrim', 'rtrim', 'btrim'].map(name => `${name}(${text}, '😀xaé')`),
      `translate(${text}, 'aé😀', 'ü')`,
      `translate(${text}, 'aaé', 'xyz')`,
      `replace(${text}, 'é', '😀😀')`,
      `strpos(${text}, 'x')`,
      `split_part(${text}, ' ', -1)`,
      `split_part(${text}, '', -1)`,
      `overlay(${text} placing '€' from 2)`,
      `overlay(${text} placing '€' from 2 for 0)`,
      `repeat(${text}, 3)`,
      `${text} || '€' || ${text}`,
      `array_to_string(string_to_array(${text}, NULL, 'é'), '|', '*')`,
    ])
    const postgres = await PGlite.create()
    const { rows } = await postgres.query<Record<string, string | null>>(
      `SELECT ${calls.map((call, index) => `(${call})::text AS c${index}`).join(', ')}`,
    )
    await postgres.close()
    for (const [index, call] of calls.entries()) {
      assert.equal(evaluateText(`(${call})::text`), rows[0]![`c${index}`], call)
    }
  }).timeout(60_000)
})
