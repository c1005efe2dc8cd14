/** Routes of groups that answer from the log: of another server's group from what was recorded of it here, where anything was. */
import { domainOf, parseGroupId } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { Route } from '../door.js'
import { readRecord } from './recordOf.js'

/** The routes, where a group of another domain is that very one, or names nothing. */
export const recordedHere = (
  routes: readonly Route[],
  { streams, domain }: { readonly streams: Pick<Streams, 'read'>; readonly domain: Domain },
): readonly Route[] =>
  routes.map((route) => {
    const answer: typeof route.answer = async (ask) => {
      const group = groupIn(ask.params)
      const isUnknown =
        group !== undefined && domainOf(group) !== domain && (await readRecord(streams, group)).status === 'none'
      return isUnknown ? reject({ code: 'no-such-group' }) : route.answer(ask)
    }
    // Of a command's route it answers what that answers, or a refusal.
    return { ...route, answer } as typeof route
  })

const groupIn = (params: unknown): GroupId | undefined => {
  if (typeof params !== 'object' || params === null || !('group' in params)) return undefined
  return parseGroupId(String(params.group))
}
