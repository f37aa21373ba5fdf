/**
 * Plain trees in pieces: a large tree crosses to another thread in many small messages, so that the thread
 * that receives them reads one at a time and has turns for others in between.
 */

import type { Steps } from '../../planner/steps.ts'

/**
 * A part of the tree. Parts that were cut out of it come in pieces before it; its holes say where they
 * belong. Identity survives within a piece, so that a hole names its holder itself.
 */
export interface Piece {
  readonly root: unknown
  readonly holes: readonly Hole[]
}

interface Hole {
  readonly holder: Record<string, unknown> | unknown[]
  /** undefined: the piece's elements are added to the end of the holder, an array. */
  readonly key: string | undefined
  /** Index of the piece that belongs there. */
  readonly piece: number
}

/** Values in a piece; reading that many takes some tenths of a millisecond. */
const PIECE_VALUES = 1000

/** The pieces of a tree of arrays, plain objects and scalars. The tree is left as it is. */
export function cutIntoPieces(tree: unknown): Piece[] {
  const cutter = new Cutter()
  cutter.cut(cutter.copy(tree))
  return cutter.pieces
}

class Cutter {
  readonly pieces: Piece[] = []
  /** Of what was copied and not cut out yet, innermost last. */
  #holes: Hole[] = []
  /** Values copied and not cut out yet. */
  #count = 0

  /** A copy without what was cut out of it. */
  copy(value: unknown): unknown {
    this.#count += 1
    if (typeof value !== 'object' || value === null) return value
    return Array.isArray(value) ? this.#copyArray(value) : this.#copyObject(value as Record<string, unknown>)
  }

  /** Makes a piece of a copy, with all the holes since `mark`. Returns its index. */
  cut(root: unknown, mark = 0): number {
    this.pieces.push({ root, holes: this.#holes.splice(mark) })
    return this.pieces.length - 1
  }

  #copyObject(source: Record<string, unknown>): Record<string, unknown> {
    const copy: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(source)) {
      const mark = this.#holes.length
      const start = this.#count
      const part = this.copy(value)
      if (this.#count - start < PIECE_VALUES) copy[key] = part
      else {
        // Keeps its place among the properties.
        copy[key] = undefined
        this.#cutOut(copy, key, part, mark)
        this.#count = start + 1
      }
    }
    return copy
  }

  #copyArray(source: readonly unknown[]): unknown[] {
    const copy: unknown[] = []
    const start = this.#count
    let mark = this.#holes.length
    let run: unknown[] = []
    let isCut = false
    const cutRun = () => {
      this.#cutOut(copy, undefined, run, mark)
      this.#count = start
      mark = this.#holes.length
      run = []
      isCut = true
    }
    for (const value of source) {
      run.push(this.copy(value))
      if (this.#count - start >= PIECE_VALUES) cutRun()
    }
    if (isCut) cutRun()
    else copy.push(...run)
    return copy
  }

  #cutOut(holder: Hole['holder'], key: string | undefined, part: unknown, mark: number): void {
    const piece = this.cut(part, mark)
    this.#holes.push({ holder, key, piece })
  }
}

/** The tree again, a step for each piece; `receive` gives them in their order. */
export function* joinPieces(count: number, receive: () => Piece): Steps<unknown> {
  const roots: unknown[] = []
  for (let index = 0; index < count; index++) {
    const { root, holes } = receive()
    for (const { holder, key, piece } of holes) {
      const part = roots[piece]
      roots[piece] = undefined
      if (!Array.isArray(holder)) holder[key!] = part
      else for (const element of part as readonly unknown[]) holder.push(element)
    }
    roots.push(root)
    yield
  }
  return roots[count - 1]
}
