/** What honest people do meanwhile, each well within the limits, and how long they wait for it. */
import type { Seeded } from '../../ports/seeded.js'
import { groupOf, speak } from '../speakers.js'
import type { Speaker } from '../speakers.js'
import { given } from './connection.js'

export type HonestOptions = {
  readonly random: Seeded
  readonly signal: AbortSignal
  readonly waited: (ms: number) => void
  /** Something of theirs was refused. */
  readonly failed: (what: string) => void
}

type Doing = {
  readonly what: string
  readonly everyMs: number
  readonly whose: (people: readonly Speaker[]) => readonly Speaker[]
  readonly work: (speaker: Speaker) => Promise<unknown>
}

const all = (people: readonly Speaker[]): readonly Speaker[] => people

const doings: readonly Doing[] = [
  { what: 'send', everyMs: 1_400, whose: all, work: speak },
  { what: 'read', everyMs: 250, whose: all, work: ({ client }) => client.account() },
  { what: 'look', everyMs: 3_000, whose: all, work: (speaker) => groupOf(speaker).view() },
  // Few enough that no percentile is theirs.
  {
    what: 'commit',
    everyMs: 15_000,
    whose: (people) => people.slice(0, 1),
    work: (speaker) => groupOf(speaker).update(),
  },
  {
    what: 'profile',
    everyMs: 20_000,
    whose: (people) => people.slice(0, 1),
    work: (one) => groupOf(one).setProfile('x'),
  },
]

/** Resolves once the signal aborts and what was under way is done. Whoever is disconnected fetches in place of listening. */
export const beHonest = async (people: readonly Speaker[], options: HonestOptions): Promise<void> => {
  const fetching: Doing = {
    what: 'fetch',
    everyMs: 800,
    whose: (all) => all.slice(-1),
    work: ({ client }) => client.sync(),
  }
  for (const { client } of fetching.whose(people)) client.disconnect()
  await Promise.all(
    [...doings, fetching].flatMap((doing) => doing.whose(people).map((speaker) => keepDoing(doing, speaker, options))),
  )
}

const keepDoing = async ({ what, everyMs, work }: Doing, speaker: Speaker, options: HonestOptions): Promise<void> => {
  const { random, signal, waited, failed } = options
  while ((await given(everyMs / 2 + random.integer(everyMs), signal), !signal.aborted)) {
    const began = performance.now()
    try {
      await work(speaker)
      waited(performance.now() - began)
    } catch (error) {
      failed(`${what}: ${String(error)}`)
    }
  }
}
