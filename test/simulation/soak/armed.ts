/** A registered attacker with all that is dear to make at hand, so that the attack costs the server more than whoever attacks. */
import type { GroupId } from '#src/mls/wire/ids.js'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import type { LeafNode } from '#src/mls/wire/leafNode.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { groupOf } from '#src/mls/group/publicGroup.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import { treeOf } from '#src/mls/tree/ratchetTree.js'
import { addOf, required } from '../../commands/forgedPeople.js'
import { forging, founded } from '../../faults/forgers.js'
import type { ForgingResident } from '../../faults/forgers.js'
import type { RealHouse, ServedHere } from '../../faults/house.js'
import { keyPackageOf } from '../../faults/sizes.js'
import { forgeCommit, forgeGroupInfo, forgeLeaf, forger, none, random, validLifetime } from '../../mls/forge.js'
import { forgeKeyPackage } from '../../mls/forge.js'

export type Armed = ForgingResident & {
  /** A group of one, at epoch 0. */
  readonly group: GroupId
  /** 100 good KeyPackages that were never seen, in JSON that puts them in the place of those before. */
  readonly keyPackages: () => string
  /** A Commit of so many Adds of one and the same client. */
  readonly manyAdds: Uint8Array
  /** A GroupInfo of a group of 1,000 who never were. */
  readonly crowd: (group: GroupId) => Uint8Array
}

const keyPackagesEach = 100
const adds = 150
const leaves = 1_000

export const arm = async (house: RealHouse<ServedHere>): Promise<Armed> => {
  const resident = forging(house, await house.register())
  const { group, mls } = await founded(house, resident)
  return {
    ...resident,
    group,
    keyPackages: () => keyPackagesOf(resident),
    manyAdds: manyAddsOf(resident, mls),
    crowd: crowdOf(resident),
  }
}

const keyPackagesOf = ({ forger: by }: ForgingResident): string => {
  const packages = Array.from({ length: keyPackagesEach }, (_, n) => keyPackageOf(by, 0, n === 0))
  const keyPackages = packages.map((bytes) => Buffer.from(bytes).toString('base64url'))
  return JSON.stringify({ keyPackages, replace: true })
}

const manyAddsOf = (by: ForgingResident, mls: PublicGroup): Uint8Array => {
  const one = { type: 'add', keyPackage: forgeKeyPackage(by.forger) } as const
  const proposals = Array.from({ length: adds }, (_, n) => (n % 2 === 0 ? one : addOf(by)))
  const publicMessage = forgeCommit(mls, by.forger, 0, { proposals, path: false })
  return Buffer.concat([
    encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage }),
    forgeGroupInfo(mls, by.forger, 0),
  ])
}

const crowdOf = ({ forger: by }: ForgingResident): Armed['crowd'] => {
  const other = forgeLeaf(forger('nobody', { suite: by.suite }), validLifetime, undefined)
  const own = forgeLeaf(by, by.lifetime ?? validLifetime, undefined)
  const nodes: (LeafNode | undefined)[] = [own]
  for (let n = 1; n < leaves; n++) nodes.push(undefined, other)
  const tree = treeOf(by.suite, nodes)
  return (group) => {
    const mls = groupOf({
      groupId: groupIdBytes(group),
      epoch: 0n,
      confirmedTranscriptHash: none,
      extensions: [required],
      tree,
      confirmationTag: random(by.suite.hashBytes),
    })
    return forgeGroupInfo(mls, by, 0)
  }
}
