/** The port `peers`: what clients of ours ask of other servers, over signed HTTP in the draft's structs. */
import { domainOf } from '../../mls/wire/ids.js'
import type { OtherServers, RefusedElsewhere } from '../../ports/peers.js'
import type { Rejected } from '../../streams/rejection.js'
import { claimElsewhere } from '../claims/claimElsewhere.js'
import type { ClaimElsewhereDependencies } from '../claims/claimElsewhere.js'
import { askClients } from '../peers/clients.js'
import { decide } from '../peers/decide.js'
import { identifierQuery } from '../peers/identifierQuery.js'
import { askProfile } from '../peers/profile.js'
import { reportAbuse } from '../peers/reportAbuse.js'
import { submitMessage } from '../peers/submitMessage.js'
import { update } from '../peers/update.js'
import { revocationsElsewhere } from './revocationsElsewhere.js'
import type { RevocationsElsewhereDependencies } from './revocationsElsewhere.js'
import { rootForClients } from './rootForClients.js'
import type { RootForClientsDependencies } from './rootForClients.js'

export type OtherServersDependencies = ClaimElsewhereDependencies &
  RootForClientsDependencies &
  RevocationsElsewhereDependencies

export const askOtherServers = (deps: OtherServersDependencies): OtherServers => {
  const { peers, away } = deps
  return {
    submitMessage: async ({ key, ...message }) =>
      said(
        await away.unlessAway(domainOf(message.group), () => submitMessage(peers, { ...message, idempotencyKey: key })),
      ),
    update: async (asked) => said(await away.unlessAway(domainOf(asked.group), () => update(peers, asked))),
    decide: async (asked) => said(await away.unlessAway(domainOf(asked.group), () => decide(peers, asked))),
    keyMaterial: async (asked) => said(await claimElsewhere(deps, asked)),
    report: async (asked) => said(await away.unlessAway(domainOf(asked.group), () => reportAbuse(peers, asked))),
    clientsOf: (asked) => away.unlessAway(domainOf(asked.user), () => askClients(peers, asked)),
    profileOf: (asked) => away.unlessAway(domainOf(asked.user), () => askProfile(peers, asked)),
    speaksTo: async (domain) => (await deps.trust.standingOf(domain)).isSpokenTo,
    findUser: (asked) => away.unlessAway(asked.domain, () => identifierQuery(peers, asked)),
    revocationsOf: revocationsElsewhere(deps),
    rootOf: rootForClients(deps),
  }
}

/** The port knows no problems: whoever is told of one reads it. */
const said = <Heard extends object>(heard: Heard | Rejected): Heard | RefusedElsewhere =>
  'rejected' in heard ? { refused: heard.rejected } : heard
