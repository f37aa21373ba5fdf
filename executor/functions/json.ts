/** Operators and functions of json and jsonb. Both are strings at run time; jsonb is in canonical text. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import { arrayOf, boolType, int4Type, jsonbType, jsonType, textType } from '../../planner/types.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { defineComparisons, defineFunction, defineOperator } from './define.ts'
import { buildArray, buildObject, jsonbOf, jsonOf } from './json-build.ts'
import { compareJson, containsJson } from './json-compare.ts'
import type { Path } from './json-modify.ts'
import {
  concatenate,
  deleteIndex,
  deleteKey,
  deleteKeys,
  deletePath,
  insertAtPath,
  prettyJson,
  setPath,
  stripNulls,
} from './json-modify.ts'
import { parseJson } from './json-parse.ts'
import { countElements, elementText, hasMember, memberText, unquoted } from './json-scan.ts'
import { eachMember, jsonElement, jsonElements, jsonKind, jsonMember, jsonUnquoted } from './json-slice.ts'
import { normalizeJsonb } from './json-text.ts'
import type { Json } from './json-value.ts'
import { formatJson, quoteJson } from './json-value.ts'
import type { CallSite, ScalarFunction } from './scalar-function.ts'

type Call = (...args: never[]) => unknown

/** How to read a part of a document: of jsonb by the fast scan, of json by the tolerant one. */
interface Reader {
  readonly type: DataType
  readonly prefix: 'json' | 'jsonb'
  readonly member: (json: string, key: string) => string | undefined
  readonly element: (json: string, index: number) => string | undefined
  readonly unquoted: (value: string) => string | null
  readonly count: (json: string) => number
}

const jsonbReader: Reader = {
  type: jsonbType,
  prefix: 'jsonb',
  member: memberText,
  element: elementText,
  unquoted,
  count: countElements,
}
const jsonReader: Reader = {
  type: jsonType,
  prefix: 'json',
  member: jsonMember,
  element: jsonElement,
  unquoted: jsonUnquoted,
  count: json => jsonElements(json)!.length,
}

/** The value at a path: member names, and element numbers where there is an array. */
function valueAtPath(reader: Reader, json: string, path: Path): string | null {
  let value = json
  for (const step of path) {
    if (step === null) return null
    const next = jsonKind(value) === 'array' ? elementAt(reader, value, step) : reader.member(value, step)
    if (next === undefined) return null
    value = next
  }
  return path.length === 0 ? value.trim() : value
}

function elementAt(reader: Reader, json: string, step: string): string | undefined {
  return /^\s*[+-]?\d+$/.test(step) ? reader.element(json, Number(step)) : undefined
}

function accessFunctions(reader: Reader): ScalarFunction[] {
  const { type, prefix } = reader
  const text = (value: string | null | undefined) =>
    value === null || value === undefined ? null : reader.unquoted(value)
  const pathCall = (json: string, path: Path) => valueAtPath(reader, json, path)
  const pathTextCall = (json: string, path: Path) => text(valueAtPath(reader, json, path))
  const operators: readonly (readonly [string, DataType, DataType, Call])[] = [
    ['->', textType, type, (json: string, key: string) => reader.member(json, key) ?? null],
    ['->', int4Type, type, (json: string, index: number) => reader.element(json, index) ?? null],
    ['->>', textType, textType, (json: string, key: string) => text(reader.member(json, key))],
    ['->>', int4Type, textType, (json: string, index: number) => text(reader.element(json, index))],
    ['#>', arrayOf(textType), type, pathCall],
    ['#>>', arrayOf(textType), textType, pathTextCall],
  ]
  return [
    ...operators.map(([name, right, returns, call]) =>
      defineOperator(name, [type, right], returns, { call }),
    ),
    defineFunction(
      `${prefix}_extract_path`,
      [type, textType],
      type,
      {
        call: (json: string, ...path: string[]) => pathCall(json, path),
      },
      { variadic: true },
    ),
    defineFunction(
      `${prefix}_extract_path_text`,
      [type, textType],
      textType,
      {
        call: (json: string, ...path: string[]) => pathTextCall(json, path),
      },
      { variadic: true },
    ),
    defineFunction(`${prefix}_typeof`, [type], textType, { call: jsonKind }, { neverNull: true }),
    defineFunction(
      `${prefix}_array_length`,
      [type],
      int4Type,
      {
        call: (json: string) => arrayLength(json, reader.count),
      },
      { neverNull: true },
    ),
  ]
}

function arrayLength(json: string, count: (json: string) => number): number {
  const kind = jsonKind(json)
  if (kind === 'array') return count(json)
  const what = kind === 'object' ? 'a non-array' : 'a scalar'
  throw new SqlError(SqlState.invalidParameterValue, `cannot get array length of ${what}`)
}

/** A function over parsed jsonb that gives parsed jsonb. */
function modify(change: (value: Json, ...rest: never[]) => Json): { readonly call: Call } {
  return { call: (json: string, ...rest: never[]) => formatJson(change(parseJson(json), ...rest)) }
}

function keyExists(json: string, key: string): boolean {
  const kind = jsonKind(json)
  if (kind === 'object') return hasMember(json, key)
  if (kind === 'string') return json === quoteJson(key)
  return kind === 'array' && (parseJson(json) as readonly Json[]).includes(key)
}

/** @> and <@: the contained document is parsed once where it is a constant. */
function containment(containerFirst: boolean): { readonly prepare: (site: CallSite) => Call } {
  return {
    prepare: () => {
      let lastText: string | undefined
      let last: Json = null
      const contains = (container: string, contained: string) => {
        if (contained !== lastText) {
          last = parseJson(contained)
          lastText = contained
        }
        return container === contained || containsJson(parseJson(container), last)
      }
      return containerFirst
        ? contains
        : (contained: string, container: string) => contains(container, contained)
    },
  }
}

function compareTexts(left: string, right: string): number {
  return left === right ? 0 : compareJson(parseJson(left), parseJson(right))
}

const textArray = arrayOf(textType)
const sure = { neverNull: true } as const

const jsonbOperators: readonly ScalarFunction[] = [
  ...defineComparisons(jsonbType, jsonbType, compareTexts),
  defineOperator('@>', [jsonbType, jsonbType], boolType, containment(true), { ...sure, commutator: '<@' }),
  defineOperator('<@', [jsonbType, jsonbType], boolType, containment(false), { ...sure, commutator: '@>' }),
  defineOperator('?', [jsonbType, textType], boolType, { call: keyExists }, sure),
  defineOperator(
    '?|',
    [jsonbType, textArray],
    boolType,
    {
      call: (json: string, keys: Path) => keys.some(key => key !== null && keyExists(json, key)),
    },
    sure,
  ),
  defineOperator(
    '?&',
    [jsonbType, textArray],
    boolType,
    {
      call: (json: string, keys: Path) => keys.every(key => key === null || keyExists(json, key)),
    },
    sure,
  ),
  defineOperator(
    '||',
    [jsonbType, jsonbType],
    jsonbType,
    {
      call: (left: string, right: string) => formatJson(concatenate(parseJson(left), parseJson(right))),
    },
    sure,
  ),
  defineOperator('-', [jsonbType, textType], jsonbType, modify(deleteKey), sure),
  defineOperator('-', [jsonbType, textArray], jsonbType, modify(deleteKeys), sure),
  defineOperator('-', [jsonbType, int4Type], jsonbType, modify(deleteIndex), sure),
  defineOperator('#-', [jsonbType, textArray], jsonbType, modify(deletePath), sure),
]

const jsonbChanges: readonly ScalarFunction[] = [
  defineFunction(
    'jsonb_set',
    [jsonbType, textArray, jsonbType, boolType],
    jsonbType,
    {
      call: (json: string, path: Path, value: string, create = true) =>
        formatJson(setPath(parseJson(json), path, parseJson(value), create)),
    },
    { ...sure, optionalArgs: 1 },
  ),
  defineFunction(
    'jsonb_insert',
    [jsonbType, textArray, jsonbType, boolType],
    jsonbType,
    {
      call: (json: string, path: Path, value: string, after = false) =>
        formatJson(insertAtPath(parseJson(json), path, parseJson(value), after)),
    },
    { ...sure, optionalArgs: 1 },
  ),
  defineFunction('jsonb_strip_nulls', [jsonbType], jsonbType, modify(stripNulls), sure),
  defineFunction('json_strip_nulls', [jsonType], jsonType, { call: stripJsonNulls }, sure),
  defineFunction(
    'jsonb_pretty',
    [jsonbType],
    textType,
    { call: (json: string) => prettyJson(parseJson(json)) },
    sure,
  ),
]

/** json_strip_nulls writes compact text and keeps the order of members. */
function stripJsonNulls(json: string): string {
  const members: string[] = []
  const isObject = eachMember(json, (key, value) => {
    if (jsonKind(value) !== 'null') members.push(`${quoteJson(key)}:${stripJsonNulls(value)}`)
  })
  if (isObject) return `{${members.join(',')}}`
  const elements = jsonElements(json)
  if (elements !== undefined) return `[${elements.map(stripJsonNulls).join(',')}]`
  return jsonKind(json) === 'string' ? quoteJson(jsonUnquoted(json)!) : json.trim()
}

/** A function of arguments of any type, given their types and the context. */
function built(make: (site: CallSite, values: readonly RuntimeValue[]) => unknown) {
  return {
    prepare:
      (site: CallSite) =>
      (...values: RuntimeValue[]) =>
        make(site, values),
  }
}

const any = { kind: 'any' } as const
const anyElement = { kind: 'anyelement' } as const
const anyArray = { kind: 'anyarray' } as const
const stable = { volatility: 'stable', neverNull: true } as const
const variadic = { ...stable, variadic: true, strict: false } as const
const noArguments = { ...stable, strict: false } as const

const buildFunctions: readonly ScalarFunction[] = [
  defineFunction(
    'to_json',
    [anyElement],
    jsonType,
    built(({ types, context }, [value]) => jsonOf(types[0]!, value!, context)),
    stable,
  ),
  defineFunction(
    'to_jsonb',
    [anyElement],
    jsonbType,
    built(({ types, context }, [value]) => jsonbOf(types[0]!, value!, context)),
    stable,
  ),
  defineFunction(
    'array_to_json',
    [anyArray],
    jsonType,
    built(({ types, context }, [value]) => jsonOf(types[0]!, value!, context)),
    stable,
  ),
  defineFunction(
    'row_to_json',
    [any],
    jsonType,
    built(({ types, context }, [value]) => jsonOf(types[0]!, value!, context)),
    stable,
  ),
  defineFunction(
    'json_build_object',
    [any],
    jsonType,
    built(({ types, context }, values) => buildObject(types, values, context, false)),
    variadic,
  ),
  defineFunction('json_build_object', [], jsonType, { call: () => '{}' }, noArguments),
  defineFunction(
    'jsonb_build_object',
    [any],
    jsonbType,
    built(({ types, context }, values) => normalizeJsonb(buildObject(types, values, context, true))),
    variadic,
  ),
  defineFunction('jsonb_build_object', [], jsonbType, { call: () => '{}' }, noArguments),
  defineFunction(
    'json_build_array',
    [any],
    jsonType,
    built(({ types, context }, values) => buildArray(types, values, context)),
    variadic,
  ),
  defineFunction('json_build_array', [], jsonType, { call: () => '[]' }, noArguments),
  defineFunction(
    'jsonb_build_array',
    [any],
    jsonbType,
    built(({ types, context }, values) => normalizeJsonb(buildArray(types, values, context))),
    variadic,
  ),
  defineFunction('jsonb_build_array', [], jsonbType, { call: () => '[]' }, noArguments),
]

export const jsonFunctions: readonly ScalarFunction[] = [
  ...accessFunctions(jsonbReader),
  ...accessFunctions(jsonReader),
  ...jsonbOperators,
  ...jsonbChanges,
  ...buildFunctions,
]
