/**
 * Extendible hashing (Fagin et al. 1979) over segments of 1024 slots in one growing Int32Array: a segment
 * that fills is split in two, so that no insertion waits for a rehash of everything, and input that comes
 * ordered by hash (partitioned-input.ts) does not fill some segments while others are empty. Only the array
 * itself is copied when it is full, which is a memcpy.
 *
 * A slot is `1 << slotShift` words, one of which is the key's hash and one its value, 0 in an empty slot.
 * The low bits of the hash choose the segment through a directory, the top ten the first slot; probing is
 * linear inside the segment and wraps in it.
 *
 * Measured against linear hashing (no directory, splits in turn): one load more per probe, but fewer and
 * fuller segments for the same keys, and no overflow under skew.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'

export const SEGMENT_SLOTS = 1024
/** Hash to first slot: the top ten bits. */
export const HOME_SHIFT = 22
/**
 * Keys of a segment at which it is split. Longer probes cost mispredicted branches: 14 ns a key at 0.6, 9
 * at 0.3.
 */
export const SEGMENT_KEYS_MAX = 512
/** Arrays from this length on grow faster. */
const LARGE_WORDS = 1 << 20
/** log2 of the largest directory. Keys beyond it have more than 20 bits of their hashes in common. */
const DEPTH_MAX = 22

export class SlotTable {
  slots: Int32Array
  /** Segment of each value of the low `depth` bits of a hash. */
  directory = new Int32Array(1)
  /** Occupied slots by segment. */
  counts = new Int32Array(16)
  segments = 1
  /** Occupied slots; kept by the owner. */
  size = 0
  readonly slotShift: number
  readonly #hashWord: number
  readonly #valueWord: number
  readonly #scratch: Int32Array
  #depth = 0
  /** How many low bits the hashes of a segment have in common. */
  #depths = new Uint8Array(16)

  /** Slots of 2^slotShift words, with the hash in word `hashWord` and the value in word `valueWord`. */
  constructor(slotShift: number, hashWord: number, valueWord: number) {
    this.slotShift = slotShift
    this.#hashWord = hashWord
    this.#valueWord = valueWord
    this.slots = new Int32Array(SEGMENT_SLOTS << slotShift)
    this.#scratch = new Int32Array(SEGMENT_SLOTS << slotShift)
  }

  get byteLength(): number {
    return this.segments * (SEGMENT_SLOTS << this.slotShift) * 4 + this.directory.byteLength
  }

  segmentOf(hash: number): number {
    return this.directory[hash & (this.directory.length - 1)]!
  }

  /** Index of the first word of the hash's segment. */
  segmentStart(hash: number): number {
    return this.segmentOf(hash) * (SEGMENT_SLOTS << this.slotShift)
  }

  /** A slot of the hash's segment was filled. */
  added(hash: number): void {
    this.counts[this.segmentOf(hash)]!++
    this.size++
  }

  /** Splits the hash's segment when it is full; true when it did, which moves slots. */
  makeRoom(hash: number): boolean {
    if (this.counts[this.segmentOf(hash)]! < SEGMENT_KEYS_MAX) return false
    this.split(hash)
    return true
  }

  /** Empties the slot at word `at` (its first word) and closes the gap in the run of slots behind it. */
  erase(at: number): void {
    const { slots, slotShift } = this
    const segmentWords = SEGMENT_SLOTS << slotShift
    const base = at - (at % segmentWords)
    const mask = segmentWords - 1
    const step = 1 << slotShift
    let hole = at - base
    let from = hole
    for (let probes = 1; probes < SEGMENT_SLOTS; probes++) {
      from = (from + step) & mask
      if (slots[base + from + this.#valueWord] === 0) break
      const home = (slots[base + from + this.#hashWord]! >>> HOME_SHIFT) << slotShift
      if (((from - home) & mask) < ((from - hole) & mask)) continue
      slots.copyWithin(base + hole, base + from, base + from + step)
      hole = from
    }
    slots.fill(0, base + hole, base + hole + step)
    this.counts[base / segmentWords]!--
    this.size--
  }

  /** Empties the table and starts again with one segment; the array stays. */
  clear(): void {
    this.slots.fill(0, 0, this.segments * (SEGMENT_SLOTS << this.slotShift))
    this.directory = new Int32Array(1)
    this.segments = 1
    this.size = 0
    this.counts[0] = 0
    this.#depth = 0
    this.#depths[0] = 0
  }

  /** Splits the hash's segment in two by the next bit of their hashes. */
  split(hash: number): void {
    const source = this.segmentOf(hash)
    const depth = this.#depths[source]!
    if (depth === this.#depth) this.#doubleDirectory()
    const target = this.#newSegment()
    const bit = 1 << depth
    this.#depths[source] = depth + 1
    this.#depths[target] = depth + 1
    for (let entry = (hash & (bit - 1)) | bit; entry < this.directory.length; entry += bit * 2) {
      this.directory[entry] = target
    }
    this.#distribute(source, target, bit)
  }

  /** Moves the slots of `source` whose hash has the bit to `target`, and closes up both. */
  #distribute(source: number, target: number, bit: number): void {
    const segmentWords = SEGMENT_SLOTS << this.slotShift
    const base = source * segmentWords
    const scratch = this.#scratch
    scratch.set(this.slots.subarray(base, base + segmentWords))
    this.slots.fill(0, base, base + segmentWords)
    const kept = this.counts[source]!
    const place = this.slotShift === 1 ? placePairs : placeQuads
    const moved = place(
      scratch,
      this.slots,
      this.#hashWord,
      this.#valueWord,
      base,
      target * segmentWords,
      bit,
    )
    this.counts[target] = moved
    this.counts[source] = kept - moved
  }

  #doubleDirectory(): void {
    if (this.#depth === DEPTH_MAX) {
      throw new SqlError(SqlState.programLimitExceeded, 'too many keys with the same hash')
    }
    const { length } = this.directory
    const directory = new Int32Array(length * 2)
    directory.set(this.directory)
    directory.set(this.directory, length)
    this.directory = directory
    this.#depth++
  }

  #newSegment(): number {
    const segmentWords = SEGMENT_SLOTS << this.slotShift
    const segment = this.segments++
    if (this.segments * segmentWords > this.slots.length) {
      // Pages that are not touched cost nothing, copies of a large array do.
      const factor = this.slots.length < LARGE_WORDS ? 2 : 4
      const slots = new Int32Array(this.slots.length * factor)
      slots.set(this.slots)
      this.slots = slots
    }
    if (segment === this.counts.length) {
      const counts = new Int32Array(segment * 2)
      const depths = new Uint8Array(segment * 2)
      counts.set(this.counts)
      depths.set(this.#depths)
      this.counts = counts
      this.#depths = depths
    }
    return segment
  }
}

/**
 * Puts the slots of a segment into two others by a bit of their hash; returns how many went to `high`.
 * Case: two words a slot.
 */
function placePairs(
  from: Int32Array,
  slots: Int32Array,
  hashWord: number,
  valueWord: number,
  low: number,
  high: number,
  bit: number,
): number {
  const mask = SEGMENT_SLOTS * 2 - 1
  let moved = 0
  for (let slot = 0; slot <= mask; slot += 2) {
    if (from[slot + valueWord] === 0) continue
    const hash = from[slot + hashWord]!
    const moves = (hash & bit) !== 0
    const base = moves ? high : low
    let at = (hash >>> HOME_SHIFT) << 1
    for (let probes = 0; probes < SEGMENT_SLOTS && slots[base + at + valueWord] !== 0; probes++)
      at = (at + 2) & mask
    slots[base + at] = from[slot]!
    slots[base + at + 1] = from[slot + 1]!
    if (moves) moved++
  }
  return moved
}

/** As placePairs. Case: four words a slot. */
function placeQuads(
  from: Int32Array,
  slots: Int32Array,
  hashWord: number,
  valueWord: number,
  low: number,
  high: number,
  bit: number,
): number {
  const mask = SEGMENT_SLOTS * 4 - 1
  let moved = 0
  for (let slot = 0; slot <= mask; slot += 4) {
    if (from[slot + valueWord] === 0) continue
    const hash = from[slot + hashWord]!
    const moves = (hash & bit) !== 0
    const base = moves ? high : low
    let at = (hash >>> HOME_SHIFT) << 2
    for (let probes = 0; probes < SEGMENT_SLOTS && slots[base + at + valueWord] !== 0; probes++)
      at = (at + 4) & mask
    slots[base + at] = from[slot]!
    slots[base + at + 1] = from[slot + 1]!
    slots[base + at + 2] = from[slot + 2]!
    slots[base + at + 3] = from[slot + 3]!
    if (moves) moved++
  }
  return moved
}
