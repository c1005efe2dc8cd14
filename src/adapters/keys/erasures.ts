/**
 * The register of erasures: a file for each, named by its number. It gets its name by a link, which fails where there is one
 * already: of two processes one has the number, and the other takes the next.
 */
import { randomBytes } from 'node:crypto'
import { link, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { RegisterDamaged } from '../../ports/keys.js'
import type { Erased, Erasure, Erasures } from '../../ports/keys.js'
import { hasCode, makeDirectory, namesIn, syncDirectory, writeSynced } from '../durableFiles.js'
import { onDisk } from '../onDisk.js'
import type { Receipts } from './receipts.js'

const nameOf = (number: number): string => String(number).padStart(9, '0')
const numbered = /^[0-9]{9}$/
const entry = z.strictObject({ user: z.string(), at: z.number().int(), receipt: z.string() })

export const erasureFiles = (directory: string, receipts: Receipts): Erasures => {
  /** What stands there never changes, so it is read once. */
  const known: Erasure[] = []
  const users = new Set<string>()
  const keep = (entry: Erasure): void => {
    known.push(entry)
    users.add(entry.user)
  }

  const readOn = async (): Promise<void> => {
    const names = new Set((await namesIn(directory)).filter((name) => numbered.test(name)))
    while (known.length < names.size) {
      const file = join(directory, nameOf(known.length + 1))
      const found = names.has(nameOf(known.length + 1)) ? entryIn(await readFile(file, 'utf8')) : undefined
      if (found === undefined || receipts.next(known, found).receipt !== found.receipt)
        throw new RegisterDamaged(`the register of erasures is damaged: ${file} is not what was entered there`)
      keep(found)
    }
  }

  /** Another process may take the number: then it has not entered anybody. */
  const enter = async (erased: Erased): Promise<void> => {
    const unfinished = join(directory, `unfinished.${toBase64url(randomBytes(9))}`)
    const made = receipts.next(known, erased)
    await writeSynced(unfinished, `${JSON.stringify(made)}\n`)
    try {
      await link(unfinished, join(directory, nameOf(known.length + 1)))
      await syncDirectory(directory)
      keep(made)
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
      await readOn()
    } finally {
      await unlink(unfinished)
    }
  }

  const add = async (erased: readonly Erased[]): Promise<void> => {
    await readOn()
    if (erased.every(({ user }) => users.has(user))) return
    await makeDirectory(directory)
    for (const one of erased) while (!users.has(one.user)) await enter(one)
  }

  /** One after another, whoever asks in this process. */
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(() => onDisk('the register of erasures cannot be read or written', work))
    last = done.catch(() => undefined)
    return done
  }

  return {
    list: () => inTurn(async () => readOn().then(() => [...known])),
    add: (erased) => inTurn(() => add(erased)),
    wrongIn: receipts.wrongIn,
  }
}

const entryIn = (text: string): Erasure | undefined => {
  try {
    return entry.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
