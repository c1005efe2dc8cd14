/** Where a command writes many lines: a new file that only its owner may read, or stdout. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

export type Output = {
  /** Resolves when there is room for more; throws when nothing can be written any more. */
  readonly write: (line: string) => Promise<void>
  /** Resolves when all is written. */
  readonly end: () => Promise<void>
}

export const openOutput = async (file: string | undefined): Promise<Output> => {
  const target = file === undefined ? process.stdout : createWriteStream(file, { flags: 'wx', mode: 0o600 })
  let failure: Error | undefined
  target.on('error', (error: Error) => {
    failure ??= error
  })
  if (file !== undefined) await once(target, 'open')
  const check = (): void => {
    if (failure !== undefined) throw failure
  }
  return {
    write: async (line) => {
      check()
      if (!target.write(line)) await once(target, 'drain')
      check()
    },
    end: async () => {
      if (file === undefined) return
      target.end()
      await finished(target)
      check()
    },
  }
}
