/**
 * Casts among text-like types that change the value, and between text-like types and the simple types around
 * them.
 */

import type { TypeKind } from '../../planner/types.ts'
import { trimEndSpaces } from '../functions/text-compare.ts'
import type { CastFunction } from './cast-function.ts'
import { truncateName } from './cast-length.ts'

const textKinds: readonly TypeKind[] = ['text', 'varchar']

export const textCasts: readonly CastFunction[] = [
  ...textKinds.flatMap(to => [
    { from: 'bpchar' as const, to, call: trimEndSpaces },
    { from: 'bool' as const, to, inline: (value: string) => `(${value} ? 'true' : 'false')` },
    { from: 'char' as const, to, inline: (value: string) => value },
  ]),
  { from: 'bool', to: 'bpchar', inline: value => `(${value} ? 'true' : 'false')` },
  { from: 'text', to: 'name', call: truncateName },
  { from: 'varchar', to: 'name', call: truncateName },
  { from: 'bpchar', to: 'name', call: (text: string) => truncateName(trimEndSpaces(text)) },
  { from: 'text', to: 'char', call: firstCharacter },
  { from: 'char', to: 'int4', call: (text: string) => ((text.codePointAt(0) ?? 0) << 24) >> 24 },
  { from: 'int4', to: 'char', call: (code: number) => (code === 0 ? '' : String.fromCharCode(code & 0x7f)) },
]

function firstCharacter(text: string): string {
  return text.slice(0, 1)
}
