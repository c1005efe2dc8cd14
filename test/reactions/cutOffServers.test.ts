/** What becomes of the members of a server that an operator blocks, in groups of ours. */
import { expect } from 'chai'
import { groupStream } from '#src/events/group.js'
import { peerStream } from '#src/events/peerOutbox.js'
import { placedOf } from '#src/items/placed.js'
import type { Placed } from '#src/items/placed.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { cutOffServers } from '#src/reactions/cutOffServers.js'
import { commandOf } from '#src/reactions/rule.js'
import { openScene } from '../federation/scene.js'
import type { Scene } from '../federation/scene.js'
import { groupAt } from '../simulation/federation/hub.js'
import { silentLogger } from '../support/silentLogger.js'

describe('members of a server that is blocked', () => {
  let scene: Scene
  let isBlocked: boolean
  let isLevel: boolean
  beforeEach(async () => {
    scene = await openScene()
    await scene.add(scene.bob)
    isBlocked = isLevel = true
  })

  const react = async (placed: Placed, cause = placed.id): Promise<void> => {
    const { hub, follower, group } = scene
    const rule = cutOffServers({
      domain: hub.server.domain,
      groupsOf: (peer) => Promise.resolve(peer === follower.domain ? [group] : []),
      runner: { reached: () => Promise.resolve(isLevel) },
      isBlocked: (peer) => Promise.resolve(isBlocked && peer === follower.domain),
    })
    const command = (target: string) => commandOf(cause, rule.name, target, 1)
    await rule.react(placed, { streams: hub.server.streams(), logger: silentLogger, command })
  }
  const policy = (said: 'blocked' | 'allowed'): Placed => ({
    event: { type: 'PeerPolicyChanged', data: { policy: said, act: 1 } },
    ...{ stream: peerStream(scene.follower.domain), position: origin, revision: 0, id: said, at: 1 },
  })
  const commits = async (): Promise<readonly Placed[]> =>
    (await scene.hub.server.events.readStream(groupStream(scene.group), { from: 0, limit: 100 }))
      .map(placedOf)
      .filter(({ event }) => event.type === 'CommitAccepted')
  const required = async (): Promise<readonly (readonly [number, string])[]> =>
    Array.from((await groupAt(scene.hub, scene.group))!.required, ([leaf, { reason }]) => [leaf, reason] as const)

  it('must go, once', async () => {
    await react(policy('blocked'))
    await react(policy('blocked'), 'another')
    expect(await required()).to.deep.equal([[1, 'serverBlocked']])
  })

  it('stay where that was taken back, or is otherwise', async () => {
    await react(policy('allowed'))
    isBlocked = false
    await react(policy('blocked'))
    for (const commit of await commits()) await react(commit)
    expect(await required()).to.deep.equal([])
  })

  it('must go where a Commit brings them in at that moment, and nobody else of it', async () => {
    await scene.add(scene.bea)
    const [, second] = await commits()
    await react(second!)
    expect((await required()).map(([leaf]) => leaf)).to.deep.equal([1, 2])
  })

  it('are looked for once it is known in which groups they are', async () => {
    isLevel = false
    expect(await react(policy('blocked')).catch((error: unknown) => error)).to.be.instanceOf(StoreUnavailable)
  })
})
