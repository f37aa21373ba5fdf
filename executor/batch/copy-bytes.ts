/** Moving the bytes of many short values: in loops while they are short, by the engine's own copy above. */

/** Below this length a loop of 4-byte moves beats the call of TypedArray.set. */
const LOOP_BYTES_MAX = 128

/** Below this length a loop of single bytes does, without views made beforehand. */
const SHORT_RANGE = 32

/** A view of exactly the bytes of `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Copies source[start, end) to target at `at`. The views are viewOf the arrays, made once by the caller. */
export function copyBytes(
  source: Uint8Array,
  sourceView: DataView,
  start: number,
  end: number,
  target: Uint8Array,
  targetView: DataView,
  at: number,
): void {
  if (end - start > LOOP_BYTES_MAX) {
    target.set(source.subarray(start, end), at)
    return
  }
  let from = start
  let to = at
  for (; from + 4 <= end; from += 4, to += 4) targetView.setInt32(to, sourceView.getInt32(from))
  for (; from < end; from++, to++) target[to] = source[from]!
}

/** The same without views: for single values. */
export function copyRange(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): void {
  const length = end - start
  if (length > SHORT_RANGE) {
    target.set(source.subarray(start, end), at)
    return
  }
  for (let offset = 0; offset < length; offset++) target[at + offset] = source[start + offset]!
}
