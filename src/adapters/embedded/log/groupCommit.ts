/** Group commit: many waiting appends, one fsync, then the answers; truncation in slices between the groups. */
import type { AppendRequest, EventLog } from './eventLog.js'
import { createStanding } from './standing.js'
import type { FromWriter, ToWriter, WriterFailure } from './writerMessages.js'

/** Appends and characters in one transaction, about. */
const groupAppendsMax = 256
const groupCharactersMax = 4_000_000
/** Written since the last checkpoint, about; the write-ahead log grows little beyond it. */
const checkpointCharacters = 8_000_000
/** What a row costs beside its text: indexes, and the pages that every commit writes again. */
const rowCharacters = 600
const walRetryMs = 100

export type GroupCommit = {
  readonly take: (message: ToWriter) => void
  /** True when a group is worth committing now. */
  readonly isFull: () => boolean
  /** Commits what was taken and answers it. 'closed' once told to close: the database may be closed. */
  readonly run: () => 'open' | 'closed'
}

type Append = AppendRequest & { readonly ticket: number }
type Truncation = { readonly ticket: number; readonly stream: string; readonly before: number }

export type GroupCommitOptions = {
  readonly log: EventLog
  readonly send: (message: FromWriter) => void
  /** Does something after so many milliseconds; it may be the last thing the thread does. */
  readonly after?: (ms: number, work: () => void) => void
}

export const createGroupCommit = ({ log, send, after = afterMs }: GroupCommitOptions): GroupCommit => {
  let group: Append[] = []
  let groupCharacters = 0
  let uncheckpointed = 0
  const truncations: Truncation[] = []
  /** Truncations whose rows are deleted, but maybe still readable in the write-ahead log. */
  let deleted: number[] = []
  let closing = false
  const standing = createStanding({ send, after, probe: log.probe, ended: () => closing })
  const { broken, failed } = standing

  const commit = (): void => {
    const appends = group
    const characters = groupCharacters
    group = []
    groupCharacters = 0
    if (appends.length === 0) return
    const answerAll = (failure: WriterFailure): void => {
      send({ type: 'appended', results: appends.map(({ ticket }) => [ticket, failure]) })
    }
    const why = broken()
    if (why !== undefined) {
      answerAll(why)
      return
    }
    try {
      const results = log.append(appends)
      uncheckpointed += characters
      standing.wrote(characters)
      send({ type: 'appended', results: results.map((result, n) => [appends[n]?.ticket ?? 0, result]) })
    } catch (error) {
      answerAll(failed(error, characters))
    }
  }

  /** After the answers, so that no append waits for it. A full disk leaves the write-ahead log as it is, for later. */
  const checkpointIfDue = (): void => {
    if (uncheckpointed < checkpointCharacters || broken() !== undefined) return
    uncheckpointed = 0
    try {
      log.checkpoint()
    } catch (error) {
      failed(error)
    }
  }

  const truncateSome = (): void => {
    const [truncation] = truncations
    if (truncation === undefined) return
    try {
      refuseWhenBroken()
      if (log.truncateSome(truncation.stream, truncation.before)) {
        later(truncateSome)
        return
      }
      deleted.push(truncation.ticket)
    } catch (error) {
      send({ type: 'truncated', ticket: truncation.ticket, failure: failed(error) })
    }
    truncations.shift()
    later(truncations.length > 0 ? truncateSome : emptyWal)
  }

  /** Deleted bytes leave the write-ahead log only by this; a reader in the way is waited for. */
  const emptyWal = (): void => {
    if (deleted.length === 0 || truncations.length > 0 || closing) return
    const tickets = deleted
    try {
      refuseWhenBroken()
      if (!log.emptyWal()) {
        after(walRetryMs, emptyWal)
        return
      }
      deleted = []
      uncheckpointed = 0
      for (const ticket of tickets) send({ type: 'truncated', ticket })
    } catch (error) {
      deleted = []
      const failure = failed(error)
      for (const ticket of tickets) send({ type: 'truncated', ticket, failure })
    }
  }

  const refuseWhenBroken = (): void => {
    const why = broken()
    if (why !== undefined) throw new Error(why.reason)
  }

  const leaveTidy = (): void => {
    if (broken() !== undefined) return
    try {
      log.emptyWal()
    } catch (error) {
      failed(error)
    }
  }

  const later = (work: () => void): void => {
    setImmediate(() => {
      if (!closing) work()
    })
  }

  return {
    take: (message) => {
      if (message.type === 'append')
        for (const append of message.appends) {
          group.push(append)
          for (const { data, meta } of append.events) groupCharacters += data.length + meta.length + rowCharacters
        }
      else if (message.type === 'truncate') {
        truncations.push(message)
        if (truncations.length === 1) later(truncateSome)
      } else closing = true
    },
    isFull: () => closing || group.length >= groupAppendsMax || groupCharacters >= groupCharactersMax,
    run: () => {
      commit()
      if (closing) {
        for (const ticket of [...deleted, ...truncations.map((each) => each.ticket)])
          send({ type: 'truncated', ticket, failure: { status: 'unavailable', reason: 'the store was closed' } })
        leaveTidy()
        return 'closed'
      }
      checkpointIfDue()
      return 'open'
    },
  }
}

const afterMs = (ms: number, work: () => void): void => void setTimeout(work, ms).unref()
