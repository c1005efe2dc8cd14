/**
 * How streams are named in a log. What is of the server whose log it is bears no domain there; what is of another server does
 * (docs/decisions/0028). Followed groups of before that was so keep the names that they were begun under.
 */
import { homeMark } from '../events/form/streamName.js'
import { parseGroupEvent } from '../events/group.js'
import { parseServerEvent, serverStream } from '../events/server.js'
import type { EventStore } from '../ports/eventStore.js'
import { keepNewest } from '../structures/newest.js'

/** What a group has. Nothing else of another server's was ever written. */
const ofGroups = /^(?:group|messages|followed)-/
/** Groups of other servers that were looked for under their random part alone. */
const lookedMax = 50_000

/** The log, to be asked by the names of events/. What it hands out is as it is in the log. */
export const withNamesInLog = (log: EventStore): EventStore => {
  const nameInLog = namesOf(log)
  const at = byNameIn({ nameInLog })
  const asked: Pick<EventStore, 'nameInLog' | 'append' | 'readStream' | 'find' | 'last' | 'truncate'> = {
    nameInLog,
    append: (stream, events, expected) => at(stream, (name) => log.append(name, events, expected)),
    readStream: (stream, options) => at(stream, (name) => log.readStream(name, options)),
    find: (stream, id) => at(stream, (name) => log.find(name, id)),
    last: (stream) => at(stream, (name) => log.last(name)),
    truncate: (stream, before) => at(stream, (name) => log.truncate(name, before)),
  }
  // Some of what a log says of itself it knows only later: getters stay getters.
  const fields = { ...Object.getOwnPropertyDescriptors(log), ...Object.getOwnPropertyDescriptors(asked) }
  return Object.create(null, fields) as EventStore
}

type NameInLog = NonNullable<EventStore['nameInLog']>

/** Asks by the name that a stream has in the log; at once where that is known, so that calls stay in their order. */
export const byNameIn =
  ({ nameInLog }: Pick<EventStore, 'nameInLog'>) =>
  <Answer>(stream: string, ask: (name: string) => Promise<Answer>): Promise<Answer> => {
    const name = nameInLog?.(stream) ?? stream
    return typeof name === 'string' ? ask(name) : name.then(ask)
  }

const namesOf = (log: EventStore): NameInLog => {
  /** What own names end with, once the log says whose it is. */
  let own: string | undefined
  const looked = keepNewest<string, boolean>(lookedMax)

  const nameInLog = (stream: string): string | Promise<string> => {
    const home = stream.indexOf(homeMark)
    if (home < 0) return stream
    if (own === undefined) return learnt(stream)
    if (stream.endsWith(own)) return stream.slice(0, home)
    if (!ofGroups.test(stream)) return stream
    const begunBare = looked.get(stream.slice(stream.indexOf('-') + 1))
    return begunBare === undefined ? lookedFor(stream) : nameOf(stream, begunBare)
  }

  const learnt = async (stream: string): Promise<string> => {
    const [first] = await log.readStream(serverStream, { limit: 1 })
    if (first === undefined) return stream
    const event = parseServerEvent(first)
    if (event.type !== 'ServerInitialised') throw new Error('the log does not begin by saying whose it is')
    own = homeMark + event.data.domain
    return nameInLog(stream)
  }

  const lookedFor = async (stream: string): Promise<string> => {
    const id = stream.slice(stream.indexOf('-') + 1)
    const [random, domain] = id.split(homeMark)
    const [first] = await log.readStream(`group-${random}`, { limit: 1 })
    const event = first?.type === 'GroupFollowed' ? parseGroupEvent(first) : undefined
    const begunBare = event?.type === 'GroupFollowed' && event.data.group === `mimi://${domain}/g/${random}`
    looked.set(id, begunBare)
    return nameOf(stream, begunBare)
  }

  return nameInLog
}

const nameOf = (stream: string, begunBare: boolean): string =>
  begunBare ? stream.slice(0, stream.indexOf(homeMark)) : stream
