/** Dense ids with reuse: freed ids are given again, last freed first. */

export class IdAllocator {
  /** Every id given is below this. */
  end = 0
  /** Stack of freed ids: free[0 .. freeCount). Kernels that give ids work on these fields directly. */
  free = new Int32Array(64)
  freeCount = 0

  next(): number {
    return this.freeCount > 0 ? this.free[--this.freeCount]! : this.end++
  }

  release(id: number): void {
    if (this.freeCount === this.free.length) {
      const grown = new Int32Array(this.free.length * 2)
      grown.set(this.free)
      this.free = grown
    }
    this.free[this.freeCount++] = id
  }

  clear(): void {
    this.end = 0
    this.freeCount = 0
  }

  get byteLength(): number {
    return this.free.byteLength
  }
}
