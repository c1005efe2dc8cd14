/** A group of two servers: alice's at the hub, with bob of the follower, who has joined it. */
import { expect } from 'chai'
import type { ClientState } from 'ts-mls'
import type { GroupId } from '#src/mls/wire/ids.js'
import { add, commitOf, joined, keyPackageOf } from '../../commands/mlsFixture.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import type { Resident } from '../../faults/house.js'
import { createdBy, postCommit } from '../groupPeople.js'
import { happened } from './twoServers.js'

export type GroupAcross = {
  readonly alice: Resident
  readonly bob: Resident
  readonly group: GroupId
  readonly ofAlice: ClientState
  readonly ofBob: ClientState
}

/** Resolves once the follower knows of it. */
export const groupAcross = async (hub: ComposedServer, follower: ComposedServer): Promise<GroupAcross> => {
  const [alice, bob] = [await hub.register(), await follower.register()]
  const { state, group } = await createdBy(hub.door, alice)
  const own = await keyPackageOf(follower.door.world, bob)
  const commit = await commitOf(state, [add(own)])
  expect(await postCommit(hub.door, alice, group, commit)).to.have.property('status', 201)
  await happened(
    follower,
    ({ type, data }) => type === 'GroupFollowed' && (data as { readonly group?: string }).group === group,
  )
  return { alice, bob, group, ofAlice: commit.state, ofBob: await joined(commit.welcomed!, own, commit.state) }
}
