/** Single attempts to append: over the current pipe, each with a timer, all together bounded. */
import type { EventStoreDBClient } from '@eventstore/db-client'
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../ports/clock.js'
import { StoreUnavailable } from '../../../ports/eventStore.js'
import type { Answer } from './appendAnswer.js'
import { toRequest, type AppendRequest } from './appendRequest.js'
import type { Availability } from '../connection/availability.js'
import { openAppendPipe, type AppendPipe, type Receiver } from './appendPipe.js'
import { Refused } from '../connection/refused.js'
import { asStoreError } from '../connection/storeErrors.js'

export type BatchAppend = {
  /**
   * Throws StoreUnavailable when the outcome is unknown, after `callMs` at the latest, Refused, and AppendTooLarge. What
   * is sent in one turn of the event loop, and later, reaches the server in that order.
   */
  send(proposal: Proposal): Promise<Answer>
  /** Fails what is still under way. */
  close(): void
}

/** `failed` is called in the moment in which the attempt fails, before the promise tells it. */
export type Proposal = AppendRequest & { readonly failed?: () => void }

/** Appends that wait for an answer, those included whose sender has given up: a server that stopped reading holds them. */
const pendingMax = 4_096
const pendingBytesMax = 16 * 1024 * 1024

type Waiting = { readonly until: number; readonly receive: Receiver }

export type BatchAppendTools = {
  readonly client: EventStoreDBClient
  readonly clock: Clock
  readonly callMs: number
  readonly availability: Availability
}

export const createBatchAppend = ({ client, clock, callMs, availability }: BatchAppendTools): BatchAppend => {
  const closing = new AbortController()
  /** In the order sent, and so in the order of their timers: one sleep serves them all. */
  const waiting = new Set<Waiting>()
  let pending = 0
  let pendingBytes = 0
  let current: Promise<AppendPipe> | undefined
  let timing = false

  const pipe = (): Promise<AppendPipe> => {
    if (current !== undefined) return current
    const opening = openAppendPipe(client, () => {
      if (current === opening) current = undefined
    })
    current = opening
    opening.catch(() => {
      if (current === opening) current = undefined
    })
    return opening
  }

  const time = async (): Promise<void> => {
    if (timing) return
    timing = true
    for (;;) {
      const [oldest] = waiting
      if (oldest === undefined) break
      const left = oldest.until - clock.now()
      if (left > 0) await clock.sleep(left, closing.signal)
      else oldest.receive(new StoreUnavailable(`appending: no answer within ${callMs} ms`))
    }
    timing = false
  }

  const write = async (proposal: Proposal, wanted: () => boolean, receive: Receiver): Promise<void> => {
    try {
      const open = await pipe()
      const correlation = randomUUID()
      if (wanted()) open.write(correlation, toRequest(correlation, proposal), receive)
      else receive(new StoreUnavailable('appending: no connection in time'))
    } catch (error) {
      receive(asStoreError(error, 'appending'))
    }
  }

  const send = (proposal: Proposal): Promise<Answer> => availability.attempt(() => sendNow(proposal))

  const sendNow = (proposal: Proposal): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const bytes = proposal.events.reduce((sum, { data, meta }) => sum + data.length + meta.length, 0)
      if (closing.signal.aborted) throw new StoreUnavailable('appending: the store is closed')
      if (pending >= pendingMax || pendingBytes + bytes > pendingBytesMax)
        throw new Refused('appending: too many appends wait for an answer')
      const wait: Waiting = {
        until: clock.now() + callMs,
        receive: (answer) => {
          if (!waiting.delete(wait)) return
          if (answer instanceof Error) {
            proposal.failed?.()
            reject(answer)
          } else resolve(answer)
        },
      }
      waiting.add(wait)
      pending++
      pendingBytes += bytes
      void write(
        proposal,
        () => waiting.has(wait),
        (answer) => {
          pending--
          pendingBytes -= bytes
          if (!(answer instanceof Error)) availability.heard()
          wait.receive(answer)
        },
      )
      void time()
    })

  const giveUp = (why: StoreUnavailable): void => {
    for (const { receive } of waiting) receive(why)
  }
  availability.onAway(giveUp)

  const close = (): void => {
    giveUp(new StoreUnavailable('appending: the store was closed'))
    closing.abort()
    void current?.then(
      (open) => {
        open.close()
      },
      () => undefined,
    )
  }

  return { send, close }
}
