/** The log of a backup: the events above a position, as lines of an export, each examined on its way. */
import type { FileHandle } from 'node:fs/promises'
import { firstTime } from '../../events/form/firstTime.js'
import { digestWith, emptyLogDigest } from '../../events/form/logDigest.js'
import type { EventStore } from '../../ports/eventStore.js'
import { toPosition } from '../../ports/position.js'
import { beginExport, rememberedEvents } from '../exportFile.js'
import { gatherPromised } from '../promisedAssets.js'
import type { PromisedGathering } from '../promisedAssets.js'
import { verifyLog } from '../verifyLog.js'
import { lastLines } from './lastLines.js'
import { lastOf, logOf } from './chain.js'
import type { Chain } from './chain.js'
import { BadBackup } from './manifest.js'
import type { Progress } from '../progress.js'

export type CopiedLog = { readonly to: number; readonly events: number; readonly digest: string }
export type LogCopying = {
  /** The position that it goes on from. */
  readonly from: number
  /** Writes what there is up to the head that the log has now. Throws BadBackup for what is damaged. */
  readonly goOn: () => Promise<void>
  /** Durable when it resolves. */
  readonly end: () => Promise<CopiedLog>
  /** What the events that were copied say of assets. */
  readonly assets: PromisedGathering
}

type From = {
  readonly events: EventStore
  readonly about: { readonly domain: string; readonly logId: string }
  readonly base: Chain | undefined
  readonly progress: Progress
}

export const copyLog = async ({ events, about, base, progress }: From, file: FileHandle): Promise<LogCopying> => {
  const before = base === undefined ? undefined : lastOf(base).manifest.log
  const from = toPosition(before?.to ?? 0)
  const isFirst = firstTime(rememberedEvents)
  if (base !== undefined) await remember(base, isFirst)
  const write = inPieces((text) => file.appendFile(text))
  const exporting = await beginExport(events, { domain: about.domain, logId: about.logId }, write.add, from)
  const assets = gatherPromised()
  let [at, count, digest] = [from, 0, before?.digest ?? emptyLogDigest]

  const goOn = async (): Promise<void> => {
    const head = await events.head()
    const problems: string[] = []
    await verifyLog(events, (line) => problems.push(line), {
      after: at,
      until: head,
      isFirst,
      each: async (event) => {
        if (problems.length > 0) return
        await exporting.put(event)
        assets.see(event)
        digest = digestWith(digest, event)
        if (++count % 1_000 === 0) progress.say(`copying the log: ${count} events, at ${event.position} of ${head}`)
      },
    })
    if (problems[0] !== undefined) throw new BadBackup(`the log is damaged: ${problems[0]}`)
    at = head
  }
  const end = async (): Promise<CopiedLog> => {
    await exporting.end()
    await write.end()
    await file.sync()
    return { to: at, events: count, digest }
  }
  return { from, goOn, end, assets }
}

/** Lines many at a time: a call costs more than what it writes. */
const inPieces = (put: (text: string) => Promise<void>) => {
  const charactersAtOnce = 256 * 1024
  let waiting = ''
  const end = async (): Promise<void> => {
    const text = waiting
    waiting = ''
    await put(text)
  }
  const add = async (line: string): Promise<void> => {
    waiting += line
    if (waiting.length >= charactersAtOnce) await end()
  }
  return { add, end }
}

/** A retry follows its first try within minutes: what stood at the end of the earlier backups is known again. */
const rememberedLines = 10_000

const remember = async (chain: Chain, isFirst: ReturnType<typeof firstTime>): Promise<void> => {
  let newest: readonly string[] = []
  for (const link of chain.toReversed()) {
    if (newest.length >= rememberedLines) break
    newest = [...(await lastLines(logOf(link), rememberedLines - newest.length)), ...newest]
  }
  for (const line of newest) {
    const { stream, id } = named(line)
    if (stream !== undefined && id !== undefined) isFirst({ stream, id })
  }
}

type Named = { readonly stream?: string; readonly id?: string }

const named = (line: string): Named => {
  try {
    return JSON.parse(line) as Named
  } catch {
    throw new BadBackup('a line of the earlier backup is not JSON')
  }
}
