/** What an operator should know of other servers, in a few words; which ones stands in the log of the server. Pure. */
import type { OutboxStatus } from './outbox/worker.js'

export const notesOnPeers = (
  { failing, paused, stopped }: OutboxStatus,
  { size: broken }: { readonly size: number },
): readonly string[] => [
  ...said(failing.length, 'other servers that do not answer'),
  ...said(paused.length, 'other servers that were away for a week and are sent nothing'),
  ...said(stopped.length, 'groups that are sent to a follower no further'),
  ...said(broken, 'groups of other servers that are followed no further'),
]

const said = (count: number, what: string): readonly string[] => (count === 0 ? [] : [`${what}: ${count}`])
