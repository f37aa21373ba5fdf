/** What the scanners of COPY FROM's formats have in common, and how lines end in text and csv. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { FieldRanges } from './field-ranges.ts'

export interface RowScanner {
  /** The data's own end marker was seen; what follows it is ignored. */
  readonly isDone: boolean
  /** Line of the row that is scanned next, or of the error. */
  readonly line: number
  /**
   * Scans whole rows of bytes [from, to) into `ranges` until these are full; `isEnd`: no more bytes will
   * come. Fields that are not in the data as they are get written behind `scratch`, whose room is to - from.
   * Returns where the first row that is not whole begins.
   */
  scan(bytes: Buffer, from: number, to: number, scratch: number, isEnd: boolean, ranges: FieldRanges): number
}

export const NEWLINE = 0x0a
export const RETURN = 0x0d
export const BACKSLASH = 0x5c
export const DOT = 0x2e

/** 22P04. */
export function badFormat(message: string, hint?: string): SqlError {
  return new SqlError(SqlState.badCopyFileFormat, message, { hint })
}

/** Negative results of `LineEnds.at`. */
export const UNFINISHED = -1
export const MIXED = -2

/** How lines end: as the first one does. */
export class LineEnds {
  #kind: 'unknown' | 'newline' | 'return' | 'return_newline' = 'unknown'
  readonly #isCsv: boolean

  constructor(isCsv: boolean) {
    this.#isCsv = isCsv
  }

  /**
   * The line break at `at`, a newline or carriage return: its length, UNFINISHED when bytes are missing to
   * tell, MIXED when it is not like those before.
   */
  at(bytes: Buffer, at: number, to: number, isEnd: boolean): number {
    if (bytes[at] === NEWLINE) {
      if (this.#kind === 'return' || this.#kind === 'return_newline') return MIXED
      this.#kind = 'newline'
      return 1
    }
    if (this.#kind === 'newline') return MIXED
    if (this.#kind === 'return') return 1
    if (at + 1 === to && !isEnd) return UNFINISHED
    if (at + 1 < to && bytes[at + 1] === NEWLINE) {
      this.#kind = 'return_newline'
      return 2
    }
    if (this.#kind === 'return_newline') return MIXED
    this.#kind = 'return'
    return 1
  }

  /** The byte by which lines inside quotes are counted. */
  get counted(): number {
    return this.#kind === 'newline' ? NEWLINE : RETURN
  }

  /** The error of MIXED at this byte. */
  mixed(byte: number): SqlError {
    const name = byte === NEWLINE ? 'newline' : 'carriage return'
    if (this.#isCsv) {
      return badFormat(`unquoted ${name} found in data`, `Use quoted CSV field to represent ${name}.`)
    }
    const spelling = byte === NEWLINE ? '\\n' : '\\r'
    return badFormat(`literal ${name} found in data`, `Use "${spelling}" to represent ${name}.`)
  }

  /**
   * The end marker's `\.` ends at `at`: 'data' when no line break follows, else the error or undefined when
   * it is a good one; 'unfinished' when bytes are missing to tell.
   */
  afterMarker(
    bytes: Buffer,
    at: number,
    to: number,
    isEnd: boolean,
  ): SqlError | 'data' | 'unfinished' | undefined {
    const first = at < to ? bytes[at] : 0
    if (at >= to && !isEnd) return 'unfinished'
    if (first !== NEWLINE && first !== RETURN) return 'data'
    const mismatch = badFormat('end-of-copy marker does not match previous newline style')
    switch (this.#kind) {
      case 'newline':
        return first === NEWLINE ? undefined : mismatch
      case 'return':
        return first === RETURN ? undefined : mismatch
      case 'return_newline':
        if (first === NEWLINE) return mismatch
        if (at + 1 >= to && !isEnd) return 'unfinished'
        return at + 1 < to && bytes[at + 1] === NEWLINE ? undefined : mismatch
      default:
        return undefined
    }
  }
}
