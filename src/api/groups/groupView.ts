/** A group as its members see it. */
import { z } from 'zod'
import { kindOf } from '../../commands/group/proposals.js'
import { lifetimeEnd } from '../../commands/group/leaves.js'
import type { ActiveGroup } from '../../commands/group/fold/state.js'
import { removalReason } from '../../events/group.js'
import type { Occupant } from '../../events/group.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { members } from '../../mls/group/publicGroup.js'
import type { UserId } from '../../mls/wire/ids.js'
import { encodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import {
  bytesOut,
  cipherSuiteField,
  clientUri,
  described,
  epochField,
  groupUri,
  leafIndexField,
  named,
  roleField,
  timeOut,
  userUri,
} from '../../contract/fields.js'
import { settingsField } from './groupFields.js'

const seat = z
  .object({
    client: clientUri,
    leafIndex: leafIndexField,
    ends: timeOut
      .optional()
      .describe(
        'When its lifetime ends, ms since 1970; of one that a Commit made, which ends with its certificate, absent',
      ),
  })
  .meta({ title: 'Seat', description: 'A client and its leaf' })
const member = z
  .object({ user: userUri, role: roleField, clients: z.array(seat).describe('Its clients in the group') })
  .meta({ title: 'Member', description: 'A user in a group' })
const pendingProposal = z
  .object({
    ref: bytesOut.describe('Its ProposalRef'),
    proposal: bytesOut.describe('An MLSMessage'),
    kind: described(z.string(), 'What it proposes', 'remove'),
  })
  .meta({ title: 'PendingProposal', description: 'A proposal that waits for a Commit' })
const removalReasonField = named(removalReason, {
  title: 'RemovalReason',
  description: 'Why a leaf must be removed',
  example: 'clientRemoved',
})
export const requiredRemoval = z
  .object({ leafIndex: leafIndexField, client: clientUri, reason: removalReasonField })
  .meta({ title: 'RequiredRemoval', description: 'A leaf that the next Commit must remove' })
const pending = z
  .object({
    proposals: z.array(pendingProposal).describe('In the order they came'),
    removals: z.array(requiredRemoval).describe('What the next Commit must remove'),
  })
  .meta({ title: 'Pending', description: 'What waits for a Commit' })

export const groupView = z.object({
  group: groupUri,
  epoch: epochField,
  cipherSuite: cipherSuiteField,
  members: z.array(member).describe('By the leaves of their clients'),
  settings: settingsField,
  profileVersion: described(z.number().int(), 'The version of its profile; 0: there is none', 4),
  pending,
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
