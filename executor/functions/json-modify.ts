/** Changing jsonb: ||, -, #-, jsonb_set, jsonb_insert, jsonb_strip_nulls, jsonb_pretty (jsonfuncs.c). */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Json } from './json-value.ts'
import { formatJson, isArray, isObject, jsonObject, quoteJson } from './json-value.ts'

export type Path = readonly (string | null)[]

/** left || right: objects merge, everything else becomes one array. */
export function concatenate(left: Json, right: Json): Json {
  if (isObject(left) && isObject(right)) return jsonObject(new Map([...left, ...right]))
  const elements = (value: Json) => (isArray(value) ? value : [value])
  return [...elements(left), ...elements(right)]
}

/** jsonb - text: without a member, or without the elements that are this string. */
export function deleteKey(value: Json, key: string): Json {
  return deleteKeys(value, [key])
}

/** jsonb - text[]. */
export function deleteKeys(value: Json, keys: Path): Json {
  if (isObject(value)) return new Map([...value].filter(([key]) => !keys.includes(key)))
  if (isArray(value)) return value.filter(element => typeof element !== 'string' || !keys.includes(element))
  throw cannot('delete from scalar')
}

/** jsonb - integer: without one element, counted from the end when negative. */
export function deleteIndex(value: Json, index: number): Json {
  if (isObject(value)) throw cannot('delete from object using integer index')
  if (!isArray(value)) throw cannot('delete from scalar')
  const position = index < 0 ? value.length + index : index
  return value.filter((_, element) => element !== position)
}

function cannot(what: string): SqlError {
  return new SqlError(SqlState.invalidParameterValue, `cannot ${what}`)
}

/** jsonb #- path. */
export function deletePath(value: Json, path: Path): Json {
  if (!isObject(value) && !isArray(value)) throw cannot('delete path in scalar')
  return path.length === 0 || isEmpty(value) ? value : change(value, path, 0, { kind: 'delete' })
}

/** jsonb_set: replaces the value at the path; creates the last step when asked to. */
export function setPath(value: Json, path: Path, replacement: Json, create: boolean): Json {
  if (!isObject(value) && !isArray(value)) throw cannot('set path in scalar')
  const unchanged = path.length === 0 || (!create && isEmpty(value))
  return unchanged ? value : change(value, path, 0, { kind: 'set', value: replacement, create })
}

/** jsonb_insert: adds a member, or an element before (or after) the one at the path. */
export function insertAtPath(value: Json, path: Path, inserted: Json, after: boolean): Json {
  if (!isObject(value) && !isArray(value)) throw cannot('set path in scalar')
  return path.length === 0 ? value : change(value, path, 0, { kind: 'insert', value: inserted, after })
}

function isEmpty(value: Json): boolean {
  return isArray(value) ? value.length === 0 : isObject(value) && value.size === 0
}

type Change =
  | { readonly kind: 'delete' }
  | { readonly kind: 'set'; readonly value: Json; readonly create: boolean }
  | { readonly kind: 'insert'; readonly value: Json; readonly after: boolean }

function change(value: Json, path: Path, level: number, edit: Change): Json {
  const step = path[level]
  if (step === null || step === undefined) {
    throw new SqlError(SqlState.nullValueNotAllowed, `path element at position ${level + 1} is null`)
  }
  if (isObject(value)) return changeMember(value, step, path, level, edit)
  return isArray(value) ? changeElement(value, step, path, level, edit) : value
}

function changeMember(
  value: ReadonlyMap<string, Json>,
  key: string,
  path: Path,
  level: number,
  edit: Change,
): Json {
  const own = value.get(key)
  const last = level === path.length - 1
  if (own === undefined) {
    const added = last && (edit.kind === 'insert' || (edit.kind === 'set' && edit.create))
    return added ? jsonObject(new Map([...value, [key, edit.value]])) : value
  }
  if (!last) return new Map(value).set(key, change(own, path, level + 1, edit))
  if (edit.kind === 'delete') return deleteKey(value, key)
  if (edit.kind === 'set') return new Map(value).set(key, edit.value)
  throw new SqlError(SqlState.invalidParameterValue, 'cannot replace existing key', {
    hint: 'Try using the function jsonb_set to replace key value.',
  })
}

function changeElement(value: readonly Json[], step: string, path: Path, level: number, edit: Change): Json {
  const index = arrayIndex(step, level)
  const position = index < 0 ? value.length + index : index
  const last = level === path.length - 1
  if (position < 0 || position >= value.length) {
    const added = last && (edit.kind === 'insert' || (edit.kind === 'set' && edit.create))
    if (!added) return value
    return position < 0 ? [edit.value, ...value] : [...value, edit.value]
  }
  if (!last) return value.with(position, change(value[position]!, path, level + 1, edit))
  if (edit.kind === 'delete') return value.toSpliced(position, 1)
  if (edit.kind === 'set') return value.with(position, edit.value)
  return value.toSpliced(edit.after ? position + 1 : position, 0, edit.value)
}

function arrayIndex(step: string, level: number): number {
  if (!/^\s*[+-]?\d+$/.test(step) || Math.abs(Number(step)) > 2147483647) {
    const message = `path element at position ${level + 1} is not an integer: "${step}"`
    throw new SqlError(SqlState.invalidTextRepresentation, message)
  }
  return Number(step)
}

/** Without members that are null, at any depth. */
export function stripNulls(value: Json): Json {
  if (isArray(value)) return value.map(stripNulls)
  if (!isObject(value)) return value
  const kept = [...value].filter(([, member]) => member !== null)
  return new Map(kept.map(([key, member]) => [key, stripNulls(member)]))
}

/** jsonb_pretty: four spaces a level. */
export function prettyJson(value: Json, indent = ''): string {
  const inner = indent + '    '
  if (isArray(value)) {
    if (value.length === 0) return `[\n${indent}]`
    return `[\n${value.map(element => inner + prettyJson(element, inner)).join(',\n')}\n${indent}]`
  }
  if (!isObject(value)) return formatJson(value)
  if (value.size === 0) return `{\n${indent}}`
  const members = [...value].map(([key, member]) => `${inner}${quoteJson(key)}: ${prettyJson(member, inner)}`)
  return `{\n${members.join(',\n')}\n${indent}}`
}
