/**
 * What is mostly there at once and sometimes has to be waited for. Waiting for what is there costs a turn of
 * the microtask queue and several objects, which short statements would pay a dozen times over.
 */

export type Awaitable<T> = T | Promise<T>

/** `next` of the value, at once when it is there. */
export function whenReady<T, Result>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<Result>,
): Awaitable<Result> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Repeats `step` while it says that there is more. undefined when no step had to wait. */
export function repeat(step: () => Awaitable<boolean>): Promise<void> | undefined {
  for (;;) {
    const more = step()
    if (typeof more !== 'boolean') return repeatAfter(more, step)
    if (!more) return undefined
  }
}

async function repeatAfter(first: Promise<boolean>, step: () => Awaitable<boolean>): Promise<void> {
  let more = await first
  while (more) more = await step()
}
