/** Signals to the other processes of this server: gathered while a post is under way, tried once, and dropped beyond a little. */
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Process, Processes } from '../../ports/processes.js'
import type { PostToProcess } from '../../ports/postToProcess.js'
import type { PassedSignal, PassOn } from './passOn.js'
import { signPost } from './signedPost.js'

export type OtherProcesses = {
  readonly passOn: PassOn
  /** How many signals are passed on to now. */
  readonly count: () => number
  /** Says that this process lives and looks who else does, until the signal aborts; then it is off the list. */
  run(signal: AbortSignal): Promise<void>
}

export type OtherProcessesDependencies = {
  readonly processes: Pick<Processes, 'announce' | 'list' | 'withdraw'>
  readonly post: PostToProcess
  readonly own: string
  /** How the others reach this one; undefined: they do not. */
  readonly internalUrl: () => string | undefined
  /** By which posts are signed now; undefined: this process lacks it, and posts nothing. */
  readonly key: () => Uint8Array | undefined
  readonly clock: Clock
  readonly logger: Logger
}

/** Where signals for this server's processes are posted. */
export const signalsPath = '/internal/signals'

/** Who starts hears signals so much later at most: a person sees within a second that somebody writes. */
const lookMs = 1_000
const ttlMs = 20_000
/** Signals that wait for one process: what comes beyond is dropped. */
const waitingMax = 1_000
/** Signals in one post, of `signalBytesMax` each. */
export const postSignalsMax = 100

export const tellOtherProcesses = (deps: OtherProcessesDependencies): OtherProcesses => {
  const { processes, post, own, internalUrl, key, clock, logger } = deps
  const others = new Map<string, Other>()

  const send = async (other: Other): Promise<void> => {
    while (other.waiting.length > 0) {
      const signals = other.waiting.splice(0, postSignalsMax)
      const signing = key()
      if (signing === undefined) continue
      const { body, signature } = signPost(signing, { to: other.process, at: clock.now(), signals })
      try {
        await post(other.internalUrl + signalsPath, body, signature)
      } catch (error) {
        other.waiting.length = 0
        logger.debug('signals not passed on', { error: String(error) })
      }
    }
  }

  const passTo = (other: Other, signal: PassedSignal): void => {
    if (other.waiting.length >= waitingMax) return
    other.waiting.push(signal)
    other.sending ??= send(other).finally(() => {
      other.sending = undefined
    })
  }

  const look = async (): Promise<void> => {
    const url = internalUrl()
    if (url !== undefined) await processes.announce({ process: own, internalUrl: url }, ttlMs)
    const listed = (await processes.list()).filter(({ process }) => process !== own)
    for (const name of others.keys()) if (!listed.some(({ process }) => process === name)) others.delete(name)
    for (const one of listed)
      if (!others.has(one.process)) others.set(one.process, { ...one, waiting: [], sending: undefined })
  }

  const tried = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      logger.warn('processes not looked after', { error: String(error) })
    }
  }

  return {
    passOn: (signal) => {
      for (const other of others.values()) passTo(other, signal)
    },
    count: () => others.size,
    run: async (signal) => {
      while (!signal.aborted) {
        await tried(look)
        await clock.sleep(lookMs, signal)
      }
      if (internalUrl() !== undefined) await tried(() => processes.withdraw(own))
    },
  }
}

type Other = Process & { readonly waiting: PassedSignal[]; sending: Promise<void> | undefined }
