/** How much waits at the homeserver, for a badge: counted there, and nothing is fetched by it. */
import type { Engine } from '../engine/engine.js'

export type Unread = {
  /** Messages that this client has not fetched; its own among them, and none that was sent silently. */
  readonly messages: number
  /** Groups that it was added to, and requests for contact, that it has not fetched. */
  readonly invitations: number
  /** There are more than were counted. */
  readonly more: boolean
  /** When the oldest of the messages was accepted, in ms; undefined where there is none. */
  readonly oldest: number | undefined
}

export const unreadAt = async ({ account, api }: Pick<Engine, 'account' | 'api'>): Promise<Unread> => {
  const fanOut = await api.queues.count({ queue: account.queue, direct: false })
  const direct = await api.queues.count({ queue: account.directQueue, direct: true })
  return {
    messages: fanOut.unread,
    invitations: fanOut.invitations + direct.invitations,
    more: fanOut.more || direct.more,
    oldest: fanOut.oldest,
  }
}
