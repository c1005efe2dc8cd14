/** Other servers that do not answer, and those whose groups stand still: each by its name, with what to do about it. */
import { peersAnswer } from '../../contract/peers.js'
import type { PeerListed } from '../../contract/peers.js'
import { askDoor } from '../operators/askDoor.js'
import type { Door } from '../operators/door.js'
import { pagesOf } from '../operators/pagesOf.js'
import { good, note, wrong } from './finding.js'
import type { Finding, Look } from './finding.js'

export async function* lookAtPeers(door: Door): Look {
  const ask = (page: string) => askDoor(door, { method: 'GET', path: `/peers${page}` }, peersAnswer)
  let found = 0
  for await (const { federation, peers } of pagesOf(ask, { wanted: { trouble: 'only' }, goesOn: 'after' })) {
    if (federation === 'off') return
    for (const peer of peers) yield* ofPeer(peer)
    found += peers.length
  }
  if (found === 0) yield good('peers: every other server takes what it is sent')
}

/** That another server is away is nothing that is wrong here; that members here get nothing more of a group is. */
function* ofPeer({ domain, state, backlog: { items }, lastError, stopped, broken }: PeerListed): Generator<Finding> {
  const reset = `homeserver peers reset ${domain} --why TEXT`
  if (state === 'backingOff')
    yield note(
      `peer ${domain} does not answer, ${items} items wait: ${lastError?.error ?? 'no reason is known'}`,
      `it is tried by itself; when it is back: ${reset} (Other servers)`,
    )
  if (state === 'parked')
    yield note(
      `peer ${domain} was away for a week, ${items} items wait and nothing is sent to it`,
      `is it back: ${reset}; is it gone for good: homeserver peers policy ${domain} blocked, then peers drop (Other servers)`,
    )
  if (stopped > 0)
    yield note(
      `peer ${domain} takes no more of ${stopped} groups of ours`,
      `homeserver peers show ${domain} says why; when its operator has looked: ${reset} (Other servers)`,
    )
  if (broken > 0)
    yield wrong(
      69,
      `peer ${domain} broke a rule: ${broken} groups of its own are followed no further`,
      `homeserver peers show ${domain} says which; ask its operator, then ${reset} (Other servers)`,
    )
}
