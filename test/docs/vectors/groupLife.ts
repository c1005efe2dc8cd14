/** Vectors of a small group's life: everything that is posted, and what every member agrees on after it. */
import type { OwnKeyPackage } from '#src/client/member/ownKeyPackage.js'
import { loadSuite } from '#src/client/member/suite.js'
import { groupIdBytes, makeId } from '#src/mls/wire/ids.js'
import { type Name, newScene, type Step } from './groupScene.js'
import { toHex } from './hex.js'
import { keyPackageOf } from './keyPackages.js'
import { now, seededBytes, withSeed } from './seededRandom.js'
import type { Person, Town } from './town.js'

const suiteId = 1

export const groupVectors = async (town: Town) => {
  const { alice, bob, carol, domain } = town
  const group = makeId('group', domain, seededBytes('group', 16))
  const ofGroup = (name: Name): Promise<OwnKeyPackage> => ownPackage(town, name, `group KeyPackage of ${name}`)
  const packages = { alice: await ofGroup('alice'), bob: await ofGroup('bob'), carol: await ofGroup('carol') }
  return {
    description:
      'A group of suite 1 from its creation to an external Commit (docs/wire.md, Groups). All bytes in hex; messages are MLSMessages. Bob joins at epoch 1 with the private keys below, which are test keys, and can read everything after it. Of each epoch: what its GroupContext says, the ratchet tree, and 32 bytes exported with the label "test" and no context (RFC 9420 §8.5).',
    cipherSuite: suiteId,
    now,
    group,
    members: [
      memberVector(alice, packages.alice),
      memberVector(bob, packages.bob),
      memberVector(carol, packages.carol),
    ],
    steps: await play(town, groupIdBytes(group), packages),
  }
}

const play = async (
  town: Town,
  groupId: Uint8Array,
  packages: Readonly<Record<Name, OwnKeyPackage>>,
): Promise<readonly Step[]> => {
  const scene = newScene(town, groupId, (name, seed) => ownPackage(town, name, `KeyPackage for: ${seed}`))
  await scene.create('alice', packages.alice)
  await scene.add('alice', 'bob', packages.bob)
  await scene.say('alice', 'bob', 'Hello Bob!')
  await scene.add('alice', 'carol', packages.carol)
  await scene.commit('carol', 'updates its keys')
  await scene.say('carol', 'bob', 'Hello all')
  await scene.leave('carol')
  await scene.commit('alice', 'removes carol, by reference')
  await scene.comeBack('alice')
  await scene.say('alice', 'bob', 'Back again')
  return scene.steps
}

const ownPackage = (town: Town, name: Name, seed: string): Promise<OwnKeyPackage> =>
  withSeed(seed, async () =>
    keyPackageOf(town, town[name], { suite: await loadSuite(suiteId), algorithm: 'Ed25519', lastResort: false }),
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
