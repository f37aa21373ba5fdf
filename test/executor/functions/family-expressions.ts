/**
 * SQL expressions over the values of *-values.ts, family by family: every combination that could tell us
 * something.
 */

import {
  dates,
  datetimeTexts,
  intervals,
  intervalTexts,
  times,
  timestamps,
  timeTexts,
  units,
} from './datetime-values.ts'
import {
  brokenDocuments,
  documents,
  likePatterns,
  regexPatterns,
  similarPatterns,
  texts,
} from './document-values.ts'
import {
  numbers,
  numberTemplates,
  numberTexts,
  templateTexts,
  timestampTemplates,
} from './template-values.ts'

const zones = [
  'UTC',
  'Europe/Berlin',
  'EST',
  '+3',
  'UTC-5',
  'Asia/Kolkata',
  'nozone',
  '<+03>-03',
  'us/eastern',
  '-3:30',
]

/** A string literal, whatever is in the text. */
function quoted(text: string): string {
  const escaped = text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')
  return `E'${escaped}'`
}

function cast(values: readonly string[], type: string): string[] {
  return values.map(value => `${quoted(value)}::${type}`)
}

/** `template` with #1 and #2 replaced by every pair of values. */
function pairs(template: string, left: readonly string[], right: readonly string[]): string[] {
  return left.flatMap(a => right.map(b => template.replaceAll('#1', () => a).replaceAll('#2', () => b)))
}

function each(templates: readonly string[], values: readonly string[]): string[] {
  return templates.flatMap(template => values.map(value => template.replaceAll('#1', () => value)))
}

function datetimeExpressions(): string[] {
  const spans = cast(intervals, 'interval')
  const days = cast(dates, 'date')
  const clocks = cast(times, 'time')
  const fields = units.map(quoted)
  const ofInstants = ['timestamp', 'timestamptz'].flatMap(type => {
    const instants = cast(timestamps, type)
    const conversions = ['#1', '#1::date', '#1::time', '#1::timestamp', '#1::timestamptz', 'isfinite(#1)']
    return [
      ...each([...conversions, "timezone(interval '2 hours', #1)"], instants),
      ...pairs("date_bin(#2, #1, '2001-01-01')", instants, spans),
      ...pairs('#1 + #2', instants, spans),
      ...pairs('#1 - #2', instants, spans),
      ...pairs('#1 - #2', instants, instants),
      ...pairs('age(#1, #2)', instants, instants),
      ...pairs('#1 < #2', instants, cast(timestamps, 'timestamptz')),
      ...pairs('#1 = #2', instants, cast(timestamps, 'timestamp')),
      ...pairs('#1 >= #2', days, instants),
      ...pairs('#1 < #2', instants, days),
      ...pairs('#1 AT TIME ZONE #2', instants, zones.map(quoted)),
      ...pairs('extract(#2 from #1)', instants, fields),
      ...pairs('date_part(#2, #1)', instants, fields),
      ...pairs('date_trunc(#2, #1)', instants, fields),
    ]
  })
  const ofDates = each(
    ['#1', '#1 + 1', '#1 - 7', "#1 + time '10:00'", '#1::timestamp', '#1::timestamptz'],
    days,
  )
  const ofIntervals = each(
    ['#1', '-#1', '#1::time', 'justify_hours(#1)', 'justify_days(#1)', 'justify_interval(#1)'],
    spans,
  )
  const factors = cast(['2', '0.1', '-1.5', '1e10', '0', 'NaN', '1e300', '0.3333333'], 'float8')
  return [
    ...ofInstants,
    ...ofDates,
    ...ofIntervals,
    ...each(['#1', '#1::interval'], clocks),
    ...pairs('extract(#2 from #1)', [...days, ...clocks, ...spans], fields),
    ...pairs('date_part(#2, #1)', [...days, ...clocks, ...spans], fields),
    ...pairs('date_trunc(#2, #1)', [...days, ...spans], fields),
    ...pairs('#1 + #2', [...days, ...clocks, ...spans], spans),
    ...pairs('#1 - #2', [...days, ...clocks, ...spans], spans),
    ...pairs('#1 - #2', days, days),
    ...pairs('#1 - #2', clocks, clocks),
    ...pairs('#1 < #2', days, days),
    ...pairs('#1 = #2', spans, spans),
    ...pairs('#1 < #2', spans, spans),
    ...pairs('#1 * #2', spans, factors),
    ...pairs('#1 / #2', spans, factors),
  ]
}

const constructions = [
  'make_date(2020, 2, 29)',
  'make_date(2021, 2, 29)',
  'make_date(-44, 3, 15)',
  'make_date(0, 1, 1)',
  'make_timestamp(2020, 13, 1, 10, 20, 30.5)',
  'make_timestamp(-44, 3, 15, 10, 20, 30.5)',
  "make_timestamptz(2020, 2, 29, 10, 20, 30.5, 'Europe/Berlin')",
  "make_timestamptz(2020, 2, 29, 10, 20, 30.5, '+3')",
  'make_time(24, 0, 0)',
  'make_time(24, 0, 1)',
  'make_time(10, 60, 0)',
  'make_time(10, 20, 60)',
  'make_interval()',
  'make_interval(1, 2, 3, 4, 5, 6, 7.5)',
  'make_interval(1)',
  'to_timestamp(1.5)',
  'to_timestamp(-1e9)',
  "to_timestamp('infinity'::float8)",
  "to_timestamp('NaN'::float8)",
  'to_timestamp(1700000000.123456)',
  "(timestamp '2020-01-01', interval '1 day') overlaps (timestamp '2020-01-02', timestamp '2020-01-16')",
  "(timestamp '2020-01-01', null) overlaps (timestamp '2020-01-02', timestamp '2020-01-16')",
  "(date '2020-01-01', date '2020-01-05') overlaps (date '2020-01-02', interval '1 day')",
  "date_trunc('day', '2020-02-29 23:00'::timestamptz, 'Asia/Tokyo')",
]

function textExpressions(): string[] {
  return [
    ...['date', 'timestamp', 'timestamptz', 'time'].flatMap(type => cast(datetimeTexts, type)),
    ...cast(timeTexts, 'time'),
    ...cast(intervalTexts, 'interval'),
    ...constructions,
  ]
}

function templateExpressions(): string[] {
  const templates = timestampTemplates.map(quoted)
  const pictures = numberTemplates.map(quoted)
  const integers = ['0', '5', '-5', '123', '-123', '99999']
  return [
    ...pairs('to_char(#1, #2)', cast(timestamps, 'timestamp'), templates),
    ...pairs('to_char(#1, #2)', cast(timestamps, 'timestamptz'), templates),
    ...pairs(
      'to_char(#1, #2)',
      cast(intervals, 'interval'),
      templates.filter(text => !/I/.test(text)),
    ),
    ...['numeric', 'float8'].flatMap(type => pairs('to_char(#1, #2)', cast(numbers, type), pictures)),
    ...['int4', 'int8'].flatMap(type => pairs('to_char(#1, #2)', cast(integers, type), pictures)),
    ...numberTexts.map(([text, template]) => `to_number(${quoted(text)}, ${quoted(template)})`),
    ...templateTexts.map(([text, template]) => `to_timestamp(${quoted(text)}, ${quoted(template)})`),
    ...templateTexts.map(([text, template]) => `to_date(${quoted(text)}, ${quoted(template)})`),
  ]
}

const jsonPaths = [
  '{a}',
  '{b,0}',
  '{b,2,c}',
  '{d,e,f}',
  '{1,1}',
  '{-1}',
  '{x,y}',
  '{}',
  '{b,x}',
  '{b,-9}',
  '{NULL}',
]
const jsonValues = [
  '1',
  '1.50::numeric',
  "'NaN'::float8",
  '1e20::float8',
  'true',
  "'a\"b'::text",
  "'2020-01-02'::date",
  "'2020-01-02 03:04:05.6'::timestamp",
  "'2020-01-02 03:04:05.6'::timestamptz",
  "'0044-01-02 03:04 BC'::timestamp",
  "'infinity'::timestamptz",
  "'10:00'::time",
  "'1 day'::interval",
  "array['a', null]",
  '\'{"a": 1}\'::json',
  "row(1, 'a')",
  "'\\xdead'::bytea",
  'null::int',
]

function jsonExpressions(): string[] {
  const binary = cast(documents, 'jsonb')
  const keys = ['a', 'b', 'aa', 'zz', 'k"q', 'é', '😀', ''].map(quoted)
  const indexes = ['0', '1', '(-1)', '10', '(-10)']
  const paths = jsonPaths.map(quoted)
  const readers = ['#1 -> #2', '#1 ->> #2']
  return [
    ...['json', 'jsonb', 'json::jsonb'].flatMap(type => cast([...documents, ...brokenDocuments], type)),
    ...['json', 'jsonb'].flatMap(type => {
      const values = cast(documents, type)
      return [
        ...readers.flatMap(template => pairs(template, values, [...keys, ...indexes])),
        ...['#1 #> #2', '#1 #>> #2'].flatMap(template => pairs(template, values, paths)),
        ...each([`${type}_typeof(#1)`, `${type}_array_length(#1)`, `${type}_strip_nulls(#1)`], values),
        ...each([`${type}_extract_path_text(#1, 'd', 'e', 'f')`], values),
      ]
    }),
    ...['#1 = #2', '#1 < #2', '#1 >= #2', '#1 @> #2', '#1 <@ #2', '#1 || #2'].flatMap(op =>
      pairs(op, binary, binary),
    ),
    ...pairs('#1 ? #2', binary, keys),
    ...pairs('#1 - #2', binary, [...keys, ...indexes]),
    ...pairs('#1 #- #2', binary, paths),
    ...pairs('jsonb_set(#1, #2, \'{"n": 1}\')', binary, paths),
    ...pairs("jsonb_set(#1, #2, '9', false)", binary, paths),
    ...pairs("jsonb_insert(#1, #2, '0', true)", binary, paths),
    ...each(
      ["#1 ?| '{a,b}'", "#1 ?& '{a,b}'", "#1 - '{a,b}'::text[]", 'jsonb_pretty(#1)', '#1::text'],
      binary,
    ),
    ...['bool', 'int2', 'int4', 'int8', 'numeric', 'float4', 'float8'].flatMap(type =>
      binary.map(value => `${value}::${type}`),
    ),
    ...each(
      ['to_json(#1)', 'to_jsonb(#1)', "json_build_object('k', #1)", 'jsonb_build_array(#1, 1)'],
      jsonValues,
    ),
    "json_build_object('a')",
    'jsonb_build_object(1, 2, true, 3)',
    'jsonb_build_object(array[1], 2)',
    'json_build_array()',
  ]
}

function patternExpressions(): string[] {
  const subjects = texts.map(quoted)
  const patterns = regexPatterns.map(quoted)
  const functions = [
    '#1 ~ #2',
    '#1 ~* #2',
    'regexp_match(#1, #2)',
    "regexp_replace(#1, #2, '<\\&>')",
    'substring(#1 from #2)',
    "regexp_replace(#1, #2, '<\\1>', 'g')",
    'regexp_split_to_array(#1, #2)',
    'regexp_count(#1, #2)',
    'regexp_instr(#1, #2, 1, 1, 1)',
    'regexp_substr(#1, #2, 1, 2)',
    "regexp_like(#1, #2, 'n')",
  ]
  const likes = ['#1 like #2', '#1 ilike #2', '#1 not like #2', "#1 like #2 escape 'o'"]
  return [
    ...functions.flatMap(template => pairs(template, subjects, patterns)),
    ...likes.flatMap(template => pairs(template, subjects, likePatterns.map(quoted))),
    ...pairs('#1 similar to #2', subjects, similarPatterns.map(quoted)),
    "substring('foobar' similar '%#\"o_b#\"%' escape '#')",
    "substring('abcabc' similar '%#\"b%#\"%' escape '#')",
    "regexp_replace('A PostgreSQL function', 'a|e|i|o|u', 'X', 1, 3, 'i')",
    "regexp_instr('abc', 'b', 0)",
    "regexp_substr('foobarbaz', '(b)(a)(.)', 1, 1, '', 3)",
    "regexp_match('abc', 'b', 'g')",
    "regexp_match('a', 'a', 'z')",
  ]
}

export const families: Readonly<Record<string, () => string[]>> = {
  'dates, times, intervals': datetimeExpressions,
  'text of dates, times, intervals': textExpressions,
  'templates of to_char': templateExpressions,
  JSON: jsonExpressions,
  patterns: patternExpressions,
}
