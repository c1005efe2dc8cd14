/** How the log's writer stands: it takes writes, takes none until there is room again, or none for good; told when it changes. */
import { failureOf } from '../database.js'
import type { FromWriter, Refusing, WriterFailure } from './writerMessages.js'

export type Standing = {
  /** Set by the first failure that is not of the passing kind: from then on nothing is written, nor acknowledged. */
  readonly broken: () => WriterFailure | undefined
  /** What a failure means. `characters`: of the appends that were not written, where it was an append. */
  readonly failed: (error: unknown, characters?: number) => WriterFailure
  /** So much was written: no less than what failed says that all is well. */
  readonly wrote: (characters: number) => void
}

export type StandingOptions = {
  readonly send: (message: FromWriter) => void
  readonly after: (ms: number, work: () => void) => void
  /** Writes as much as one append may be, and takes it back. Throws as an append would. */
  readonly probe: () => void
  readonly ended: () => boolean
}

/** While it takes no writes for a while, it is tried so often, for nobody may come who would. */
const probeMs = 1_000

export const createStanding = ({ send, after, probe, ended }: StandingOptions): Standing => {
  let broken: WriterFailure | undefined
  let refusing: (Refusing & { readonly characters: number }) | undefined

  const refuse = (reason: string, forGood: boolean, characters: number): void => {
    const known = refusing
    refusing = { reason, forGood, characters: Math.min(characters, known?.characters ?? Infinity) }
    if (known === undefined || known.forGood !== forGood) send({ type: 'refusing', refusing: { reason, forGood } })
    if (known === undefined && !forGood) after(probeMs, look)
  }
  const recovered = (): void => {
    refusing = undefined
    send({ type: 'refusing', refusing: undefined })
  }
  const look = (): void => {
    if (ended() || refusing === undefined || refusing.forGood) return
    try {
      probe()
      recovered()
    } catch (error) {
      failed(error, refusing.characters)
      after(probeMs, look)
    }
  }

  const failed: Standing['failed'] = (error, characters) => {
    const failure = failureOf(error)
    const reason = error instanceof Error ? error.message : String(error)
    if (failure === 'full' || failure === 'busy') {
      if (characters !== undefined) refuse(reason, false, characters)
      return { status: failure === 'full' ? 'full' : 'unavailable', reason }
    }
    broken ??= { status: 'unavailable', reason: `the log is read-only since a write failed: ${reason}` }
    refuse(broken.reason, true, 0)
    return broken
  }

  return {
    broken: () => broken,
    failed,
    wrote: (characters) => {
      if (refusing !== undefined && !refusing.forGood && characters >= refusing.characters) recovered()
    },
  }
}
