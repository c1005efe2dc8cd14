/** A group as its members see it. */
import { z } from 'zod'
import { kindOf } from '../../commands/group/proposals.js'
import { lifetimeEnd } from '../../commands/group/leaves.js'
import type { ActiveGroup } from '../../commands/group/state.js'
import { removalReason, role } from '../../events/group.js'
import type { Occupant } from '../../events/group.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { members } from '../../mls/group/publicGroup.js'
import type { UserId } from '../../mls/wire/ids.js'
import { encodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import { bytesOut, cipherSuiteField, clientUri, groupUri, userUri } from '../http/fieldSchemas.js'
import { settingsField } from './groupFields.js'

const seat = z.object({
  client: clientUri,
  leafIndex:
    z.number() /** When the leaf's lifetime ends, ms; absent of one that a Commit made, which ends with its certificate. */,
  ends: z.number().int().optional(),
})
const pendingProposal = z.object({ ref: bytesOut, proposal: bytesOut, kind: z.string() })
export const requiredRemoval = z.object({ leafIndex: z.number(), client: clientUri, reason: removalReason })

export const groupView = z.object({
  group: groupUri,
  epoch: z.string(),
  cipherSuite: cipherSuiteField,
  members: z.array(z.object({ user: userUri, role, clients: z.array(seat) })),
  settings: settingsField,
  profileVersion: z.number(),
  pending: z.object({ proposals: z.array(pendingProposal), removals: z.array(requiredRemoval) }),
})

export const groupViewOf = (group: ActiveGroup): z.input<typeof groupView> => ({
  group: group.group,
  epoch: String(group.mls.epoch),
  cipherSuite: group.mls.cipherSuite,
  members: membersOf(group),
  settings: group.settings,
  profileVersion: group.profile?.version ?? 0,
  pending: { proposals: pendingProposals(group), removals: requiredRemovals(group) },
})

const membersOf = ({ leaves, users, mls }: ActiveGroup): z.input<typeof groupView>['members'] => {
  const ends = new Map(members(mls).map(({ leafIndex, leaf }) => [leafIndex, lifetimeEnd(leaf)]))
  const seats = new Map<UserId, Occupant[]>()
  for (const occupant of [...leaves.values()].sort((a, b) => a.leafIndex - b.leafIndex)) {
    seats.set(occupant.user, [...(seats.get(occupant.user) ?? []), occupant])
  }
  return [...seats].map(([user, clients]) => ({
    user,
    role: users.get(user)?.role ?? 'member',
    clients: clients.map(({ client, leafIndex }) => ({ client, leafIndex, ...endOf(ends.get(leafIndex)) })),
  }))
}

const endOf = (ends: number | undefined): { readonly ends?: number } => (ends === undefined ? {} : { ends })

/** As MLSMessages, in the order they came. */
export const pendingProposals = ({ mls }: ActiveGroup): z.infer<typeof pendingProposal>[] =>
  [...mls.pending.values()].map(({ ref, proposal, message }) => ({
    ref,
    proposal: toBase64url(encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: message })),
    kind: kindOf(proposal),
  }))

export const requiredRemovals = ({ required }: ActiveGroup): z.input<typeof requiredRemoval>[] =>
  [...required.values()].map(({ occupant: { leafIndex, client }, reason }) => ({ leafIndex, client, reason }))
