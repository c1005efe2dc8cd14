/** What waits for a person, counted from the frames of a queue: what they have to read, and what they are asked. */
import type { Frame } from './frame.js'

export type Waiting = {
  /** Application messages; those that their sender sent silently are left out. */
  readonly unread: number
  /** Welcomes and connection requests. */
  readonly invitations: number
  /** When the oldest unread message was accepted, ms since 1970; undefined where none is unread. */
  readonly oldest: number | undefined
}

export const waitingIn = (frames: readonly Frame[]): Waiting => {
  const unread = frames.flatMap(({ message }) => (message === undefined || message.silent === true ? [] : [message.at]))
  return {
    unread: unread.length,
    invitations: frames.filter(invites).length,
    oldest: unread.length === 0 ? undefined : Math.min(...unread),
  }
}

/** Items are JSON already, and begin with what they are: to parse a Commit for that would be dear. */
const invites = ({ bytes, message }: Frame): boolean => {
  if (message !== undefined) return false
  const head = bytes.toString('latin1', 0, headBytes)
  return invitations.some((beginning) => head.startsWith(beginning))
}

const invitations = ['{"type":"welcome",', '{"type":"notice","kind":"connectionRequest",'] as const
const headBytes = Math.max(...invitations.map(({ length }) => length))
