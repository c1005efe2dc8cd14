/** The command ids of the last day in one stream, and where their events stand. */
import type { StoredEvent } from '../ports/eventStore.js'

export type KnownCommand = {
  /** Undefined where it was erased. */
  readonly bodyHash?: string | undefined
  readonly at: number
  readonly revision: number
  readonly count: number
}

/** By command id; insertion order is age. */
export type KnownCommands = Map<string, KnownCommand>

/** The newest: of the last event of the stream, where that is not older than a day. */
export const lastKnown = (commands: KnownCommands): KnownCommand | undefined => {
  let last: KnownCommand | undefined
  for (const known of commands.values()) last = known
  return last
}

/** Of what was erased nobody can say any more that it was another. */
export const isSameBody = (
  known: { readonly bodyHash?: string | undefined },
  asked: { readonly bodyHash: string },
): boolean => known.bodyHash === undefined || known.bodyHash === asked.bodyHash

/** Forgets those that are `rememberMs` older than the event. */
export const rememberCommand = (commands: KnownCommands, event: StoredEvent, rememberMs: number): void => {
  const { command, bodyHash, at } = event.meta
  const known = commands.get(command)
  if (known !== undefined) {
    const count = Math.max(known.count, event.revision - known.revision + 1)
    commands.set(command, { ...known, count })
    return
  }
  commands.set(command, { bodyHash, at, revision: event.revision, count: 1 })
  for (const [id, { at: then }] of commands) {
    if (then > at - rememberMs) break
    commands.delete(id)
  }
}
