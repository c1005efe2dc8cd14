/** A group of two servers: alice's at the hub, with bob of the follower, who has joined it. */
import { expect } from 'chai'
import type { ClientState } from 'ts-mls'
import { groupStream } from '#src/events/group.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { add, commitOf, joined, keyPackageOf } from '../../commands/mlsFixture.js'
import type { RealHouse, Resident } from '../../faults/house.js'
import { createdBy, postCommit } from '../groupPeople.js'
import { happened } from './twoServers.js'

export type GroupAcross = {
  readonly alice: Resident
  readonly bob: Resident
  readonly group: GroupId
  readonly ofAlice: ClientState
  readonly ofBob: ClientState
}

/** In this process, or one of its own. */
type Home = Pick<RealHouse, 'register' | 'door' | 'log'>

/** Resolves once the follower knows of it; `meanwhile`: what is done again and again until then. */
export const groupAcross = async (hub: Home, follower: Home, meanwhile?: () => void): Promise<GroupAcross> => {
  const [alice, bob] = [await hub.register(), await follower.register()]
  const { state, group } = await createdBy(hub.door, alice)
  const own = await keyPackageOf(follower.door.world, bob)
  const commit = await commitOf(state, [add(own)])
  expect(await postCommit(hub.door, alice, group, commit)).to.have.property('status', 201)
  const isFollowed = ({ type, stream }: StoredEvent): boolean =>
    type === 'GroupFollowed' && stream === groupStream(group)
  await happened(follower, isFollowed, meanwhile)
  return { alice, bob, group, ofAlice: commit.state, ofBob: await joined(commit.welcomed!, own, commit.state) }
}
