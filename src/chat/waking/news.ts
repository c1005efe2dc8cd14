/** What a notification says: who wrote, never what: others see the screen of a phone that lies on a table. Pure. */
import type { ClientEvent, UserId } from '../../client/index.js'

export type News = { readonly title: string; readonly body: string; readonly count: number }

/** Where nobody could look: the page that has the client is open, the server is away, or what came is not for the person. */
export const neutral: News = { title: 'Chat', body: 'There may be something new.', count: 0 }

/** Undefined where there is nothing that a person would want to be woken for. `events`: all that nobody has read yet. */
export const newsIn = (
  events: readonly ClientEvent[],
  me: UserId,
  name: (user: UserId) => string,
): News | undefined => {
  const writers = events.flatMap((event) => (isSaid(event) && event.from.user !== me ? [event.from.user] : []))
  const invitations = events.filter(({ type }) => type === 'joined').length
  const count = writers.length + invitations
  if (count === 0) return undefined
  const messages = writers.length === 1 ? '1 new message' : `${writers.length} new messages`
  const added = 'You were added to a conversation'
  if (writers.length === 0) return { title: 'Chat', body: `${added}.`, count }
  // Who wrote last is named first.
  const names = [...new Set(writers.toReversed())].map(name)
  return { title: namesOf(names), body: `${messages}.${invitations > 0 ? ` ${added}.` : ''}`, count }
}

const isSaid = (event: ClientEvent): event is Extract<ClientEvent, { type: 'message' }> =>
  event.type === 'message' && !aside.includes(event.content.type)

/** What changes or answers something that was said. */
const aside: readonly string[] = ['reaction', 'unreaction', 'status', 'edit', 'deletion']

const namesOf = (names: readonly string[]): string => {
  if (names.length > 3) return `${names.slice(0, 2).join(', ')} and ${names.length - 2} others`
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}
