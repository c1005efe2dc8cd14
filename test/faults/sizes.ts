/** Things of an exact size, to the byte, that are right in every other way. */
import { extensionType } from '#src/mls/wire/extension.js'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import { encodeTree } from '#src/mls/group/publicGroup.js'
import { stageCommit } from '#src/mls/group/stageCommit.js'
import { required } from '../commands/forgedPeople.js'
import { random } from '../commands/mlsFixture.js'
import {
  externalPub,
  forgeCommit,
  forgeGroup,
  forgeGroupInfo,
  forgeKeyPackage,
  forgeProposal,
  forgeWelcome,
  keyPackageMessage,
  none,
} from '../mls/forge.js'
import type { Forger } from '../mls/forge.js'
import { policyNow } from './forgers.js'
import type { ForgingResident } from './forgers.js'

/** A type that nobody has given a meaning to, to be filled with anything. */
const filler = 0xfa11

/** What `make` makes of so much padding that it has exactly so many bytes. */
export const ofSize = (bytes: number, make: (padding: number) => Uint8Array): Uint8Array => {
  let padding = 0
  for (let tries = 0; tries < 8; tries++) {
    const made = make(padding)
    if (made.length === bytes) return made
    padding += bytes - made.length
  }
  throw new Error(`nothing of exactly ${bytes} bytes`)
}

/** JSON with blanks behind it. */
export const jsonOfSize = (bytes: number, value: object): string => JSON.stringify(value).padEnd(bytes, ' ')

/** So many arrays in one another. */
export const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

const filled = (forger: Forger, padding: number): Forger => ({
  ...forger,
  capabilities: {
    ...forger.capabilities,
    extensions: [...forger.capabilities.extensions, extensionType.lastResort, filler],
  },
  extensions: [...forger.extensions, { type: filler, data: random(padding) }],
})

/** A last resort, which may take the place of the one before it for ever. */
export const lastResort = (forger: Forger, padding = 0): Uint8Array => keyPackageOf(forger, padding, true)
export const keyPackageOf = (forger: Forger, padding = 0, isLast = false): Uint8Array =>
  keyPackageMessage(
    forgeKeyPackage(filled(forger, padding), (keyPackage) => ({
      ...keyPackage,
      extensions: isLast ? [{ type: extensionType.lastResort, data: none }] : [],
    })),
  )

export const proposalOfSize = (mls: PublicGroup, by: ForgingResident, proposal: Proposal, bytes: number): Uint8Array =>
  ofSize(bytes, (padding) => {
    const change = padded(padding)
    return encodeMlsMessage({
      wireFormat: 'publicMessage',
      publicMessage: forgeProposal(mls, by.forger, 0, proposal, change),
    })
  })

const padded =
  (padding: number) =>
  <Content extends object>(content: Content) => ({ ...content, authenticatedData: random(padding) })

export type Sizes = { readonly commit?: number; readonly welcome?: number; readonly groupInfo?: number }
export type SizedBundle = {
  readonly commit: Uint8Array
  readonly welcome: Uint8Array | undefined
  readonly groupInfo: Uint8Array
  readonly next: PublicGroup
}

/** A Commit of the member at leaf 0 with all that comes with it, each as large as it is told to be. */
export const bundleOfSizes = (
  mls: PublicGroup,
  by: ForgingResident,
  sizes: Sizes,
  proposals: readonly Proposal[] = [],
): SizedBundle => {
  const made = (padding: number) => forgeCommit(mls, by.forger, 0, { proposals, change: padded(padding) })
  let publicMessage = made(0)
  const sized = (bytes: number | undefined, make: (padding: number) => Uint8Array): Uint8Array =>
    bytes === undefined ? make(0) : ofSize(bytes, make)
  const commit = sized(sizes.commit, (padding) => {
    publicMessage = made(padding)
    return encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage })
  })
  const staged = stageCommit(mls, publicMessage, policyNow())
  if (!staged.ok) throw new Error(`${staged.refusal.code}: ${staged.refusal.reason}`)
  const { next, added, committer } = staged.value
  const forged = forgeWelcome(staged.value)
  const welcome = (padding: number): Uint8Array =>
    encodeMlsMessage({ wireFormat: 'welcome', welcome: { ...forged, encryptedGroupInfo: random(300 + padding) } })
  return {
    commit,
    welcome: added.length === 0 ? undefined : sized(sizes.welcome, welcome),
    groupInfo: sized(sizes.groupInfo, (padding) => groupInfoOf(next, by.forger, committer.leafIndex, padding)),
    next,
  }
}

const groupInfoOf = (mls: PublicGroup, forger: Forger, leafIndex: number, padding: number): Uint8Array =>
  forgeGroupInfo(mls, forger, leafIndex, (info) => ({
    ...info,
    extensions: [...info.extensions, { type: filler, data: random(padding) }],
  }))

/** A group of one, with a GroupInfo of that size. */
export const newGroupOfSize = (group: GroupId, { forger }: ForgingResident, bytes: number): Uint8Array => {
  const mls = forgeGroup(forger, [required], groupIdBytes(group))
  return ofSize(bytes, (padding) => groupInfoOf(mls, forger, 0, padding))
}

/** A group of one, whose tree has that size and stands beside its GroupInfo. */
export const newTreeOfSize = (
  group: GroupId,
  { forger }: ForgingResident,
  bytes: number,
): { readonly groupInfo: Uint8Array; readonly ratchetTree: Uint8Array } => {
  let mls = forgeGroup(forger, [required], groupIdBytes(group))
  const ratchetTree = ofSize(bytes, (padding) => {
    mls = forgeGroup(filled(forger, padding), [required], groupIdBytes(group))
    return encodeTree(mls)
  })
  return {
    groupInfo: forgeGroupInfo(mls, forger, 0, (info) => ({ ...info, extensions: [externalPub(mls.tree.suite)] })),
    ratchetTree,
  }
}
