/** Moving the bytes of many short values: four at a time below 128 bytes, the engine's own copy above. */

/** Below this length a loop of 4-byte moves beats the call of TypedArray.set. */
const LOOP_BYTES_MAX = 128

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
