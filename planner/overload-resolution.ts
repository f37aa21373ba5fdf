/**
 * Which overload a call means: PostgreSQL's rules (chapter 10 of its manual; parse_func.c and parse_oper.c,
 * whose steps are kept in order): exact types, then most exact matches, then preferred types, then the
 * category of unknown literals, then "unknowns are like the known ones".
 */

import { canCast } from './cast-rules.ts'
import type { FunctionSignature, SignatureType } from './function-signature.ts'
import { isPseudoType, matchesPolymorphic } from './polymorphic.ts'
import type { DataType, TypeCategory } from './types.ts'
import { sameBaseType, typeCategory } from './types.ts'

/** A signature spread over a call's arguments: one declared type per actual argument. */
export interface Candidate {
  readonly signature: FunctionSignature
  readonly declared: readonly SignatureType[]
  /** The variadic argument was repeated, not given as an array. */
  readonly variadicSpread: boolean
}

export type Resolution =
  | { readonly kind: 'found'; readonly candidate: Candidate }
  | { readonly kind: 'none' }
  | { readonly kind: 'ambiguous' }

const none: Resolution = { kind: 'none' }
const ambiguous: Resolution = { kind: 'ambiguous' }

/** The signatures that take `count` arguments, with variadic and optional arguments spread. */
export function candidatesFor(signatures: readonly FunctionSignature[], count: number): Candidate[] {
  const candidates: Candidate[] = []
  for (const signature of signatures) {
    const declared = declaredFor(signature, count)
    if (declared !== undefined) {
      candidates.push({ signature, declared, variadicSpread: signature.variadic === true })
    }
  }
  return candidates.filter(candidate => !isShadowed(candidate, candidates))
}

function declaredFor(signature: FunctionSignature, count: number): readonly SignatureType[] | undefined {
  const { args } = signature
  if (signature.variadic === true) {
    const last = args[args.length - 1]
    if (last === undefined || count < args.length - (signature.optionalArgs ?? 0)) return undefined
    const declared = args.slice(0, Math.min(count, args.length))
    while (declared.length < count) declared.push(last)
    return declared
  }
  if (count > args.length || count < args.length - (signature.optionalArgs ?? 0)) return undefined
  return count === args.length ? args : args.slice(0, count)
}

/** Of two with the same argument types, the one without variadic or left-out arguments wins. */
function isShadowed(candidate: Candidate, all: readonly Candidate[]): boolean {
  const isPlain = (other: Candidate) =>
    !other.variadicSpread && other.signature.args.length === other.declared.length
  if (isPlain(candidate)) return false
  return all.some(
    other =>
      other !== candidate &&
      isPlain(other) &&
      other.declared.every((type, index) => sameSignatureType(type, candidate.declared[index]!)),
  )
}

/** Resolves a call in function notation. `actual` may hold `unknown`. */
export function resolveFunction(
  signatures: readonly FunctionSignature[],
  actual: readonly DataType[],
): Resolution {
  const candidates = candidatesFor(signatures, actual.length)
  const exact = candidates.find(({ declared }) => isExact(declared, actual))
  return exact === undefined ? selectCandidate(candidates, actual) : { kind: 'found', candidate: exact }
}

/** Resolves an operator. `left` is undefined for a prefix operator. */
export function resolveOperator(
  signatures: readonly FunctionSignature[],
  left: DataType | undefined,
  right: DataType,
): Resolution {
  const actual = left === undefined ? [right] : [left, right]
  const assumed = assumeKnown(actual)
  // Operators have no variadic or optional arguments.
  const exact = signatures.find(({ args }) => args.length === actual.length && isExact(args, assumed))
  if (exact === undefined) return selectCandidate(candidatesFor(signatures, actual.length), actual)
  return { kind: 'found', candidate: { signature: exact, declared: exact.args, variadicSpread: false } }
}

/** An operator whose one side is unknown is first tried with both sides of the known type. */
function assumeKnown(actual: readonly DataType[]): readonly DataType[] {
  const known = actual.find(type => type.kind !== 'unknown')
  return known === undefined ? actual : actual.map(type => (type.kind === 'unknown' ? known : type))
}

function isExact(declared: readonly SignatureType[], actual: readonly DataType[]): boolean {
  return declared.every((type, index) => sameSignatureType(type, actual[index]!))
}

/**
 * Resolves among overloads by implicit casts: oper_select_candidate, func_match_argtypes +
 * func_select_candidate.
 */
function selectCandidate(all: readonly Candidate[], actual: readonly DataType[]): Resolution {
  let candidates: readonly Candidate[] = all.filter(candidate => accepts(candidate, actual))
  if (candidates.length === 0) return none
  for (const narrow of [mostExact, mostExactOrPreferred, matchUnknownCategories, matchKnownType]) {
    if (candidates.length === 1) break
    candidates = narrow(candidates, actual)
  }
  return candidates.length === 1 ? { kind: 'found', candidate: candidates[0]! } : ambiguous
}

/** Every argument converts implicitly to its declared type, polymorphic types fit together. */
function accepts(candidate: Candidate, actual: readonly DataType[]): boolean {
  for (let index = 0; index < actual.length; index++) {
    const declared = candidate.declared[index]!
    if (!isPseudoType(declared) && !canCast(actual[index]!, declared, 'implicit')) return false
  }
  return matchesPolymorphic(candidate.declared, actual)
}

function mostExact(candidates: readonly Candidate[], actual: readonly DataType[]): readonly Candidate[] {
  return highest(candidates, candidate =>
    count(
      actual,
      (type, index) => type.kind !== 'unknown' && sameSignatureType(candidate.declared[index]!, type),
    ),
  )
}

function mostExactOrPreferred(
  candidates: readonly Candidate[],
  actual: readonly DataType[],
): readonly Candidate[] {
  return highest(candidates, candidate =>
    count(actual, (type, index) => {
      const declared = candidate.declared[index]!
      return (
        type.kind !== 'unknown' &&
        (sameSignatureType(declared, type) || isPreferredIn(declared, typeCategory(type).category))
      )
    }),
  )
}

/**
 * Unknown arguments get the category that all candidates agree on at their place, or string when one accepts
 * string; candidates of other categories, and non-preferred types where a preferred one is possible, are
 * dropped.
 */
function matchUnknownCategories(
  candidates: readonly Candidate[],
  actual: readonly DataType[],
): readonly Candidate[] {
  const slots = new Map<number, Slot>()
  for (let index = 0; index < actual.length; index++) {
    if (actual[index]!.kind !== 'unknown') continue
    const slot = unknownSlot(candidates, index)
    if (slot === undefined) return candidates
    slots.set(index, slot)
  }
  const kept = candidates.filter(candidate =>
    [...slots].every(([index, slot]) => {
      const { category, preferred } = signatureCategory(candidate.declared[index]!)
      return category === slot.category && (preferred || !slot.preferred)
    }),
  )
  return kept.length === 0 ? candidates : kept
}

interface Slot {
  readonly category: TypeCategory
  readonly preferred: boolean
}

/** The category for an unknown at `index`; undefined when candidates disagree and none takes a string. */
function unknownSlot(candidates: readonly Candidate[], index: number): Slot | undefined {
  let slot: Slot | undefined
  let conflict = false
  for (const candidate of candidates) {
    const current = signatureCategory(candidate.declared[index]!)
    if (slot === undefined) slot = current
    else if (slot.category === current.category) {
      slot = { category: slot.category, preferred: slot.preferred || current.preferred }
    } else if (current.category === 'S') slot = current
    else conflict = true
  }
  return conflict && slot?.category !== 'S' ? undefined : slot
}

/** If all known arguments have one type, unknowns are assumed to have it too. */
function matchKnownType(candidates: readonly Candidate[], actual: readonly DataType[]): readonly Candidate[] {
  const known = actual.filter(type => type.kind !== 'unknown')
  const first = known[0]
  if (first === undefined || known.length === actual.length) return candidates
  if (!known.every(type => sameBaseType(type, first))) return candidates
  const assumed = actual.map(() => first)
  const kept = candidates.filter(candidate => accepts(candidate, assumed))
  return kept.length === 1 ? kept : candidates
}

function highest(
  candidates: readonly Candidate[],
  score: (candidate: Candidate) => number,
): readonly Candidate[] {
  const scores = candidates.map(score)
  const best = Math.max(...scores)
  return candidates.filter((_, index) => scores[index] === best)
}

function count(actual: readonly DataType[], test: (type: DataType, index: number) => boolean): number {
  let matches = 0
  for (let index = 0; index < actual.length; index++) if (test(actual[index]!, index)) matches++
  return matches
}

function isPreferredIn(type: SignatureType, category: TypeCategory): boolean {
  const own = signatureCategory(type)
  return own.preferred && own.category === category
}

/** Pseudo types have their own category and are never preferred. */
function signatureCategory(type: SignatureType): Slot {
  return isPseudoType(type) ? pseudoCategory : typeCategory(type)
}

const pseudoCategory: Slot = { category: 'P', preferred: false }

function sameSignatureType(left: SignatureType, right: SignatureType): boolean {
  if (isPseudoType(left) || isPseudoType(right)) return left.kind === right.kind
  return sameBaseType(left, right)
}

/**
 * For operators that must exist whatever the user wrote, `=` of a common type say; undefined when there is
 * none.
 */
export function findOperator(
  signatures: readonly FunctionSignature[],
  left: DataType | undefined,
  right: DataType,
): FunctionSignature | undefined {
  const operators = signatures.filter(signature => signature.kind === 'operator')
  const resolution = resolveOperator(operators, left, right)
  return resolution.kind === 'found' ? resolution.candidate.signature : undefined
}
