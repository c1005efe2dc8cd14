/**
 * The register of erasures as a file: JSON lines. A header, every entry in order, and a last line with their count and the
 * SHA-256 over all lines before it.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Erasure, Keys, ServerKeys } from '../../ports/keys.js'

const format = 'mls-homeserver-erasures'
const header = z.strictObject({
  format: z.literal(format),
  version: z.literal(1),
  domain: z.string(),
  keysFingerprint: z.string(),
})
const entry = z.strictObject({ user: z.string(), at: z.number().int(), receipt: z.string() })
const trailer = z.strictObject({ count: z.number().int(), sha256: z.string() })

type Whose = Pick<ServerKeys, 'domain' | 'fingerprint'>

/** The whole file. */
export const textOfErasures = ({ domain, fingerprint }: Whose, entries: readonly Erasure[]): string => {
  const lines = [{ format, version: 1, domain, keysFingerprint: fingerprint }, ...entries]
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  return `${text}${JSON.stringify({ count: entries.length, sha256: hashOf(text) })}\n`
}

type ErasuresRead = { readonly domain: string; readonly keysFingerprint: string; readonly entries: readonly Erasure[] }

/** Throws StartupProblem (74) for what is cut, changed, or no register. */
const readErasures = async (file: string): Promise<ErasuresRead> => {
  const [text, last] = /^(.*\n)(.*)\n$/s.exec(await readFile(file, 'utf8'))?.slice(1) ?? []
  const end = trailer.safeParse(jsonIn(last))
  const [first, ...lines] = (text ?? '').trimEnd().split('\n').map(jsonIn)
  const read = { header: header.safeParse(first), entries: z.array(entry).safeParse(lines) }
  if (text !== undefined && !read.header.success) throw new StartupProblem(74, `${file} is no register of erasures`)
  const isWhole = end.data?.count === read.entries.data?.length && end.data?.sha256 === hashOf(text ?? '')
  if (!read.header.success || !read.entries.success || !isWhole)
    throw new StartupProblem(74, `${file} is cut or changed`)
  const { domain, keysFingerprint } = read.header.data
  return { domain, keysFingerprint, entries: read.entries.data }
}

/** The entries of a file, each held against the keys. Throws StartupProblem for another server's (78), and what is not as it was entered (74). */
export const registerIn = async (file: string, { server, erasures }: Keys): Promise<readonly Erasure[]> => {
  const { keysFingerprint, entries } = await readErasures(file)
  if (keysFingerprint !== server.fingerprint) throw new StartupProblem(78, `${file} is the register of another server`)
  const wrong = erasures.wrongIn(entries)
  if (wrong !== undefined) throw new StartupProblem(74, `${file}: entry ${wrong} is not what this server entered there`)
  return entries
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')

const jsonIn = (line: string | undefined): unknown => {
  try {
    return JSON.parse(line ?? '') as unknown
  } catch {
    return undefined
  }
}
