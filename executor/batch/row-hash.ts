/**
 * Hashing and equality of rows by their key columns, as generated code: one function per tuple of key
 * types.
 *
 * KeySource hands out the source pieces from which kernels are assembled (state/key-index.ts fuses them
 * with the probe of its table). NULLs are equal to each other. Code without NULL checks is made for batches
 * that have none.
 */

import { unreachable } from '../../planner/assert.ts'
import type { DataType } from '../../planner/types.ts'
import { physicalKind } from '../../planner/types.ts'
import { compileFunction } from '../expression/codegen.ts'
import type { Column } from './column.ts'
import type { KeyLibrary } from './key-library.ts'
import { keyLibrary } from './key-library.ts'

/** Start value of every row hash. */
export const HASH_SEED = 0x5bd1e995
/** The word that stands for NULL in a hash. */
const NULL_WORD = 0x6b43a9b5

/**
 * 'equal': SQL's =, for keys: 1.0 = 1.00, -0 = 0, '1 day' = '24 hours'. 'identical': values that also look
 * the same, for finding the very row that is retracted. NaN is NaN in both.
 */
export type Identity = 'equal' | 'identical'

/**
 * Source pieces for keys of some types. `prefix` names a set of columns, `row` is an expression without
 * side effects.
 */
export interface KeySource {
  /** Declares the locals of `prefix` from an array of columns; needs `lib`. */
  declare(columns: string, prefix: string): string
  /** Statements that leave the row's hash in the variable `hash`. */
  hash(prefix: string, row: string, nulls: boolean): string
  /** An expression: the two rows' keys are equal. */
  equal(left: string, leftRow: string, right: string, rightRow: string, nulls: boolean): string
  /** Rows with equal hashes are equal, as long as no NULL is involved: a single key of at most 32 bits. */
  readonly hashIsKey: boolean
}

/** The source pieces for keys of these types. */
export function keySource(types: readonly DataType[], identity: Identity = 'equal'): KeySource {
  const parts = types.map(type => partOf(type, identity))
  return {
    declare: (columns, prefix) =>
      parts
        .map((part, index) => {
          const name = `${prefix}${index}`
          return `const ${name}c = ${columns}[${index}], ${name}n = ${name}c.validity${part.declare(name)};`
        })
        .join('\n'),
    hash: (prefix, row, nulls) => {
      const steps = parts.map((part, index) => {
        const name = `${prefix}${index}`
        const step = part.hash(name, row)
        return nulls
          ? `if (${isNullAt(name, row)}) { ${wordStep(String(NULL_WORD))} } else { ${step} }`
          : step
      })
      return (
        `hash = ${HASH_SEED};\n${steps.join('\n')}\n` +
        'hash = Math.imul(hash, 0x2c1b3c6d); hash ^= hash >>> 13;'
      )
    },
    equal: (left, leftRow, right, rightRow, nulls) => {
      const terms = parts.map((part, index) => {
        const equal = part.equal(`${left}${index}`, leftRow, `${right}${index}`, rightRow)
        if (!nulls) return equal
        const leftNull = isNullAt(`${left}${index}`, leftRow)
        const rightNull = isNullAt(`${right}${index}`, rightRow)
        return `(${leftNull} ? ${rightNull} : !${rightNull} && ${equal})`
      })
      return terms.length === 0 ? 'true' : terms.join(' && ')
    },
    hashIsKey: types.length === 1 && ['bool', 'int16', 'int32'].includes(physicalKind(types[0]!)),
  }
}

/** True when some column can hold a NULL: the kernel needs the code with NULL checks. */
export function hasNulls(columns: readonly Column[]): boolean {
  return columns.some(column => column.validity !== undefined)
}

type HashKernel = (
  lib: KeyLibrary,
  columns: readonly Column[],
  rows: Int32Array | undefined,
  count: number,
  hashes: Int32Array,
) => void

/** The hashes of rows `rows[0 .. count)` (rows 0 .. count without `rows`) by all the columns. */
export function hashRows(
  columns: readonly Column[],
  rows: Int32Array | undefined,
  count: number,
  hashes: Int32Array,
  identity: Identity = 'equal',
): void {
  hashKernel(columns, identity)(keyLibrary, columns, rows, count, hashes)
}

const hashKernels = new Map<string, HashKernel>()

/**
 * Cached by what decides the source, because a look-up by the source itself costs more than hashing a few
 * rows.
 */
function hashKernel(columns: readonly Column[], identity: Identity): HashKernel {
  const nulls = hasNulls(columns)
  let key = `${identity} ${nulls}`
  for (const { type } of columns) key += ' ' + type.kind
  const known = hashKernels.get(key)
  if (known !== undefined) return known
  const source = keySource(
    columns.map(column => column.type),
    identity,
  )
  const kernel = compileFunction<HashKernel>(
    ['lib', 'columns', 'rows', 'count', 'hashes'],
    `
${source.declare('columns', 'a')}
for (let index = 0; index < count; index++) {
  const row = rows === undefined ? index : rows[index]
  let ${source.hash('a', 'row', nulls)}
  hashes[index] = hash
}`,
  )
  hashKernels.set(key, kernel)
  return kernel
}

/** Whether two rows are equal in all columns. */
export type RowsEqual = (
  left: readonly Column[],
  leftRow: number,
  right: readonly Column[],
  rightRow: number,
) => boolean

/** The equality of rows with columns of these types. */
export function compileRowsEqual(types: readonly DataType[], identity: Identity = 'equal'): RowsEqual {
  const source = keySource(types, identity)
  const kernel = compileFunction<
    (
      lib: KeyLibrary,
      left: readonly Column[],
      leftRow: number,
      right: readonly Column[],
      rightRow: number,
    ) => boolean
  >(
    ['lib', 'left', 'leftRow', 'right', 'rightRow'],
    `
${source.declare('left', 'a')}
${source.declare('right', 'b')}
return ${source.equal('a', 'leftRow', 'b', 'rightRow', true)}`,
  )
  return (left, leftRow, right, rightRow) => kernel(keyLibrary, left, leftRow, right, rightRow)
}

interface KeyPart {
  /** Further declarators, each with a leading comma. */
  declare(name: string): string
  hash(name: string, row: string): string
  equal(left: string, leftRow: string, right: string, rightRow: string): string
}

function partOf(type: DataType, identity: Identity): KeyPart {
  const layout = physicalKind(type)
  switch (layout) {
    case 'bool':
    case 'int16':
    case 'int32':
      return wordPart
    case 'int64':
      return int64Part
    case 'float32':
    case 'float64':
      return identity === 'equal' ? floatPart : floatBitsPart
    case 'numeric':
      return identity === 'equal' ? numericPart : numericDigitsPart
    case 'bytes':
      if (identity === 'identical') return bytesPart(false)
      return type.kind === 'interval' ? intervalPart : bytesPart(type.kind === 'bpchar')
    default:
      return unreachable(layout)
  }
}

function isNullAt(name: string, row: string): string {
  return `(${name}n !== undefined && (${name}n[${row} >> 3] & (1 << (${row} & 7))) === 0)`
}

/** key-library's hashWord, inlined. */
function wordStep(word: string): string {
  return `hash = Math.imul(hash ^ ${word}, 0x9e3779b1); hash ^= hash >>> 15;`
}

const wordPart: KeyPart = {
  declare: name => `, ${name}v = ${name}c.values`,
  hash: (name, row) => wordStep(`${name}v[${row}]`),
  equal: (left, leftRow, right, rightRow) => `${left}v[${leftRow}] === ${right}v[${rightRow}]`,
}

const int64Part: KeyPart = {
  declare: name => `, ${name}w = lib.wordsOf(${name}c.values)`,
  hash: (name, row) =>
    `hash = Math.imul(hash ^ ${name}w[${row} << 1], 0x9e3779b1) ^ ` +
    `Math.imul(${name}w[${row} << 1 | 1], 0x85ebca6b); hash ^= hash >>> 15;`,
  equal: (left, leftRow, right, rightRow) =>
    `${left}w[${leftRow} << 1] === ${right}w[${rightRow} << 1]` +
    ` && ${left}w[${leftRow} << 1 | 1] === ${right}w[${rightRow} << 1 | 1]`,
}

const floatPart: KeyPart = {
  declare: name => `, ${name}v = ${name}c.values`,
  hash: (name, row) => `hash = lib.hashFloat(hash, ${name}v[${row}]);`,
  equal: (left, leftRow, right, rightRow) => `lib.floatEqual(${left}v[${leftRow}], ${right}v[${rightRow}])`,
}

const numericPart: KeyPart = {
  declare: name => `, ${name}w = lib.wordsOf(${name}c.values)`,
  hash: (name, row) => `hash = lib.hashNumeric(hash, ${name}w, ${name}c, ${row});`,
  equal: (left, leftRow, right, rightRow) =>
    `lib.numericEqual(${left}w, ${left}c, ${leftRow}, ${right}w, ${right}c, ${rightRow})`,
}

/** Equal but for the sign of zero; hashes of equal values do for it. */
const floatBitsPart: KeyPart = {
  ...floatPart,
  equal: (left, leftRow, right, rightRow) => `Object.is(${left}v[${leftRow}], ${right}v[${rightRow}])`,
}

/** Equal and of one display scale. */
const numericDigitsPart: KeyPart = {
  ...numericPart,
  equal: (left, leftRow, right, rightRow) =>
    `lib.numericIdentical(${left}w, ${left}c, ${leftRow}, ${right}w, ${right}c, ${rightRow})`,
}

const intervalPart: KeyPart = {
  declare: name => `, ${name}v = lib.viewOf(${name}c.bytes), ${name}s = ${name}c.starts`,
  hash: (name, row) => `hash = lib.hashInterval(hash, ${name}v, ${name}s[${row}]);`,
  equal: (left, leftRow, right, rightRow) =>
    `lib.intervalEqual(${left}v, ${left}s[${leftRow}], ${right}v, ${right}s[${rightRow}])`,
}

function bytesPart(trimmed: boolean): KeyPart {
  const end = (name: string, row: string) =>
    trimmed ? `lib.trimmedEnd(${name}b, ${name}s[${row}], ${name}e[${row}])` : `${name}e[${row}]`
  return {
    declare: name =>
      `, ${name}b = ${name}c.bytes, ${name}v = lib.viewOf(${name}b), ` +
      `${name}s = ${name}c.starts, ${name}e = ${name}c.ends`,
    hash: (name, row) =>
      `hash = lib.hashBytes(hash, ${name}b, ${name}v, ${name}s[${row}], ${end(name, row)});`,
    equal: (left, leftRow, right, rightRow) =>
      `lib.bytesEqual(${left}b, ${left}v, ${left}s[${leftRow}], ${end(left, leftRow)}, ` +
      `${right}b, ${right}v, ${right}s[${rightRow}], ${end(right, rightRow)})`,
  }
}
