/**
 * Random numbers that depend on a seed and an event number alone, so that any event can be made again without
 * those before it: each event starts its own short sequence (splitmix32's finaliser over a Weyl counter).
 */

export class EventRandom {
  readonly #seed: number
  #state = 0

  constructor(seed: number) {
    this.#seed = Math.imul(seed | 0, 0x9e3779b1) ^ 0x6a09e667
  }

  /** Starts the sequence of an event; numbers up to 2^53 are told apart. */
  start(event: number): void {
    const low = event | 0
    const high = Math.floor(event / 4294967296) | 0
    this.#state = mix(mix(low ^ this.#seed) ^ Math.imul(high, 0x85ebca6b))
  }

  /** 0 … 2^32 − 1. */
  uint32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    return mix(this.#state) >>> 0
  }

  /** 0 … bound − 1, bound at most 2^32. */
  below(bound: number): number {
    return Math.floor((this.uint32() / 4294967296) * bound)
  }

  /** 0 (inclusive) … 1 (exclusive), 53 bits. */
  unit(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992
  }
}

function mix(value: number): number {
  let x = value
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return x ^ (x >>> 15)
}
