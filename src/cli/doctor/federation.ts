/** Other servers: are those that are named found, and is this one found where others look for it? */
import { findPeers, isInTheWorld } from '../../compose/knownPeers.js'
import type { FoundPeer } from '../../compose/knownPeers.js'
import type { Config } from '../../compose/settings/config.js'
import { good, note, wrong } from './finding.js'
import type { Finding, Look } from './finding.js'

/** `isServed`: this server runs, so that others would find it. */
export async function* lookAtFederation(config: Config, isServed: boolean): Look {
  const { domain, federation } = config
  if (federation.mode === 'off') return
  if (federation.mode === 'allow' && federation.peers.size === 0)
    yield note(
      'federation: FEDERATION is allow, and FEDERATION_PEERS names nobody',
      'name the domains there, or allow them: homeserver peer policy DOMAIN allowed --why TEXT',
    )
  // Whoever is tried out on one machine is found by what the other one's settings say.
  const own = isServed && isInTheWorld(config) ? [domain] : []
  for await (const peer of findPeers(config, own))
    if (peer.domain !== domain || isServed) yield findingOf(peer, peer.domain === domain)
}

const findingOf = (peer: FoundPeer, isOurs: boolean): Finding => {
  const what = `federation: ${peer.domain}${isOurs ? ', this server,' : ''}`
  switch (peer.found) {
    case 'itself':
      return good(`${what} is found`)
    case 'nobody':
      return wrong(69, `${what} cannot be reached: ${peer.why}`, isOurs ? oursAway : theirsAway)
    case 'somethingElse':
      return wrong(69, `${what} is answered for by something else: ${peer.why}`, isOurs ? oursElse : theirsElse)
  }
}

const address = '/.well-known/mimi-protocol-directory'
const oursAway = `others look for it at https://DOMAIN${address}: see to its name, its certificate and port 443 (Other servers)`
const theirsAway = `its name, its certificate, port 443 there; the way out of here; or where it is, in FEDERATION_PEERS (Other servers)`
const oursElse = `the web server of DOMAIN passes ${address} on to this one (Other servers)`
const theirsElse = `tell its operator: the web server of that domain does not pass ${address} on`
