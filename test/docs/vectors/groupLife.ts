/** Vectors of a small group's life, as bob reads it: everything that is posted, and what every member agrees on after it. */
import { createGroup } from '#src/client/member/createOwnGroup.js'
import { decrypt } from '#src/client/member/decrypt.js'
import { encrypt } from '#src/client/member/encrypt.js'
import {
  confirmedTranscriptHashOf,
  epochOf,
  exportFrom,
  type GroupState,
  unwrap,
} from '#src/client/member/groupState.js'
import { joinByWelcome } from '#src/client/member/joinByWelcome.js'
import { joinExternally } from '#src/client/member/joinExternally.js'
import { groupInfoOf } from '#src/client/member/ownGroupInfo.js'
import type { OwnKeyPackage } from '#src/client/member/ownKeyPackage.js'
import { proposeRemoval } from '#src/client/member/proposeRemoval.js'
import { receiveHandshake } from '#src/client/member/receiveHandshake.js'
import { adopt, stageCommit, type StagedCommit } from '#src/client/member/stageOwnCommit.js'
import { loadSuite } from '#src/client/member/suite.js'
import { encodeRatchetTree } from '#src/client/member/tsMls.js'
import { groupIdBytes, makeId } from '#src/mls/wire/ids.js'
import { toHex, utf8 } from './hex.js'
import { keyPackageOf } from './keyPackages.js'
import { now, seededBytes, withSeed } from './seededRandom.js'
import { type Person, type Town } from './town.js'

const suiteId = 1
const none = new Uint8Array()

type Step = { readonly step: string; readonly [field: string]: unknown }
type Members = { alice: GroupState; bob: GroupState; carol: GroupState }

export const groupVectors = async (town: Town) => {
  const { alice, bob, carol, domain } = town
  const group = makeId('group', domain, seededBytes('group', 16))
  const packages = {
    alice: await ownPackage(town, alice),
    bob: await ownPackage(town, bob),
    carol: await ownPackage(town, carol),
  }
  return {
    description:
      'A group of suite 1 from its creation to an external Commit (docs/wire.md, Groups). All bytes in hex; messages are MLSMessages. Bob joins at epoch 1 with the private keys below, which are test keys, and can read everything after it. Of each epoch: what its GroupContext says, the ratchet tree, and 32 bytes exported with the label "test" and no context.',
    cipherSuite: suiteId,
    now,
    group,
    members: [alice, bob, carol].map((person) => memberVector(person, packages[person.name as keyof Members])),
    steps: await stepsOf(town, groupIdBytes(group), packages),
  }
}

const ownPackage = (town: Town, person: Person): Promise<OwnKeyPackage> =>
  withSeed(`group KeyPackage of ${person.name}`, async () =>
    keyPackageOf(town, person, { suite: await loadSuite(suiteId), algorithm: 'Ed25519', lastResort: false }),
  )

const memberVector = ({ name, user, client, queue, keys }: Person, { message, ref, secrets }: OwnKeyPackage) => ({
  name,
  user,
  client,
  queue,
  keyPackage: toHex(message),
  ref: toHex(ref),
  signaturePrivateKey: toHex(keys.Ed25519.signer.privateKey),
  initPrivateKey: toHex(secrets.init),
  encryptionPrivateKey: toHex(secrets.encryption),
})

const stepsOf = async (
  town: Town,
  groupId: Uint8Array,
  packages: Readonly<Record<keyof Members, OwnKeyPackage>>,
): Promise<readonly Step[]> => {
  const { check } = town
  const identity = (person: Person) => identityOf(person)
  const steps: Step[] = []

  let alice = await withSeed('alice creates', () =>
    createGroup({ groupId, identity: identity(town.alice), keyPackage: packages.alice, check }),
  )
  steps.push({
    step: 'create',
    by: 'alice',
    groupInfo: toHex(await groupInfoOf(alice, { ratchetTree: false })),
    ratchetTree: toHex(treeOf(alice)),
    state: await stateVector(alice),
  })

  const admit = async (name: 'bob' | 'carol'): Promise<{ staged: StagedCommit; newcomer: GroupState }> => {
    const staged = await withSeed(`add ${name}`, () => stageCommit({ state: alice, add: [packages[name].message] }))
    const joined = await joinByWelcome({
      welcome: staged.welcome ?? none,
      keyPackage: packages[name],
      identity: identity(town[name]),
      fetchTree: () => Promise.resolve(treeOf(staged.next)),
      check,
    })
    if (joined.type === 'refused') throw new Error(joined.detail)
    alice = adopt(alice, staged.next)
    steps.push({
      step: 'commit',
      by: 'alice',
      what: `adds ${name}`,
      ...bundleVector(staged),
      state: await stateVector(alice),
    })
    return { staged, newcomer: joined.state }
  }
  const say = async (by: 'alice' | 'carol', state: GroupState, text: string, reader: GroupState) => {
    const { next, message } = await withSeed(`${by} says ${text}`, () => encrypt(state, utf8(text), none))
    const read = await decrypt(reader, message)
    if (read.type !== 'message') throw new Error(`bob cannot read: ${JSON.stringify(read)}`)
    const epoch = String(epochOf(state))
    const confirmedTranscriptHash = toHex(confirmedTranscriptHashOf(state))
    steps.push({
      step: 'message',
      by,
      epoch,
      message: toHex(message),
      confirmedTranscriptHash,
      plaintext: toHex(utf8(text)),
      authenticatedData: '',
    })
    return { sender: next, reader: read.next }
  }

  let { newcomer: bob } = await admit('bob')
  ;({ sender: alice, reader: bob } = await say('alice', alice, 'Hello Bob!', bob))

  const { staged: addsCarol, newcomer } = await admit('carol')
  bob = await follow(bob, addsCarol.commit)
  let carol = newcomer

  const update = await withSeed('carol updates', () => stageCommit({ state: carol }))
  carol = adopt(carol, update.next)
  ;[alice, bob] = [await follow(alice, update.commit), await follow(bob, update.commit)]
  steps.push({
    step: 'commit',
    by: 'carol',
    what: 'updates its keys',
    ...bundleVector(update),
    state: await stateVector(carol),
  })
  ;({ sender: carol, reader: bob } = await say('carol', carol, 'Hello all', bob))

  const leave = await withSeed('carol leaves', () => proposeRemoval(carol, 2))
  ;[alice, bob] = [await follow(alice, leave.message), await follow(bob, leave.message)]
  steps.push({
    step: 'proposal',
    by: 'carol',
    what: 'leaves',
    epoch: String(epochOf(carol)),
    proposal: toHex(leave.message),
  })

  const removal = await withSeed('alice removes carol', () => stageCommit({ state: alice }))
  alice = adopt(alice, removal.next)
  bob = await follow(bob, removal.commit)
  steps.push({
    step: 'commit',
    by: 'alice',
    what: 'removes carol, by reference',
    ...bundleVector(removal),
    state: await stateVector(alice),
  })

  const info = await groupInfoOf(alice, { ratchetTree: false })
  const resync = await withSeed('alice comes back', async () =>
    joinExternally({
      groupInfo: info,
      ratchetTree: treeOf(alice),
      keyPackage: await keyPackageOf(town, town.alice, {
        suite: await loadSuite(suiteId),
        algorithm: 'Ed25519',
        lastResort: false,
      }),
      identity: identity(town.alice),
      check,
    }),
  )
  if (resync.type === 'refused') throw new Error(resync.detail)
  bob = await follow(bob, resync.commit)
  steps.push({
    step: 'commit',
    by: 'alice',
    what: 'comes back by an external Commit, in place of its leaf',
    commit: toHex(resync.commit),
    groupInfo: toHex(resync.groupInfo),
    state: await stateVector(resync.next),
  })
  await say('alice', resync.next, 'Back again', bob)
  return steps
}

const identityOf = ({
  keys: {
    Ed25519: { certificates, signer },
  },
}: Person) => ({
  certificates,
  signatureSeed: signer.privateKey,
  signatureKey: signer.publicKey,
})

const treeOf = (state: GroupState): Uint8Array => encodeRatchetTree(unwrap(state).client.ratchetTree)

const follow = async (state: GroupState, message: Uint8Array): Promise<GroupState> => {
  const received = await receiveHandshake(state, message)
  if (received.type === 'unreadable') throw new Error(received.detail)
  return received.next
}

const bundleVector = ({ commit, welcome, groupInfo }: StagedCommit) => ({
  commit: toHex(commit),
  ...(welcome === undefined ? {} : { welcome: toHex(welcome) }),
  groupInfo: toHex(groupInfo),
})

const stateVector = async (state: GroupState) => ({
  epoch: String(epochOf(state)),
  treeHash: toHex(unwrap(state).client.groupContext.treeHash),
  confirmedTranscriptHash: toHex(confirmedTranscriptHashOf(state)),
  ratchetTree: toHex(treeOf(state)),
  exported: toHex(await exportFrom(state, 'test', none, 32)),
})
