/** assets, an extension: a piece of an asset of the server that is asked, and who may have it. */
import { readOpaque, readUint32, readUint64 } from '../../mls/bytes/reader.js'
import type { Reader } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { writeOpaque, writeUint32, writeUint64 } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'
import { assetPieceBytesMax } from './limits.js'

export type AssetPieceRequest = {
  /** Whose hash was reserved: whoever was told it inside MLS may have the bytes. */
  readonly capability: Uint8Array
  readonly from: number
  /** 0: what the asset is, and none of it. */
  readonly length: number
}

export const assetPieceRequest: Codec<AssetPieceRequest> = {
  read: (reader) => {
    const [capability, from, length] = [readOpaque(reader), place(reader), readUint32(reader)]
    const max = assetPieceBytesMax
    return length > max ? refuse('too-large', 'length', { max, actual: length }) : { capability, from, length }
  },
  write: (writer, { capability, from, length }) => {
    writeOpaque(writer, capability)
    writeUint64(writer, BigInt(from))
    writeUint32(writer, length)
  },
}

export type AssetPiece = {
  /** Of the whole. */
  readonly size: number
  /** SHA-256 of the whole. */
  readonly digest: Uint8Array
  readonly bytes: Uint8Array
}

export const assetPiece: Codec<AssetPiece> = {
  read: (reader) => {
    const [size, digest, bytes] = [place(reader), readOpaque(reader), readOpaque(reader)]
    return digest.length === digestBytes ? { size, digest, bytes } : refuse('malformed', 'digest')
  },
  write: (writer, { size, digest, bytes }) => {
    writeUint64(writer, BigInt(size))
    writeOpaque(writer, digest)
    writeOpaque(writer, bytes)
  },
}

const digestBytes = 32

const place = (reader: Reader): number => {
  const at = readUint64(reader)
  return at > BigInt(Number.MAX_SAFE_INTEGER) ? refuse('malformed', 'place') : Number(at)
}
