/** The port `peers`: what clients of ours ask of other servers, over signed HTTP in the draft's structs. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { MessageToHub, OtherServers, RefusedElsewhere } from '../../ports/peers.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { claimElsewhere } from '../claims/claimElsewhere.js'
import type { ClaimElsewhereDependencies } from '../claims/claimElsewhere.js'
import { targetsExtension, urgencyExtension } from '../messageType.js'
import { askAsset } from '../peers/asset.js'
import { askClients } from '../peers/clients.js'
import { decide } from '../peers/decide.js'
import { identifierQuery } from '../peers/identifierQuery.js'
import { askProfile } from '../peers/profile.js'
import { reportAbuse } from '../peers/reportAbuse.js'
import { submitMessage } from '../peers/submitMessage.js'
import type { Submitted } from '../peers/askHub.js'
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
    submitMessage: async (message) =>
      said(await away.unlessAway(domainOf(message.group), () => sendToHub(deps, message))),
    update: async (asked) => said(await away.unlessAway(domainOf(asked.group), () => update(peers, asked))),
    decide: async (asked) => said(await away.unlessAway(domainOf(asked.group), () => decide(peers, asked))),
    keyMaterial: async (asked) => said(await claimElsewhere(deps, asked)),
    report: async (asked) => said(await away.unlessAway(domainOf(asked.group), () => reportAbuse(peers, asked))),
    clientsOf: (asked) => away.unlessAway(domainOf(asked.user), () => askClients(peers, asked)),
    profileOf: (asked) => away.unlessAway(domainOf(asked.user), () => askProfile(peers, asked)),
    speaksTo: async (domain) => (await deps.trust.standingOf(domain)).isSpokenTo,
    findUser: (asked) => away.unlessAway(asked.domain, () => identifierQuery(peers, asked)),
    asset: async (asked) => {
      const heard = await away.unlessAway(domainOf(asked.asset), () => askAsset(peers, asked))
      return 'rejected' in heard ? { refused: heard.rejected } : { ...heard, digest: toBase64url(heard.digest) }
    },
    revocationsOf: revocationsElsewhere(deps),
    rootOf: rootForClients(deps),
  }
}

/** A message for some is for nobody where the hub would show it to all; how urgent it is the hub need not know. */
const sendToHub = async (
  { peers, trust }: Pick<OtherServersDependencies, 'peers' | 'trust'>,
  { key: idempotencyKey, targets, urgency, ...message }: MessageToHub,
): Promise<Submitted | Rejected> => {
  if (targets === undefined && urgency === undefined) return submitMessage(peers, { ...message, idempotencyKey })
  const { extensions } = await trust.directoryOf(domainOf(message.group))
  if (targets !== undefined && !extensions.includes(targetsExtension))
    return reject({ code: 'not-allowed', capability: 'targetElsewhere' })
  const told = extensions.includes(urgencyExtension) ? urgency : undefined
  return submitMessage(peers, { ...message, idempotencyKey, targets, urgency: told })
}

/** The port knows no problems: whoever is told of one reads it. */
const said = <Heard extends object>(heard: Heard | Rejected): Heard | RefusedElsewhere =>
  'rejected' in heard ? { refused: heard.rejected } : heard
