/**
 * Which casts exist and where they apply: PostgreSQL 15's pg_cast for our types, arrays by element, and its
 * rules for casts through the text form (parse_coerce.c, find_coercion_pathway). Only the question is
 * answered here; the cast itself is executor/expression/cast.ts.
 */

import type { CastContext } from './expression.ts'
import type { DataType, TypeKind } from './types.ts'
import { sameBaseType, typeCategory, typeModifier } from './types.ts'

/**
 * Whether a value of `from` may become `to` in `context`, type modifiers aside. `unknown` literals become
 * anything.
 */
export function canCast(from: DataType, to: DataType, context: CastContext): boolean {
  if (from.kind === 'unknown' || sameBaseType(from, to)) return true
  if (to.kind === 'unknown') return false
  if (from.kind === 'array' && to.kind === 'array') return canCast(from.element, to.element, context)
  if (from.kind === 'record' && to.kind === 'record') return canCastRecord(from, to, context)
  const declared = castTable.get(from.kind)?.get(to.kind)
  if (declared !== undefined && contextRank[declared] <= contextRank[context]) return true
  return canCastThroughText(from, to, context)
}

/**
 * Every type has a text form: assignment may write it to a string type, an explicit cast may also read it
 * from one.
 */
function canCastThroughText(from: DataType, to: DataType, context: CastContext): boolean {
  if (context === 'implicit' || from.kind === 'void' || to.kind === 'void') return false
  if (typeCategory(to).category === 'S') return true
  return context === 'explicit' && typeCategory(from).category === 'S' && to.kind !== 'record'
}

function canCastRecord(
  from: DataType & { kind: 'record' },
  to: DataType & { kind: 'record' },
  context: CastContext,
): boolean {
  return (
    from.fields.length === to.fields.length &&
    from.fields.every((field, index) => canCast(field.type, to.fields[index]!.type, context))
  )
}

/** The type without precision and length; what a literal is parsed as before its modifier is applied. */
export function withoutModifier(type: DataType): DataType {
  if (typeModifier(type) === -1) return type
  return type.kind === 'array'
    ? { kind: 'array', element: withoutModifier(type.element) }
    : ({ kind: type.kind } as DataType)
}

const contextRank: Record<CastContext, number> = { implicit: 0, assignment: 1, explicit: 2 }

/** pg_cast by source: targets that apply implicitly, in assignments, and only explicitly. */
const castLists: Partial<
  Record<TypeKind, readonly [implicit: string, assignment: string, explicit: string]>
> = {
  bool: ['', 'text bpchar varchar', 'int4'],
  char: ['text', 'bpchar varchar', 'int4'],
  name: ['text', 'bpchar varchar', ''],
  int2: ['int4 int8 float4 float8 numeric oid regproc regclass regtype regnamespace', '', ''],
  int4: ['int8 float4 float8 numeric oid regproc regclass regtype regnamespace', 'int2', 'bool char'],
  int8: ['float4 float8 numeric oid regproc regclass regtype regnamespace', 'int2 int4', ''],
  float4: ['float8', 'int2 int4 int8 numeric', ''],
  float8: ['', 'int2 int4 int8 float4 numeric', ''],
  numeric: ['float4 float8', 'int2 int4 int8', ''],
  oid: ['regproc regclass regtype regnamespace', 'int4 int8', ''],
  regproc: ['oid', 'int4 int8', ''],
  regclass: ['oid', 'int4 int8', ''],
  regtype: ['oid', 'int4 int8', ''],
  regnamespace: ['oid', 'int4 int8', ''],
  text: ['bpchar varchar name regclass', 'char', ''],
  varchar: ['text bpchar name regclass', 'char', ''],
  bpchar: ['text varchar name', 'char', ''],
  date: ['timestamp timestamptz', '', ''],
  time: ['interval timetz', '', ''],
  timetz: ['', 'time', ''],
  timestamp: ['timestamptz', 'date time', ''],
  timestamptz: ['', 'date time timestamp timetz', ''],
  interval: ['', 'time', ''],
  json: ['', 'jsonb', ''],
  jsonb: ['', 'json', 'bool int2 int4 int8 float4 float8 numeric'],
}

const castTable = new Map<TypeKind, ReadonlyMap<TypeKind, CastContext>>()
for (const [from, [implicit, assignment, explicit]] of Object.entries(castLists)) {
  const targets = new Map<TypeKind, CastContext>()
  const add = (kinds: string, context: CastContext) => {
    for (const kind of kinds.split(' ')) if (kind !== '') targets.set(kind as TypeKind, context)
  }
  add(implicit, 'implicit')
  add(assignment, 'assignment')
  add(explicit, 'explicit')
  castTable.set(from as TypeKind, targets)
}

/**
 * The type that `name(x)` in function notation means, as a cast; undefined when it is no type's internal
 * name.
 */
export function typeNamedByFunction(name: string): DataType | undefined {
  return functionTypeNames.has(name) ? ({ kind: name } as DataType) : undefined
}

const functionTypeNames: ReadonlySet<string> = new Set([
  'bool',
  'int2',
  'int4',
  'int8',
  'oid',
  'float4',
  'float8',
  'numeric',
  'text',
  'name',
  'varchar',
  'bpchar',
  'bytea',
  'uuid',
  'json',
  'jsonb',
  'date',
  'time',
  'timetz',
  'timestamp',
  'timestamptz',
  'interval',
  'regclass',
  'regtype',
  'regproc',
  'regnamespace',
])
