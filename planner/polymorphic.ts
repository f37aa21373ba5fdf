/**
 * Polymorphic argument types: anyelement/anyarray/anynonarray must agree on one type, the anycompatible
 * family on a common supertype (parse_coerce.c: check_generic_type_consistency,
 * enforce_generic_type_consistency).
 */

import { canCast } from './cast-rules.ts'
import { selectCommonType } from './common-type.ts'
import type { PseudoType, SignatureType } from './function-signature.ts'
import type { DataType } from './types.ts'
import { arrayOf, sameBaseType, textType, unknownType } from './types.ts'

export function isPseudoType(type: SignatureType): type is PseudoType {
  return type.kind.startsWith('any')
}

/** Whether the polymorphic places among `declared` accept `actual` together. `unknown` fits everywhere. */
export function matchesPolymorphic(declared: readonly SignatureType[], actual: readonly DataType[]): boolean {
  return matchesElement(declared, actual) && matchesCompatible(declared, actual)
}

function matchesElement(declared: readonly SignatureType[], actual: readonly DataType[]): boolean {
  let element: DataType | undefined
  for (let index = 0; index < actual.length; index++) {
    const own = elementOf(declared[index]!, actual[index]!, elementFamily)
    if (own === undefined) continue
    if (own === 'mismatch') return false
    if (element !== undefined && !sameBaseType(element, own)) return false
    element = own
  }
  const needsScalar = declared.some(type => type.kind === 'anynonarray')
  return !(needsScalar && element?.kind === 'array')
}

function matchesCompatible(declared: readonly SignatureType[], actual: readonly DataType[]): boolean {
  const elements: DataType[] = []
  for (let index = 0; index < actual.length; index++) {
    const own = elementOf(declared[index]!, actual[index]!, compatibleFamily)
    if (own === 'mismatch') return false
    if (own !== undefined) elements.push(own)
  }
  if (elements.length === 0) return true
  const common = selectCommonType(elements)
  if (common === undefined || !elements.every(type => canCast(type, common, 'implicit'))) return false
  return !(common.kind === 'array' && declared.some(type => type.kind === 'anycompatiblenonarray'))
}

interface Family {
  readonly scalars: readonly string[]
  readonly array: string
}

const elementFamily: Family = { scalars: ['anyelement', 'anynonarray'], array: 'anyarray' }
const compatibleFamily: Family = {
  scalars: ['anycompatible', 'anycompatiblenonarray'],
  array: 'anycompatiblearray',
}

/** The element type an argument stands for in its family; undefined when it says nothing. */
function elementOf(
  declared: SignatureType,
  actual: DataType,
  family: Family,
): DataType | 'mismatch' | undefined {
  if (actual.kind === 'unknown') return undefined
  if (family.scalars.includes(declared.kind)) return actual
  if (declared.kind !== family.array) return undefined
  return actual.kind === 'array' ? actual.element : 'mismatch'
}

/** What the polymorphic places of a call stand for, once resolved. */
export interface PolymorphicTypes {
  /** Of the anyelement family; undefined when every such argument is unknown. */
  readonly element: DataType | undefined
  /** Of the anycompatible family; text when every such argument is unknown. */
  readonly compatible: DataType
}

/** Requires `matchesPolymorphic`. */
export function bindPolymorphic(
  declared: readonly SignatureType[],
  actual: readonly DataType[],
): PolymorphicTypes {
  const known = (family: Family) =>
    declared
      .map((type, index) => elementOf(type, actual[index]!, family))
      .filter((type): type is DataType => type !== undefined && type !== 'mismatch')
  return {
    element: known(elementFamily)[0],
    compatible: selectCommonType(known(compatibleFamily)) ?? textType,
  }
}

/**
 * A declared type with its polymorphism resolved; undefined when it could not be determined; `any` stays
 * unknown.
 */
export function resolveDeclared(declared: SignatureType, types: PolymorphicTypes): DataType | undefined {
  if (!isPseudoType(declared)) return declared
  switch (declared.kind) {
    case 'any':
      return unknownType
    case 'anyelement':
    case 'anynonarray':
      return types.element
    case 'anyarray':
      return types.element && arrayOf(types.element)
    case 'anycompatible':
    case 'anycompatiblenonarray':
      return types.compatible
    case 'anycompatiblearray':
      return arrayOf(types.compatible)
  }
}
