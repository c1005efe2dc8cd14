// One set-up of a folder at a time, by a lock directory that holds its holder's process id.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './refuse.mjs'
import { root } from './root.mjs'

const lock = join(root, '.setup.lock')
const pidFile = join(lock, 'pid')

/** The lock is gone afterwards, also when the process ends meanwhile; nothing of it stays behind in the process. */
export const holdingLock = async (work) => {
  await takeLock()
  const release = () => rmSync(lock, { recursive: true, force: true })
  const stop = () => process.exit(130)
  process.on('exit', release)
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop)
  try {
    await work()
  } finally {
    release()
    process.off('exit', release)
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop)
  }
}

/** Waits for the holder; one whose process is gone (or that never wrote its id) is robbed. */
const takeLock = async () => {
  for (let told = false; ; await sleep(100)) {
    try {
      mkdirSync(lock)
      return writeFileSync(pidFile, String(process.pid))
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (isStale()) rmSync(lock, { recursive: true, force: true })
    else if (!told) {
      say('waiting for another set-up of this folder')
      told = true
    }
  }
}

const isStale = () => {
  try {
    return !isAlive(Number(readFileSync(pidFile, 'utf8')))
  } catch {
    return existsSync(lock) && Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 5000
  }
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
