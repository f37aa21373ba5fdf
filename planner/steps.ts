/**
 * Work in steps: a generator that yields where others may have their turn, and returns the result. What runs
 * it decides whether to wait at a yield; short work is run to its end at once.
 */

export type Steps<T> = Generator<void, T, void>

/** Runs the steps to their end, at once. */
export function finish<T>(steps: Iterator<void, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Items of lists between two steps. */
const ITEMS_PER_STEP = 64

/** True when it is time to yield after the item of this index. */
export function endsStep(index: number): boolean {
  return index % ITEMS_PER_STEP === ITEMS_PER_STEP - 1
}

/** The results of a step for each item, in order; a long list yields by itself now and then. */
export function* mapInSteps<Item, Result>(
  items: readonly Item[],
  step: (item: Item) => Iterable<void, Result>,
): Steps<Result[]> {
  const results: Result[] = []
  for (let index = 0; index < items.length; index++) {
    results.push(yield* step(items[index] as Item))
    if (endsStep(index)) yield
  }
  return results
}
