/** A file belongs to one opener at a time: a lock beside it names the process, and is robbed when that is dead. */
import { link, readFile, unlink, writeFile } from 'node:fs/promises'
import { randomId } from '../crypto/random.js'
import { unlessMissing } from './missingFile.js'

export class StoreInUse extends Error {
  constructor(path: string, pid: number) {
    super(`${path} is open in process ${pid}: two that write one store would use the same keys twice`)
    this.name = 'StoreInUse'
  }
}

type Owner = { readonly pid: number; /** Tells a process from an earlier one of its number. */ readonly began: string }

/** Answers what gives the lock back. Throws StoreInUse while another opener holds it, in this process or in another. */
export const lockFile = (path: string): Promise<() => Promise<void>> => hold(`${path}.lock`, path)

const hold = async (lock: string, path: string): Promise<() => Promise<void>> => {
  const own = JSON.stringify({ pid: process.pid, began: await beginningOf(process.pid), id: randomId() })
  while (!(await take(lock, own))) {
    const held = await readFile(lock, 'utf8').catch(unlessMissing)
    if (held === undefined) continue
    const owner = ownerIn(held)
    if (owner !== undefined && (await isAlive(owner))) throw new StoreInUse(path, owner.pid)
    await rob(lock, held, path)
  }
  return async () => {
    if ((await readFile(lock, 'utf8').catch(unlessMissing)) === own) await unlink(lock).catch(unlessMissing)
  }
}

/** Whole or not at all: nobody reads a lock that is half written. */
const take = async (lock: string, own: string): Promise<boolean> => {
  const draft = `${lock}.${randomId()}`
  await writeFile(draft, own, { flag: 'wx', mode: 0o600 })
  try {
    await link(draft, lock)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft)
  }
}

/**
 * Takes away what was read, and no lock that somebody else has put in its place meanwhile: one at a time does so, by a lock of its
 * own, and a dead owner changes nothing. Throws StoreInUse while another does.
 */
const rob = async (lock: string, held: string, path: string): Promise<void> => {
  const giveBack = await hold(`${lock}.robber`, path)
  try {
    if ((await readFile(lock, 'utf8').catch(unlessMissing)) === held) await unlink(lock).catch(unlessMissing)
  } finally {
    await giveBack()
  }
}

const ownerIn = (text: string): Owner | undefined => {
  try {
    const { pid, began } = JSON.parse(text) as { readonly pid: unknown; readonly began: unknown }
    return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 ? { pid, began: String(began) } : undefined
  } catch {
    return undefined
  }
}

const isAlive = async ({ pid, began }: Owner): Promise<boolean> => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
  }
  return (await beginningOf(pid)) === began
}

/** When it began, in ticks since the machine did: field 22 of its status, where there is such a thing (Linux). */
const beginningOf = async (pid: number): Promise<string> => {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
