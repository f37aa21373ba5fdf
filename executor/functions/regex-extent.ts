/**
 * Where a match ends, and what its groups are, for patterns on which backtracking may disagree with
 * PostgreSQL: of the matches that begin at a place, the longest (or shortest) counts as a whole, then each
 * part in turn takes as much (or little) as leaves a match for the rest. This is the dissection of Henry
 * Spencer's library.
 *
 * Sets of positions are carried through the pattern, forwards to find the ends and backwards to find which
 * positions leave the rest matchable. No backtracking: the time is polynomial, whatever the pattern. Back
 * references are not handled.
 */

import { must } from '../../planner/assert.ts'
import { preference } from './regex-analysis.ts'
import type { RegexNode } from './regex-parse.ts'
import type { CodePointSet } from './regex-set.ts'
import { characterClass } from './regex-set.ts'

/** A match in UTF-16 indexes. */
export interface Extent {
  readonly end: number
  readonly groups: readonly (string | undefined)[]
}

/** Sorted, without duplicates. */
type Positions = readonly number[]

/** The preferred match of a pattern that begins at UTF-16 index `start` of `text`; one must begin there. */
export function matchExtent(node: RegexNode, captures: number, text: string, start: number): Extent {
  return new Dissection(subjectOf(text), captures).match(node, start)
}

/** The first UTF-16 index from `from` on at which a match of the pattern begins; undefined when none does. */
export function findStart(node: RegexNode, text: string, from: number): number | undefined {
  return new Dissection(subjectOf(text), 0).findStart(node, from)
}

interface Subject {
  readonly text: string
  readonly codePoints: readonly number[]
  /** UTF-16 index of every code point, when some take two units. */
  readonly indexes: readonly number[] | undefined
}

/** The text of the last match; global functions ask for one match after the other. */
let lastSubject: Subject | undefined

/** An equal string is compared once and takes the other's place: the same one is recognised at once. */
function subjectOf(text: string): Subject {
  lastSubject = lastSubject?.text === text ? { ...lastSubject, text } : makeSubject(text)
  return lastSubject
}

function makeSubject(text: string): Subject {
  const codePoints = Array.from(text, character => character.codePointAt(0)!)
  if (codePoints.length === text.length) return { text, codePoints, indexes: undefined }
  const indexes: number[] = []
  let index = 0
  for (const codePoint of codePoints) {
    indexes.push(index)
    index += codePoint > 0xffff ? 2 : 1
  }
  indexes.push(index)
  return { text, codePoints, indexes }
}

class Dissection {
  readonly #text: string
  readonly #codePoints: readonly number[]
  readonly #indexes: readonly number[] | undefined
  readonly #groups: ([number, number] | undefined)[]

  constructor(subject: Subject, captures: number) {
    this.#text = subject.text
    this.#codePoints = subject.codePoints
    this.#indexes = subject.indexes
    this.#groups = new Array<[number, number] | undefined>(captures).fill(undefined)
  }

  match(node: RegexNode, startIndex: number): Extent {
    const start = this.#indexes === undefined ? startIndex : this.#indexes.indexOf(startIndex)
    const ends = this.#forward(node, [start])
    const end = must(preference(node) === 'short' ? ends[0] : ends.at(-1), 'the pattern matches at its start')
    this.#dissect(node, start, end)
    const groups = this.#groups.map(
      range => range && this.#text.slice(this.#index(range[0]), this.#index(range[1])),
    )
    return { end: this.#index(end), groups }
  }

  findStart(node: RegexNode, from: number): number | undefined {
    for (let position = 0; position <= this.#codePoints.length; position++) {
      const index = this.#index(position)
      if (index >= from && this.#forward(node, [position]).length > 0) return index
    }
    return undefined
  }

  #index(position: number): number {
    return this.#indexes === undefined ? position : this.#indexes[position]!
  }

  /** The positions that a match from one of `starts` can end at. */
  #forward(node: RegexNode, starts: Positions): Positions {
    return this.#advance(node, starts, 1)
  }

  /** The positions from which a match can end at one of `ends`. */
  #backward(node: RegexNode, ends: Positions): Positions {
    return this.#advance(node, ends, -1)
  }

  #advance(node: RegexNode, positions: Positions, step: 1 | -1): Positions {
    if (positions.length === 0) return positions
    switch (node.kind) {
      case 'set':
        return this.#advanceSet(node.set, positions, step)
      case 'capture':
        return this.#advance(node.node, positions, step)
      case 'anchor':
      case 'look':
        return positions.filter(position => this.#holds(node, position))
      case 'alternation':
        return merge(node.nodes.map(child => this.#advance(child, positions, step)))
      case 'sequence': {
        const nodes = step === 1 ? node.nodes : node.nodes.toReversed()
        return nodes.reduce((reached, child) => this.#advance(child, reached, step), positions)
      }
      case 'repeat':
        return this.#advanceRepeat(node.node, node.min, node.max, positions, step)
      default:
        throw new Error('back references are matched by backtracking')
    }
  }

  #advanceSet(set: CodePointSet, positions: Positions, step: 1 | -1): Positions {
    const reached: number[] = []
    for (const position of positions) {
      const codePoint = this.#codePoints[step === 1 ? position : position - 1]
      if (codePoint !== undefined && includes(set, codePoint)) reached.push(position + step)
    }
    return reached
  }

  #advanceRepeat(
    node: RegexNode,
    min: number,
    max: number | undefined,
    positions: Positions,
    step: 1 | -1,
  ): Positions {
    let current = positions
    for (let count = 0; count < min && current.length > 0; count++)
      current = this.#advance(node, current, step)
    const reached = new Set(current)
    for (let count = min; (max === undefined || count < max) && current.length > 0; count++) {
      current = this.#advance(node, current, step).filter(position => !reached.has(position))
      for (const position of current) reached.add(position)
    }
    return [...reached].sort((left, right) => left - right)
  }

  /** Anchors and look-around hold at a position or not. */
  #holds(node: RegexNode & { kind: 'anchor' | 'look' }, position: number): boolean {
    if (node.kind === 'look') {
      const found = this.#advance(node.node, [position], node.ahead ? 1 : -1).length > 0
      return found !== node.negated
    }
    const before = this.#codePoints[position - 1]
    const after = this.#codePoints[position]
    switch (node.anchor) {
      case 'start':
        return before === undefined
      case 'end':
        return after === undefined
      case 'line_start':
        return before === undefined || before === 10
      case 'line_end':
        return after === undefined || after === 10
      case 'word_start':
        return !isWord(before) && isWord(after)
      case 'word_end':
        return isWord(before) && !isWord(after)
      case 'word':
        return isWord(before) !== isWord(after)
      case 'not_word':
        return isWord(before) === isWord(after)
    }
  }

  /** Sets the groups of a node that matches exactly from start to end. */
  #dissect(node: RegexNode, start: number, end: number): void {
    switch (node.kind) {
      case 'capture':
        this.#dissect(node.node, start, end)
        this.#groups[node.index] = [start, end]
        return
      case 'alternation': {
        const chosen = node.nodes.find(child => this.#forward(child, [start]).includes(end))
        this.#dissect(must(chosen, 'one branch matches'), start, end)
        return
      }
      case 'sequence':
        this.#dissectSequence(node.nodes, start, end)
        return
      case 'repeat':
        this.#dissectRepeat(node, start, end)
        return
      default:
        return
    }
  }

  #dissectSequence(nodes: readonly RegexNode[], start: number, end: number): void {
    let from = start
    for (const [index, node] of nodes.entries()) {
      const rest: RegexNode = { kind: 'sequence', nodes: nodes.slice(index + 1) }
      const to = this.#choose(node, from, this.#backward(rest, [end]))
      this.#dissect(node, from, to)
      from = to
    }
  }

  /** The preferred end of a match from `from` that is one of `allowed`. */
  #choose(node: RegexNode, from: number, allowed: Positions): number {
    const possible = new Set(allowed)
    const ends = this.#forward(node, [from]).filter(position => possible.has(position))
    return must(preference(node) === 'short' ? ends[0] : ends.at(-1), 'the rest matches from some end')
  }

  /** One iteration after the other, each clearing the groups of the one before. */
  #dissectRepeat(node: RegexNode & { kind: 'repeat' }, start: number, end: number): void {
    if (node.min === 0 && start === end) return
    let from = start
    // Once the minimum is reached and without a maximum, the rest is the same before every iteration.
    let repeated: ReadonlySet<number> | undefined
    for (let count = 1; from < end || count <= node.min; count++) {
      const possible: ReadonlySet<number> =
        repeated ?? new Set(this.#backward(iterationsAfter(node, count), [end]))
      if (node.max === undefined && count >= node.min) repeated = possible
      const ends = this.#forward(node.node, [from]).filter(position => possible.has(position))
      const moving = ends.filter(position => position > from)
      const candidates = count > node.min && moving.length > 0 ? moving : ends
      const to = must(node.lazy ? candidates[0] : candidates.at(-1), 'the repetition reaches its end')
      this.#clear(node.node)
      this.#dissect(node.node, from, to)
      if (to === from && count >= node.min) return
      from = to
    }
  }

  #clear(node: RegexNode): void {
    if (node.kind === 'capture') this.#groups[node.index] = undefined
    if (node.kind === 'sequence' || node.kind === 'alternation')
      for (const child of node.nodes) this.#clear(child)
    if (node.kind === 'capture' || node.kind === 'repeat' || node.kind === 'look') this.#clear(node.node)
  }
}

/** What may still follow after `count` iterations. */
function iterationsAfter(node: RegexNode & { kind: 'repeat' }, count: number): RegexNode {
  const max = node.max === undefined ? undefined : node.max - count
  return { ...node, min: Math.max(0, node.min - count), max }
}

function includes(set: CodePointSet, codePoint: number): boolean {
  let low = 0
  let high = set.length / 2 - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (codePoint < set[middle * 2]!) high = middle - 1
    else if (codePoint > set[middle * 2 + 1]!) low = middle + 1
    else return true
  }
  return false
}

function isWord(codePoint: number | undefined): boolean {
  return codePoint !== undefined && includes(characterClass('word')!, codePoint)
}

function merge(sets: readonly Positions[]): Positions {
  return [...new Set(sets.flat())].sort((left, right) => left - right)
}
