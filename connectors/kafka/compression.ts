/** The compression codecs of record batches. zstd uses Node's own where it has one (22.15 and later). */

import zlib from 'node:zlib'
import * as fzstd from 'fzstd'
import lz4 from 'lz4-napi'
import snappy from 'snappyjs'
import { notSupported } from '../../planner/errors.ts'

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** By the number in a batch's attributes. */
export const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** A batch that claims to be larger than this is corrupt or hostile. */
const DECOMPRESSED_BYTES_MAX = 1 << 30

export function decompress(codec: Codec, bytes: Uint8Array): Uint8Array {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return zlib.gunzipSync(bytes, { maxOutputLength: DECOMPRESSED_BYTES_MAX })
    case 'snappy':
      return decompressSnappy(bytes)
    case 'lz4':
      return lz4.decompressFrameSync(asBuffer(bytes))
    case 'zstd':
      return nodeZstd?.zstdDecompressSync(bytes) ?? fzstd.decompress(bytes)
  }
}

export function compress(codec: Codec, bytes: Uint8Array): Uint8Array {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return zlib.gzipSync(bytes)
    case 'snappy':
      return snappy.compress(bytes)
    case 'lz4':
      return lz4.compressFrameSync(asBuffer(bytes))
    case 'zstd':
      if (nodeZstd === undefined) throw notSupported('compressing with zstd before Node.js 22.15')
      return nodeZstd.zstdCompressSync(bytes)
  }
}

/** True when this Node.js can write the codec. */
export function canCompress(codec: Codec): boolean {
  return codec !== 'zstd' || nodeZstd !== undefined
}

interface NodeZstd {
  zstdDecompressSync(bytes: Uint8Array): Uint8Array
  zstdCompressSync(bytes: Uint8Array): Uint8Array
}

const nodeZstd: NodeZstd | undefined =
  'zstdDecompressSync' in zlib ? (zlib as unknown as NodeZstd) : undefined

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16

/**
 * Java's clients frame snappy as xerial does (magic, versions, then length-prefixed blocks); others send one
 * raw block.
 */
function decompressSnappy(bytes: Uint8Array): Uint8Array {
  const buffer = asBuffer(bytes)
  if (buffer.length < XERIAL_HEADER_BYTES || !buffer.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    return snappy.uncompress(bytes)
  }
  const blocks: Uint8Array[] = []
  let position = XERIAL_HEADER_BYTES
  while (position + 4 <= buffer.length) {
    const length = buffer.readInt32BE(position)
    if (length < 0 || position + 4 + length > buffer.length) throw new Error('a snappy block is cut off')
    blocks.push(snappy.uncompress(buffer.subarray(position + 4, position + 4 + length)))
    position += 4 + length
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
