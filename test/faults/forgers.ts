/** Registered clients that forge their MLS bytes: groups and messages of any size and shape, for a real server to judge. */
import { KeyObject } from 'node:crypto'
import { extensionType } from '#src/mls/wire/extension.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { GroupPolicy } from '#src/mls/group/policy.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import type { Answer } from '../api/groupHouse.js'
import { at, reserved } from '../api/groupPeople.js'
import { addOf, bundleOf, required } from '../commands/forgedPeople.js'
import type { Bundle } from '../commands/forgedPeople.js'
import { random } from '../commands/mlsFixture.js'
import { forgeGroup, forgeGroupInfo, forger, lenient, none } from '../mls/forge.js'
import type { Forger } from '../mls/forge.js'
import type { RealHouse, Resident } from './house.js'

export type ForgingResident = Resident & { readonly forger: Forger }

const hourS = 3600n
/** Of forged leaves: an hour ago and 30 days. */
const lifetime = (): NonNullable<Forger['lifetime']> => {
  const nowS = BigInt(Math.floor(Date.now() / 1000))
  return { type: 'keyPackage', notBefore: nowS - hourS, notAfter: nowS + 30n * 24n * hourS }
}

/** What is needed of a house, wherever its server runs. */
type Served = Pick<RealHouse, 'door' | 'ask'>

export const forging = (house: Served, resident: Resident): ForgingResident => ({
  ...resident,
  forger: forger('', {
    signatureKey: resident.key.publicKey,
    privateKey: KeyObject.from(resident.key.privateKey),
    credential: { type: 'x509', certificates: resident.certificates },
    extensions: [
      { type: extensionType.queueReference, data: house.door.world.seal(resident.queue, resident.key.publicKey) },
    ],
    lifetime: lifetime(),
  }),
})

/** A policy of now that vouches for everybody. */
export const policyNow = (): GroupPolicy => ({ ...lenient, now: Date.now() })

/** A group of one on the server. */
export const founded = async (
  house: Served,
  creator: ForgingResident,
): Promise<{ readonly group: GroupId; readonly mls: PublicGroup }> => {
  const group = await reserved(house.door, creator)
  const mls = forgeGroup(creator.forger, [required], groupIdBytes(group))
  const answer = await house.ask(creator, 'PUT', at(group), { mls: forgeGroupInfo(mls, creator.forger, 0) })
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  return { group, mls }
}

/** Undefined where MLS does not allow it. */
export const forgedCommit = (
  mls: PublicGroup,
  by: ForgingResident,
  leafIndex: number,
  proposals: readonly (Proposal | Uint8Array)[] = [],
): Bundle => {
  const bundle = bundleOf(mls, by, leafIndex, proposals, policyNow())
  if (bundle === undefined) throw new Error('no Commit that MLS allows')
  return bundle
}

export const postBundle = (
  house: Served,
  by: Resident,
  group: GroupId,
  { commit, welcome, groupInfo }: Pick<Bundle, 'commit' | 'welcome' | 'groupInfo'>,
  key?: string,
): Promise<Answer> =>
  house.ask(by, 'POST', at(group, '/commits'), {
    mls: Buffer.concat([commit, welcome ?? none, groupInfo]),
    ...(key === undefined ? {} : { key }),
  })

/** The group with all of them in it. */
export const gathered = async (
  house: Served,
  [creator, ...others]: readonly [ForgingResident, ...ForgingResident[]],
): Promise<{ readonly group: GroupId; readonly mls: PublicGroup }> => {
  const { group, mls } = await founded(house, creator)
  const bundle = forgedCommit(mls, creator, 0, others.map(addOf))
  const answer = await postBundle(house, creator, group, bundle)
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  return { group, mls: bundle.next }
}

/** An application message as far as a server can tell, of any epoch and size. */
export const forgedMessage = (
  group: GroupId,
  epoch: bigint,
  size = 100,
  contentType: 'application' | 'proposal' | 'commit' = 'application',
): Uint8Array =>
  encodeMlsMessage({
    wireFormat: 'privateMessage',
    privateMessage: {
      groupId: groupIdBytes(group),
      epoch,
      contentType,
      authenticatedData: none,
      encryptedSenderData: random(28),
      ciphertext: random(size),
    },
  })
