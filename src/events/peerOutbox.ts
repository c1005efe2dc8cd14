/** Facts about what another server was sent and has, in `peer-<domain>`: what a rebuilt outbox counts on from. */
import { z } from 'zod'
import type { Domain } from '../mls/wire/ids.js'
import { count, groupId, time } from './form/fields.js'
import type { EventOf } from './form/parser.js'

/** A revision of a stream, −1 before its first event. */
const upToRevision = z.number().int().min(-1)

const anchor = z.object({
  /** Everything below is confirmed; this one is due. */
  sequence: count,
  /** The item that is due is the first one beyond these revisions of the group's two streams. */
  groupRevision: upToRevision,
  messagesRevision: upToRevision,
})
export type Anchor = z.infer<typeof anchor>

export const peerOutboxShapes = {
  /** Cumulative; one a second and peer at most. The first of a group says 0, before anything is sent. */
  PeerConfirmed: { schema: z.object({ groups: z.record(groupId, anchor) }) },
  /** Application messages fell out unsent: one item stands for these numbers. `messagesRevision`: of the last of them. */
  PeerGap: {
    schema: z.object({
      group: groupId,
      fromSequence: count,
      toSequence: count,
      count,
      messagesRevision: count,
    }),
  },
  /** Away for too long: nothing is sent until somebody says so, or the peer shows itself. */
  PeerPaused: { schema: z.object({ since: time }) },
  PeerResumed: { schema: z.object({}) },
  /** Whether anything is sent to it, as an operator says. `act`: the number of the operator's act; of those below, too. */
  PeerSendingChanged: { schema: z.object({ sending: z.boolean(), act: count }) },
  /** What was given up for now is tried again at once, and a group that stands still looked at again. */
  PeerReset: { schema: z.object({ act: count }) },
  /** Application messages of before this moment that it has not got fall out: each run of them is a PeerGap. */
  PeerDropped: { schema: z.object({ act: count }) },
} as const
export type PeerOutboxEvent = EventOf<typeof peerOutboxShapes>

const prefix = 'peer-'

export const peerStream = (peer: Domain): string => prefix + peer
/** Whom a stream made by `peerStream` is about. */
export const peerOfStream = (stream: string): string => stream.slice(prefix.length)
