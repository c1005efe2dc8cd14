/**
 * What a connected queue sees is what the read model shows, from whatever checkpoint it begins, and however far ahead of
 * it the memberships were read: every pair of both, over random histories.
 */
import { expect } from 'chai'
import { deliveredOf } from '#src/delivery/delivered.js'
import { makeViewer } from '#src/delivery/viewer.js'
import { origin } from '#src/ports/position.js'
import type { Position } from '#src/ports/position.js'
import type { Frame } from '#src/items/frame.js'
import type { Membership } from '#src/items/membership.js'
import { logId, makeWorld, openSealed } from '../projections/queues/world.js'
import { seeded } from '../ports/seeded.js'
import { groups, makeHistory, named, queues } from './history.js'

const steps = 30

type Read = { readonly checkpoint: Position; readonly memberships: readonly Membership[] }

const play = async (seed: number): Promise<void> => {
  const world = await makeWorld()
  const random = seeded(seed)
  for (const queue of queues) await world.createQueue(queue)
  for (const group of groups) await world.createGroup(group, queues[0])
  while ((await world.project()) > 0);
  const history = makeHistory({ world, random })
  for (let step = 0; step < steps; step++) await history()

  const checkpoints: Position[] = [await world.model.checkpoint()]
  const reads = new Map(queues.map((queue) => [queue, [] as Read[]]))
  for (;;) {
    for (const queue of queues) {
      for (const checkpoint of checkpoints) {
        reads.get(queue)!.push({ checkpoint, memberships: await world.view.memberships(queue, checkpoint) })
      }
    }
    if ((await world.project(1)) === 0) break
    checkpoints.push(await world.model.checkpoint())
  }

  const events = await world.events.readAll({ after: origin, limit: 1_000 })
  const delivered = events.map((event) => deliveredOf(event, { open: openSealed, logId }))
  for (const queue of queues) {
    const row = (await world.view.queue(queue))!
    const page = { after: origin, limit: 10_000, bytesMax: 1e9, capped: false, now: 0 }
    const { frames } = await world.view.page(row, page)
    const shown = frames.map((frame) => ({ position: frame.position, name: nameOf(frame) }))
    for (const { checkpoint, memberships } of reads.get(queue)!) {
      const viewer = makeViewer(queue, [queue], memberships)
      const seen = delivered.filter(({ position }) => position > checkpoint).flatMap((one) => viewer.see(one))
      const expected = shown.filter(({ position }) => position > checkpoint).map(({ name }) => name)
      expect(seen.map(nameOf).join(' '), `seed ${seed}, ${queue} from ${checkpoint}`).to.equal(expected.join(' '))
    }
  }
}

/** Without the position: items that share one have it spread in a page, and not yet in what is seen. */
const nameOf = ({ bytes, position }: Frame): string => `${position}:${named(bytes).split('@')[0] ?? ''}`

describe('what a connected queue sees', () => {
  it('is what the read model shows', async () => {
    for (let seed = 1; seed <= 40; seed++) await play(seed)
  })
})
