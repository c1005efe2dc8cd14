/** The capture as a reader sees it, and what is wrong with it: each client may ask its own server, by its door, and no other. */
import type { Asked } from './capture.js'
import type { Place } from './servers.js'

export type Places = readonly (Pick<Place, 'domain'> & {
  readonly door: Pick<Place['door'], 'host' | 'requests'>
  readonly ways: ReadonlyMap<string, Pick<Place['door'], 'requests'>>
})[]

export const whoAskedWhom = (
  asked: readonly Asked[],
  places: Places,
  homes: { readonly [name: string]: string },
): { readonly lines: readonly string[]; readonly faults: readonly string[] } => {
  const placeOf = (host: string) => places.find(({ door }) => door.host === host)
  const clients = asked.map(({ name, host, requests, websockets }) => {
    const whom = placeOf(host)?.domain ?? host
    return `${name} asked ${whom}: ${requests} requests, ${websockets} websockets`
  })
  const servers = places.map(
    ({ domain, ways }) =>
      `${domain} asked ${[...ways].map(([other, { requests }]) => `${other} ${requests()} times`).join(', ')}`,
  )
  const strangers = asked.flatMap(({ name, host }) => {
    const domain = placeOf(host)?.domain
    return domain !== undefined && homes[name] === domain
      ? []
      : [`${name} asked ${domain ?? host}, which is not the own server`]
  })
  return { lines: [...clients, ...servers], faults: [...strangers, ...unseen(asked, places)] }
}

/** A door that more came through than the capture knows was found by somebody whom it does not see. */
const unseen = (asked: readonly Asked[], places: Places): readonly string[] =>
  places.flatMap(({ domain, door }) => {
    const known = asked
      .filter(({ host }) => host === door.host)
      .reduce((sum, { requests, websockets }) => sum + requests + websockets, 0)
    return door.requests() > known ? [`${domain} was asked ${door.requests()} times, ${known} are known`] : []
  })
