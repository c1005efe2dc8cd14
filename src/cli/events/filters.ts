/** Which events of a log somebody wants to see: by stream, type, time or position, and cause. */
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { StoredEvent } from '../../ports/eventStore.js'

export const filterOptions = {
  stream: ['NAME', 'events of this stream; of all that begin so, with * at the end'],
  type: ['TYPE', 'events of this type; of several, by commas'],
  from: ['PLACE', 'not before this position, or this time (2026-11-30T08:00:00Z)'],
  until: ['PLACE', 'not after this position, or this time'],
  cause: ['ID', 'what answers the event with this id, or came by the request with it'],
} as const

type Options = { readonly [name: string]: string | undefined }

/** A position in the log, or a time, ms since 1970. */
export type When = { readonly position: number } | { readonly at: number }

export type Filters = {
  /** The one stream that is asked for, where it is one. */
  readonly stream?: string
  readonly from?: When
  readonly until?: When
  readonly admits: (event: StoredEvent) => boolean
}

/** Throws StartupProblem. */
export const filtersIn = (options: Options): Filters => {
  const { stream, type, from, until, cause } = options
  const types = type === undefined ? undefined : new Set(type.split(','))
  const [begin, end] = [
    from === undefined ? undefined : whenIn(from, 'from'),
    until === undefined ? undefined : whenIn(until, 'until'),
  ]
  const tests: ((event: StoredEvent) => boolean)[] = []
  if (stream !== undefined) tests.push(streamTest(stream))
  if (types !== undefined) tests.push((event) => types.has(event.type))
  if (cause !== undefined) tests.push(({ meta }) => meta.cause === cause || meta.request === cause)
  if (begin !== undefined) tests.push((event) => compare(event, begin) >= 0)
  if (end !== undefined) tests.push((event) => compare(event, end) <= 0)
  return {
    ...(stream === undefined || stream.endsWith('*') ? {} : { stream }),
    ...(begin === undefined ? {} : { from: begin }),
    ...(end === undefined ? {} : { until: end }),
    admits: (event) => tests.every((test) => test(event)),
  }
}

const streamTest = (wanted: string): ((event: StoredEvent) => boolean) => {
  if (!wanted.endsWith('*')) return ({ stream }) => stream === wanted
  const beginning = wanted.slice(0, -1)
  return ({ stream }) => stream.startsWith(beginning)
}

const compare = ({ position, meta }: StoredEvent, when: When): number =>
  'position' in when ? position - when.position : meta.at - when.at

/** A whole number is a position; anything else a time as ISO 8601 has it. Throws StartupProblem. */
export const whenIn = (text: string, what: string): When => {
  if (/^\d{1,16}$/.test(text)) return { position: Number(text) }
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw new StartupProblem(64, `${what} is no position and no time: ${JSON.stringify(text)}`)
  return { at }
}
