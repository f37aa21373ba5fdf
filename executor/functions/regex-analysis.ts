/**
 * What a regular expression can begin with, and whether it is deterministic: at every choice the next
 * character decides. Then it has one parse at most, and backtracking finds the match that PostgreSQL finds.
 * Otherwise regex-extent.ts decides.
 */

import type { RegexNode } from './regex-parse.ts'
import type { CodePointSet } from './regex-set.ts'
import { intersects, union } from './regex-set.ts'

/** True when no quantifier prefers short matches and every choice is decided by the next character. */
export function isDeterministic(node: RegexNode): boolean {
  return decides(node, [])
}

/** `follow` is what may stand behind the node within the pattern. */
function decides(node: RegexNode, follow: CodePointSet): boolean {
  switch (node.kind) {
    case 'set':
    case 'anchor':
      return true
    case 'look':
      return !hasCapture(node.node)
    case 'backreference':
      return false
    case 'capture':
      return decides(node.node, follow)
    case 'sequence':
      return sequenceDecides(node.nodes, follow)
    case 'alternation':
      return alternationDecides(node.nodes, follow)
    case 'repeat': {
      if (node.min === node.max && node.min <= 1) return decides(node.node, follow)
      const first = firstSet(node.node)
      if (node.lazy || isNullable(node.node) || !decides(node.node, union(first, follow))) return false
      return node.min === node.max || !intersects(first, follow)
    }
  }
}

function sequenceDecides(nodes: readonly RegexNode[], follow: CodePointSet): boolean {
  let behind = follow
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index]!
    if (!decides(node, behind)) return false
    behind = isNullable(node) ? union(firstSet(node), behind) : firstSet(node)
  }
  return true
}

function alternationDecides(nodes: readonly RegexNode[], follow: CodePointSet): boolean {
  let before: CodePointSet = []
  for (const node of nodes) {
    const first = firstSet(node)
    if (isNullable(node) || intersects(first, before) || !decides(node, follow)) return false
    before = union(before, first)
  }
  return true
}

function hasCapture(node: RegexNode): boolean {
  switch (node.kind) {
    case 'capture':
      return true
    case 'sequence':
    case 'alternation':
      return node.nodes.some(hasCapture)
    case 'repeat':
    case 'look':
      return hasCapture(node.node)
    default:
      return false
  }
}

function isNullable(node: RegexNode): boolean {
  switch (node.kind) {
    case 'set':
      return false
    case 'anchor':
    case 'look':
    case 'backreference':
      return true
    case 'capture':
      return isNullable(node.node)
    case 'sequence':
      return node.nodes.every(isNullable)
    case 'alternation':
      return node.nodes.some(isNullable)
    case 'repeat':
      return node.min === 0 || isNullable(node.node)
  }
}

function firstSet(node: RegexNode): CodePointSet {
  switch (node.kind) {
    case 'set':
      return node.set
    case 'anchor':
    case 'look':
    case 'backreference':
      return []
    case 'capture':
    case 'repeat':
      return firstSet(node.node)
    case 'alternation':
      return union(...node.nodes.map(firstSet))
    case 'sequence': {
      const sets: CodePointSet[] = []
      for (const child of node.nodes) {
        sets.push(firstSet(child))
        if (!isNullable(child)) break
      }
      return union(...sets)
    }
  }
}

/** Whether a node prefers long or short matches, by PostgreSQL's rules (9.7.3.5); undefined = neither. */
export function preference(node: RegexNode): 'long' | 'short' | undefined {
  switch (node.kind) {
    case 'capture':
      return preference(node.node)
    case 'alternation':
      return 'long'
    case 'repeat':
      return node.fixed ? preference(node.node) : node.lazy ? 'short' : 'long'
    case 'sequence':
      for (const child of node.nodes) {
        const own = preference(child)
        if (own !== undefined) return own
      }
      return undefined
    default:
      return undefined
  }
}

/** Iterations from which an ambiguous body counts as endless. */
const ENDLESS = 8

/**
 * True when backtracking may take exponential time: a repetition of something that is ambiguous in itself.
 */
export function mayExplode(node: RegexNode): boolean {
  switch (node.kind) {
    case 'set':
    case 'anchor':
    case 'backreference':
      return false
    case 'capture':
    case 'look':
      return mayExplode(node.node)
    case 'sequence':
    case 'alternation':
      return node.nodes.some(mayExplode)
    case 'repeat': {
      const endless = node.max === undefined || node.max > ENDLESS
      if (!endless) return mayExplode(node.node)
      return isNullable(node.node) || !decides(node.node, firstSet(node.node))
    }
  }
}

/**
 * True when a place in the text matters beyond its ends: V8's linear-time engine cannot take such patterns.
 */
export function looksAround(node: RegexNode): boolean {
  switch (node.kind) {
    case 'look':
      return true
    case 'anchor':
      return node.anchor !== 'start' && node.anchor !== 'end'
    case 'sequence':
    case 'alternation':
      return node.nodes.some(looksAround)
    case 'capture':
    case 'repeat':
      return looksAround(node.node)
    default:
      return false
  }
}
