/** How the outbox reaches a follower: one signed request for the items of one group. */
import { z } from 'zod'
import { count } from '../../events/form/fields.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { OutboundAnswer } from '../../ports/outbound.js'
import type { Heard, Notify } from '../item.js'
import { itemsType } from '../itemsType.js'
import { encodeItems } from '../numbered.js'
import type { Peers } from '../peers/client.js'
import { PeerNotFederating, PeerUnreachable } from '../peers/peerErrors.js'
import type { Trust } from '../peers/trust.js'

/** The extension that a directory names where items are known. */
export const itemsExtension = 'items'

const answerBytesMax = 16 * 1024
const timeoutMs = 30_000

export type NotifyPeersDependencies = {
  readonly peers: Peers
  readonly trust: Pick<Trust, 'directoryOf'>
  /** Ends requests that are under way. */
  readonly signal?: AbortSignal
}

/** Throws what `Peers` throws, and PeerUnreachable for an answer that says neither yes nor no. */
export const notifyPeers =
  ({ peers, trust, signal }: NotifyPeersDependencies): Notify =>
  async (peer, group, items) => {
    const [first] = items
    if (first === undefined) throw new RangeError('a request has one item at least')
    const { extensions } = await trust.directoryOf(peer)
    if (!extensions.includes(itemsExtension)) throw new PeerNotFederating(peer, 'it knows no items')
    const answer = await peers.ask(peer, {
      method: 'POST',
      endpoint: 'notify',
      parameters: { roomId: group },
      contentType: itemsType(first.sequence),
      body: encodeItems(items),
      bytesMax: answerBytesMax,
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    })
    return heardIn(peer, answer)
  }

const recorded = z.object({ next: count })
const unexpected = z.object({ code: z.literal('item-unexpected'), next: count })
/** Kept and shown as long as it takes nothing: a peer chooses the words, not how many. */
const reasonCharsMax = 200
const reason = z.string().transform((words) => words.slice(0, reasonCharsMax))
const refused = z.object({ code: z.literal('item-refused'), next: count, reason })

/** As where it cannot learn now by whose root a member is to be believed. */
const unavailable = z.object({ code: z.literal('store-unavailable') })
/** It takes no more new groups for a long while (s): those that it has go on. */
const enough = z.object({ code: z.literal('rate-limited'), retryAfter: z.number().min(60) })
const later = z.union([unavailable, enough])

/** Of the body alone, which is signed. */
const heardIn = (peer: Domain, { status, body }: OutboundAnswer): Heard => {
  const json = jsonIn(body)
  if (status === 201) {
    const said = recorded.safeParse(json)
    if (said.success) return { status: 'recorded', next: said.data.next }
  }
  const behind = unexpected.safeParse(json)
  if (behind.success) return { status: 'unexpected', next: behind.data.next }
  const no = refused.safeParse(json)
  if (no.success) return { status: 'refused', next: no.data.next, reason: no.data.reason }
  if (later.safeParse(json).success) return { status: 'later' }
  throw new PeerUnreachable(peer, `it answers ${status} to items`)
}

const jsonIn = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}
