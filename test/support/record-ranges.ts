/** Records made by hand, for tests of decoders. */

import { RecordBuffer } from '../../connectors/kafka/record-buffer.ts'
import type { RecordRanges } from '../../executor/io/record-ranges.ts'

/**
 * One record per text, null for a tombstone, with bytes of another protocol around each as in a network
 * buffer.
 */
export function recordsOf(texts: readonly (string | Uint8Array | null)[]): RecordRanges {
  const records = new RecordBuffer('t', Math.max(texts.length, 1))
  const parts: Buffer[] = []
  let position = 0
  const add = (part: Buffer): void => {
    parts.push(part)
    position += part.length
  }
  for (const [index, text] of texts.entries()) {
    add(Buffer.from([0x7b, 0x22, 0x01]))
    records.offsets[index] = BigInt(index)
    records.valueStarts[index] = text === null ? -1 : position
    if (text !== null) add(Buffer.from(text as string))
    records.valueEnds[index] = text === null ? -1 : position
    add(Buffer.from([0x00, 0x22, 0x7d]))
  }
  records.bytes = Uint8Array.from(Buffer.concat(parts))
  records.length = texts.length
  return records
}
