/** A group that is played through by the SDK's own members: what each does, everybody follows, and it is written down. */
import { createGroup } from '#src/client/member/createOwnGroup.js'
import { decrypt } from '#src/client/member/decrypt.js'
import { encrypt } from '#src/client/member/encrypt.js'
import {
  confirmedTranscriptHashOf,
  epochOf,
  exportFrom,
  type GroupState,
  ownLeafOf,
  unwrap,
} from '#src/client/member/groupState.js'
import { joinByWelcome } from '#src/client/member/joinByWelcome.js'
import { joinExternally } from '#src/client/member/joinExternally.js'
import { groupInfoOf } from '#src/client/member/ownGroupInfo.js'
import type { OwnKeyPackage } from '#src/client/member/ownKeyPackage.js'
import { proposeRemoval } from '#src/client/member/proposeRemoval.js'
import { receiveHandshake } from '#src/client/member/receiveHandshake.js'
import { adopt, stageCommit, type StagedCommit } from '#src/client/member/stageOwnCommit.js'
import { encodeRatchetTree } from '#src/client/member/tsMls.js'
import { valueOf } from '#src/mls/bytes/refusal.js'
import { proposalRef } from '#src/mls/crypto/references.js'
import { decodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { toHex, utf8 } from './hex.js'
import { withSeed } from './seededRandom.js'
import type { Person, Town } from './town.js'

export type Name = 'alice' | 'bob' | 'carol'
export type Step = { readonly step: string; readonly [field: string]: unknown }

const none = new Uint8Array()

/** `packageOf` makes a KeyPackage of somebody under a seed. */
export const newScene = (
  town: Town,
  groupId: Uint8Array,
  packageOf: (name: Name, seed: string) => Promise<OwnKeyPackage>,
) => {
  const { check } = town
  const steps: Step[] = []
  const seats = new Map<Name, GroupState>()
  const seat = (name: Name): GroupState => seats.get(name) ?? absent(name)

  const followed = async (by: Name, message: Uint8Array): Promise<void> => {
    for (const [name, state] of seats) if (name !== by) seats.set(name, await follow(state, message))
  }
  const committed = async (by: Name, what: string, staged: StagedCommit): Promise<void> => {
    seats.set(by, adopt(seat(by), staged.next))
    await followed(by, staged.commit)
    steps.push({ step: 'commit', by, what, ...bundleOf(staged), state: await stateOf(seat(by)) })
  }

  const create = async (by: Name, keyPackage: OwnKeyPackage): Promise<void> => {
    const identity = identityOf(town[by])
    seats.set(by, await withSeed(`${by} creates`, () => createGroup({ groupId, identity, keyPackage, check })))
    const groupInfo = toHex(await groupInfoOf(seat(by), { ratchetTree: false }))
    steps.push({ step: 'create', by, groupInfo, ratchetTree: toHex(treeOf(seat(by))), state: await stateOf(seat(by)) })
  }
  const add = async (by: Name, name: Name, keyPackage: OwnKeyPackage): Promise<void> => {
    const staged = await withSeed(`add ${name}`, () => stageCommit({ state: seat(by), add: [keyPackage.message] }))
    const welcome = staged.welcome ?? none
    const fetchTree = () => Promise.resolve(treeOf(staged.next))
    const joined = await joinByWelcome({ welcome, keyPackage, identity: identityOf(town[name]), fetchTree, check })
    if (joined.type === 'refused') throw new Error(joined.detail)
    await committed(by, `adds ${name}`, staged)
    seats.set(name, joined.state)
  }
  const say = async (by: Name, to: Name, text: string): Promise<void> => {
    const { next, message } = await withSeed(`${by} says ${text}`, () => encrypt(seat(by), utf8(text), none))
    const read = await decrypt(seat(to), message)
    if (read.type !== 'message') throw new Error(`${to} cannot read: ${JSON.stringify(read)}`)
    steps.push({
      step: 'message',
      by,
      ...messageOf(seat(by), message),
      plaintext: toHex(utf8(text)),
      authenticatedData: '',
    })
    seats.set(by, next).set(to, read.next)
  }
  const leave = async (by: Name): Promise<void> => {
    const { message } = await withSeed(`${by} leaves`, () => proposeRemoval(seat(by), ownLeafOf(seat(by))))
    await followed(by, message)
    const epoch = String(epochOf(seat(by)))
    steps.push({ step: 'proposal', by, what: 'leaves', epoch, ref: toHex(refOf(message)), proposal: toHex(message) })
    seats.delete(by)
  }
  const commit = async (by: Name, what: string): Promise<void> =>
    committed(by, what, await withSeed(`${by} ${what}`, () => stageCommit({ state: seat(by) })))
  const comeBack = async (by: Name): Promise<void> => {
    const seed = `${by} comes back`
    const [groupInfo, ratchetTree] = [await groupInfoOf(seat(by), { ratchetTree: false }), treeOf(seat(by))]
    const own = { keyPackage: await packageOf(by, seed), identity: identityOf(town[by]), check }
    const staged = await withSeed(seed, () => joinExternally({ groupInfo, ratchetTree, ...own }))
    if (staged.type === 'refused') throw new Error(staged.detail)
    seats.delete(by)
    await followed(by, staged.commit)
    seats.set(by, staged.next)
    const what = 'comes back by an external Commit, in place of its leaf'
    steps.push({
      step: 'commit',
      by,
      what,
      ...bundleOf({ ...staged, welcome: undefined }),
      state: await stateOf(seat(by)),
    })
  }
  return { steps, create, add, say, leave, commit, comeBack }
}

const absent = (name: Name): never => {
  throw new Error(`${name} is not in the group`)
}

const identityOf = ({ keys }: Person) => ({
  certificates: keys.Ed25519.certificates,
  signatureSeed: keys.Ed25519.signer.privateKey,
  signatureKey: keys.Ed25519.signer.publicKey,
})

const treeOf = (state: GroupState): Uint8Array => encodeRatchetTree(unwrap(state).client.ratchetTree)

const follow = async (state: GroupState, message: Uint8Array): Promise<GroupState> => {
  const received = await receiveHandshake(state, message)
  if (received.type === 'unreadable') throw new Error(received.detail)
  return received.next
}

const refOf = (proposal: Uint8Array): Uint8Array => {
  const message = valueOf(decodeMlsMessage(proposal))
  if (message.wireFormat !== 'publicMessage') throw new Error('not a PublicMessage')
  return proposalRef(1, message.publicMessage)
}

const messageOf = (state: GroupState, message: Uint8Array) => ({
  epoch: String(epochOf(state)),
  message: toHex(message),
  confirmedTranscriptHash: toHex(confirmedTranscriptHashOf(state)),
})

const bundleOf = ({ commit, welcome, groupInfo }: Pick<StagedCommit, 'commit' | 'welcome' | 'groupInfo'>) => ({
  commit: toHex(commit),
  ...(welcome === undefined ? {} : { welcome: toHex(welcome) }),
  groupInfo: toHex(groupInfo),
})

const stateOf = async (state: GroupState) => ({
  epoch: String(epochOf(state)),
  treeHash: toHex(unwrap(state).client.groupContext.treeHash),
  confirmedTranscriptHash: toHex(confirmedTranscriptHashOf(state)),
  ratchetTree: toHex(treeOf(state)),
  exported: toHex(await exportFrom(state, 'test', none, 32)),
})
