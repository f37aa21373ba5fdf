/**
 * Casts among text-like types that change the value, and between text-like types and the simple types around
 * them.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { TypeKind } from '../../planner/types.ts'
import { byteOfChar, charOfByte, formatChar, parseChar } from '../functions/char-text.ts'
import { trimEndSpaces } from '../functions/text-compare.ts'
import type { CastFunction } from './cast-function.ts'
import { truncateName } from './cast-length.ts'

const textKinds: readonly TypeKind[] = ['text', 'varchar']

export const textCasts: readonly CastFunction[] = [
  ...textKinds.flatMap(to => [
    { from: 'bpchar' as const, to, call: trimEndSpaces },
    { from: 'bool' as const, to, inline: (value: string) => `(${value} ? 'true' : 'false')` },
    { from: 'char' as const, to, call: formatChar },
  ]),
  { from: 'bool', to: 'bpchar', inline: value => `(${value} ? 'true' : 'false')` },
  { from: 'text', to: 'name', call: truncateName },
  { from: 'varchar', to: 'name', call: truncateName },
  { from: 'bpchar', to: 'name', call: (text: string) => truncateName(trimEndSpaces(text)) },
  ...(['text', 'varchar', 'bpchar', 'name'] as const).map(from => ({
    from,
    to: 'char' as const,
    call: parseChar,
  })),
  { from: 'char', to: 'int4', call: (text: string) => (byteOfChar(text) << 24) >> 24 },
  { from: 'int4', to: 'char', call: characterOfCode },
]

function characterOfCode(code: number): string {
  if (code < -128 || code > 127) throw new SqlError(SqlState.numericValueOutOfRange, '"char" out of range')
  return charOfByte(code & 0xff)
}
