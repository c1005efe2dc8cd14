/** Two servers as they are composed that share a group of each: one is looked at, the other asks it whatever a test likes, with its own key. */
import { createPrivateKey, sign } from 'node:crypto'
import type { ClientState } from 'ts-mls'
import { keyMaterialRequest } from '#src/client/trust/keyMaterialRequest.js'
import type { Peers } from '#src/federation/peers/client.js'
import { requesterExtension } from '#src/federation/requesterExtension.js'
import { encodeBody } from '#src/federation/wire/body.js'
import { groupInfoAsked, groupInfoRequest } from '#src/federation/wire/groupInfo.js'
import { identifierRequest } from '#src/federation/wire/identifierQuery.js'
import { withoutHeader } from '#src/federation/wire/mlsObjects.js'
import { submitMessageRequest } from '#src/federation/wire/submitMessage.js'
import { updateRequest } from '#src/federation/wire/update.js'
import { signContent } from '#src/mls/crypto/labels.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { createdBy } from '../../groupPeople.js'
import { groupAcross } from '../groupAcross.js'
import { followerDomain, hubDomain, openStreet } from '../twoServers.js'
import type { Street } from '../twoServers.js'
import { commitOf, messageOf, proposalOf, remove, treeOf } from '../../../commands/mlsFixture.js'
import { composeServer } from '../../../compose/composedServer.js'
import type { ComposedServer } from '../../../compose/composedServer.js'
import { fromHex } from '../../../docs/vectors/hex.js'
import type { BodyVector } from '../../../docs/vectors/federation.js'
import { vectorsIn } from '../../../docs/vectors/vectorFile.js'
import type { Resident } from '../../../faults/house.js'

export type SharedGroup = {
  readonly group: GroupId
  /** At its hub, and at the follower. */
  readonly owner: Resident
  readonly guest: Resident
  readonly ofOwner: ClientState
  readonly ofGuest: ClientState
}

export type Town = {
  readonly street: Street
  /** The one that is asked. */
  readonly target: ComposedServer
  readonly hostile: ComposedServer
  readonly asHostile: Peers
  readonly close: () => Promise<void>
}

export const openTown = async (): Promise<Town> => {
  const street = await openStreet()
  const target = await composeServer(street.settingsOf(hubDomain))
  const hostile = await composeServer(street.settingsOf(followerDomain))
  return {
    ...{ street, target, hostile },
    asHostile: await street.peersOf(followerDomain, target.clock),
    close: async () => {
      await target.close()
      await hostile.close()
      await street.close()
    },
  }
}

export const sharedBy = async (hub: ComposedServer, follower: ComposedServer): Promise<SharedGroup> => {
  const { group, alice: owner, bob: guest, ofAlice: ofOwner, ofBob: ofGuest } = await groupAcross(hub, follower)
  return { group, owner, guest, ofOwner, ofGuest }
}

/** A group of one server alone. */
export const aloneAt = async (house: ComposedServer) => {
  const owner = await house.register()
  return { owner, ...(await createdBy(house.door, owner)) }
}

/** What a good server asks of the hub of a group, for its client there; and what the draft has for all else. */
export const goodBodies = async (
  { group, guest, ofGuest }: Pick<SharedGroup, 'group' | 'guest' | 'ofGuest'>,
  target: Resident,
): Promise<readonly Uint8Array[]> => {
  const { message } = await messageOf(ofGuest, 'hello')
  const made = await commitOf(ofGuest)
  const { message: proposal } = await proposalOf(ofGuest, remove(1))
  const { user, certificates, signatureKeys } = guest
  const signatureKey = signatureKeys.publicKey
  const account = { user, certificates, signatureKey, seed: signatureKeys.signKey.slice(-32) }
  const key = createPrivateKey({ key: Buffer.from(signatureKeys.signKey), format: 'der', type: 'pkcs8' })
  const credential = { type: 'x509', certificates } as const
  const groupInfoPublicKey = signatureKey
  const asked = { cipherSuite: 1, signatureKey, credential, groupInfoPublicKey, joiningCode: undefined }
  const signature = new Uint8Array(
    sign(undefined, signContent('GroupInfoRequestTBS', encodeBody(groupInfoAsked, asked)), key),
  )
  const update = {
    ...({ type: 'commit', commit: made.commit, welcome: undefined } as const),
    ...{ groupInfo: withoutHeader(made.groupInfo), ratchetTree: treeOf(made.state) },
  }
  const query = {
    elements: [{ type: 'handle', value: target.handle }],
    extensions: [requesterExtension(user)],
  } as const
  const { bodies } = vectorsIn('federation') as { readonly bodies: readonly BodyVector[] }
  return [
    encodeBody(submitMessageRequest, { appMessage: message, sendingUri: user }),
    encodeBody(updateRequest, update),
    encodeBody(updateRequest, { type: 'proposal', proposal, moreProposals: [] }),
    encodeBody(groupInfoRequest, { ...asked, signature }),
    await keyMaterialRequest({ account, target: target.user, room: group, cipherSuite: 1 }),
    encodeBody(identifierRequest, query),
    ...bodies.map(({ bytes }) => fromHex(bytes)),
  ]
}
