/** The log of a chain of backups, read as one export: every piece where its manifest says, to the digest that stands there. */
import { open } from 'node:fs/promises'
import { digestWith, emptyLogDigest } from '../../events/form/logDigest.js'
import { readExport } from '../exportFile.js'
import type { Exported, ExportedEvent, ExportHeader } from '../exportFile.js'
import { wrongWith } from '../verifyLog.js'
import { logOf } from './chain.js'
import type { Chain, Link } from './chain.js'
import { BadBackup } from './manifest.js'

/** `examined`: as `readExport` takes it, of all pieces. The iteration throws BadBackup, BadExport. */
export const readChainLog = async (chain: Chain, examined?: string): Promise<Exported> => {
  const hashes = examined?.split(' ')
  const first = await readPiece(chain[0], hashes?.[0])
  let sha256: string | undefined

  const events = async function* (): AsyncGenerator<ExportedEvent> {
    const found: (string | undefined)[] = []
    let digest = emptyLogDigest
    for (const [n, link] of chain.entries()) {
      const piece = n === 0 ? first : await readPiece(link, hashes?.[n])
      for await (const event of piece.events) {
        if (hashes === undefined) hold(event, link)
        digest = digestWith(digest, event)
        yield event
      }
      if (digest !== link.manifest.log.digest)
        throw new BadBackup(`${logOf(link)} holds other events than its manifest says`)
      found.push(piece.sha256?.())
    }
    sha256 = found.join(' ')
  }
  return { ...first, events: events(), sha256: () => sha256 }
}

const readPiece = async (link: Link, examined: string | undefined): Promise<Exported> => {
  const file = await open(logOf(link))
  const piece = await readExport(file.readLines(), examined)
  const wrong = wrongHeader(piece.header, link)
  if (wrong === undefined) return piece
  await file.close()
  throw new BadBackup(`${logOf(link)} ${wrong}`)
}

const wrongHeader = ({ domain, logId, from }: ExportHeader, { manifest }: Link): string | undefined => {
  if (domain !== manifest.domain) return `is of ${domain}, and not of ${manifest.domain}`
  if (logId !== manifest.log.id) return `is of the log ${logId}, and not of ${manifest.log.id}`
  return (from ?? 0) === manifest.log.from ? undefined : `begins above ${from ?? 0}, and not above ${manifest.log.from}`
}

/** Order within a piece, and of all revisions, is seen to by whoever imports it. */
const hold = (event: ExportedEvent, link: Link): void => {
  const { from, to } = link.manifest.log
  if (event.position <= from || event.position > to)
    throw new BadBackup(`${logOf(link)} has position ${event.position}, its manifest those above ${from} up to ${to}`)
  const wrong = wrongWith(event)
  if (wrong !== undefined) throw new BadBackup(`${logOf(link)}: position ${event.position}: ${wrong}`)
}
