/** The archive of all that the server holds of the user, handed on as it comes and held against its last line. */
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { Damaged } from '../assets/sealed/damaged.js'
import type { Engine } from '../engine/engine.js'

const newline = 10

/** Throws `Damaged` at the end where it is not whole. */
export async function* exportAccount(engine: Engine): AsyncGenerator<Uint8Array> {
  const body = await engine.api.account.openExport()
  const hash = sha256.create()
  /** What came after the last line that is known not to be the last one. */
  let line = new Uint8Array()
  const reader = body?.getReader()
  for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
    const piece = step.value
    yield piece
    const bytes = joined(line, piece)
    const end = bytes.subarray(0, -1).lastIndexOf(newline) + 1
    hash.update(bytes.subarray(0, end))
    line = bytes.slice(end)
  }
  if (!isEnd(line, toBase64url(hash.digest()))) throw new Damaged('it was cut')
}

const joined = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(one.length + other.length)
  bytes.set(one)
  bytes.set(other, one.length)
  return bytes
}

const isEnd = (line: Uint8Array, digest: string): boolean => {
  try {
    const { kind, sha256: said } = JSON.parse(new TextDecoder().decode(line)) as Record<string, unknown>
    return kind === 'end' && said === digest
  } catch {
    return false
  }
}
