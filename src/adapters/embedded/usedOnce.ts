/** What was used once, in a file of the data directory: lines of a time and a digest, appended and synced in groups. */
import { createHash } from 'node:crypto'
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { UsedOnce } from '../../ports/usedOnce.js'
import { onDisk } from '../onDisk.js'

/** Names remembered at most; when all are still in use nothing new is taken, because forgetting one would let it in twice. */
const namesMax = 200_000
/** Lines that say nothing any more, before the file is written anew. */
const staleLinesMax = 10_000

export type UsedOnceOptions = { readonly directory: string; readonly now: () => number }

/** Throws what the file system throws. */
export const openEmbeddedUsedOnce = async ({ directory, now }: UsedOnceOptions): Promise<UsedOnce> => {
  const file = join(directory, 'used-once')
  const used = new Map<string, number>((await linesOf(file)).filter(([, until]) => until > now()))
  let lines = used.size
  let waiting: string[] = []
  let writing: Promise<void> | undefined
  let previous = Promise.resolve()
  await rewrite(file, used)

  const forgetOld = (): void => {
    for (const [digest, until] of used) if (until <= now()) used.delete(digest)
  }

  /** All that wait go with one write and one sync; who comes meanwhile goes with the next. */
  const write = async (): Promise<void> => {
    const group = waiting
    waiting = []
    writing = undefined
    lines += group.length
    if (lines > used.size + staleLinesMax) {
      forgetOld()
      await rewrite(file, used)
      lines = used.size
    } else await append(file, group)
  }

  const durable = async (line: string): Promise<void> => {
    waiting.push(line)
    writing ??= previous.then(write)
    const mine = writing
    previous = mine.catch(() => undefined)
    await mine
  }
  return {
    use: async (name, until) => {
      const digest = createHash('sha256').update(name).digest('base64url')
      if ((used.get(digest) ?? 0) > now()) return false
      if (used.size >= namesMax) forgetOld()
      if (used.size >= namesMax) return false
      used.set(digest, until)
      await onDisk('what is used once cannot be written', () => durable(`${String(until)} ${digest}\n`))
      return true
    },
    close: () => previous,
  }
}

/** A last line that a crash cut short is none. */
const linesOf = async (file: string): Promise<readonly (readonly [string, number])[]> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
  return [...text.matchAll(/^(\d+) ([A-Za-z0-9_-]{43})$/gm)].map(([, until, digest]) => [digest ?? '', Number(until)])
}

const append = async (file: string, lines: readonly string[]): Promise<void> => {
  const handle = await open(file, 'a', 0o600)
  try {
    await handle.writeFile(lines.join(''))
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

const rewrite = async (file: string, used: ReadonlyMap<string, number>): Promise<void> => {
  const next = `${file}.next`
  await rm(next, { force: true })
  const text = [...used].map(([digest, until]) => `${String(until)} ${digest}\n`).join('')
  await writeFile(next, text, { mode: 0o600, flush: true })
  await rename(next, file)
}
