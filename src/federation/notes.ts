/** What an operator should know of other servers, in a few words; which ones stands in the log of the server. Pure. */
import type { OutboxStatus } from './outbox/worker.js'

export const notesOnPeers = (
  { failing, paused, stopped }: OutboxStatus,
  { size: broken }: { readonly size: number },
): readonly string[] => [
  ...said(failing.length, 'do not answer', 'other servers'),
  ...said(paused.length, 'were away for a week and are sent nothing', 'other servers'),
  ...said(stopped.length, 'are sent to a follower no further', 'groups'),
  ...said(broken, 'of other servers are followed no further', 'groups'),
]

const said = (count: number, what: string, of: string): readonly string[] =>
  count === 0 ? [] : [`${of} that ${what}: ${count}`]
