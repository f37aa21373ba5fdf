/**
 * regproc's text form for the functions that PostgreSQL gives an OID and drivers ask for: those that read a
 * type's text (pg_type.typinput).
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import { parseOid } from './integer-text.ts'

const inputFunctions: ReadonlyMap<string, readonly [name: string, oid: number]> = new Map([
  ['bool', ['boolin', 1242]],
  ['bytea', ['byteain', 1244]],
  ['char', ['charin', 1245]],
  ['name', ['namein', 34]],
  ['int8', ['int8in', 460]],
  ['int2', ['int2in', 38]],
  ['int4', ['int4in', 42]],
  ['regproc', ['regprocin', 44]],
  ['text', ['textin', 46]],
  ['oid', ['oidin', 1798]],
  ['json', ['json_in', 321]],
  ['float4', ['float4in', 200]],
  ['float8', ['float8in', 214]],
  ['unknown', ['unknownin', 109]],
  ['bpchar', ['bpcharin', 1044]],
  ['varchar', ['varcharin', 1046]],
  ['date', ['date_in', 1084]],
  ['time', ['time_in', 1143]],
  ['timetz', ['timetz_in', 1350]],
  ['timestamp', ['timestamp_in', 1312]],
  ['timestamptz', ['timestamptz_in', 1150]],
  ['interval', ['interval_in', 1160]],
  ['numeric', ['numeric_in', 1701]],
  ['regclass', ['regclassin', 2218]],
  ['regtype', ['regtypein', 2220]],
  ['record', ['record_in', 2290]],
  ['void', ['void_in', 2298]],
  ['uuid', ['uuid_in', 2952]],
  ['jsonb', ['jsonb_in', 3806]],
  ['regnamespace', ['regnamespacein', 4084]],
  ['array', ['array_in', 750]],
])

const oidsByName = new Map(inputFunctions.values())
const namesByOid = new Map([...oidsByName].map(([name, oid]) => [oid, name]))

/** pg_type.typinput; 0 for a type that has none. */
export function inputFunctionOid(type: DataType): number {
  return inputFunctions.get(type.kind)?.[1] ?? 0
}

export function formatRegproc(oid: number): string {
  return oid === 0 ? '-' : (namesByOid.get(oid) ?? String(oid))
}

export function parseRegproc(text: string): number {
  const name = text.trim()
  if (name === '-') return 0
  if (/^\d+$/.test(name)) return parseOid(name)
  const oid = oidsByName.get(name.toLowerCase().replace(/^pg_catalog\./, ''))
  if (oid === undefined) throw new SqlError(SqlState.undefinedFunction, `function "${name}" does not exist`)
  return oid
}
