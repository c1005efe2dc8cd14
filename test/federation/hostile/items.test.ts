/** Items that a hub changed, cut and lengthened by chance (FEDERATION_SEED repeats it): refused, or the same group for whoever takes them. */
import { randomInt } from 'node:crypto'
import { expect } from 'chai'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import type { Item } from '#src/federation/item.js'
import { decodeBody } from '#src/federation/wire/body.js'
import { noticeItem } from '#src/federation/wire/itemContents.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { origin } from '#src/ports/position.js'
import { addOf } from '../../commands/forgedPeople.js'
import { seeded } from '../../ports/seeded.js'
import { commitOf, groupAt, message, notice, propose } from '../../simulation/federation/hub.js'
import { chanceOf } from '../../simulation/federation/random.js'
import { openServer } from '../../simulation/federation/server.js'
import type { Server } from '../../simulation/federation/server.js'
import { accepted } from '../../mls/vectors.js'
import { changed, isAway } from '../scene.js'
import { mutated } from './mutations.js'
import { openThree } from './threeServers.js'
import type { Three } from './threeServers.js'

const seed = Number(process.env['FEDERATION_SEED'] ?? randomInt(2 ** 31))
const times = Number(process.env['FEDERATION_FUZZ'] ?? 40)

describe('items that were changed', () => {
  let three: Three
  let items: readonly Item[]
  before(async () => {
    console.log(`      seed ${seed}`)
    three = await openThree()
    const { hub, group, honest, people } = three
    await message(hub, group)
    await propose(hub, group)
    for (let n = 0; n < 6; n++) await notice(hub, group)
    await commitOf(hub, group, people[0], [])
    await commitOf(hub, group, people[0], [{ type: 'remove', removed: 2 }])
    await commitOf(hub, group, people[0], [addOf(people[2])])
    await message(hub, group)
    await three.reaches(honest)
    items = three.sentTo(honest)
    expect(new Set(items.map(({ kind }) => kind))).to.include.keys('join', 'commit', 'message', 'notice')
  })

  const from = () => ({ hub: three.hub.server.domain, group: three.group })
  /** A follower that has what comes before the nth item. */
  const followerBefore = async (n: number): Promise<Server> => {
    const { now, honest } = three
    const server = await openServer({ domain: honest.domain, now, chance: chanceOf(1), notify: isAway })
    await server.record().record(from(), items.slice(0, n))
    return server
  }
  const contextAt = async (server: Server): Promise<string> => {
    const state = await groupAt({ server }, three.group)
    return state === undefined ? 'none' : `${toBase64url(state.mls.groupContext)} ${[...state.leaves.keys()].join()}`
  }
  const logOf = async ({ events }: Server): Promise<number> =>
    (await events.readAll({ after: origin, limit: 500 })).length

  it('are refused and leave nothing, or come to the same group', async () => {
    const random = seeded(seed)
    const heard = new Map<string, number>()
    for (const [n, item] of items.entries()) {
      const genuine = await followerBefore(n + 1)
      const context = await contextAt(genuine)
      let server = await followerBefore(n)
      const before = await logOf(server)
      for (let at = 0; at < times; at++) {
        const bytes = mutated(item.bytes, random)
        const answer = await server
          .record()
          .record(from(), [{ ...item, bytes }])
          .catch(unlessUnavailable)
        heard.set(`${item.kind} ${answer.status}`, (heard.get(`${item.kind} ${answer.status}`) ?? 0) + 1)
        if (answer.status === 'recorded') {
          if (item.kind !== 'notice')
            expect(await contextAt(server), `seed ${seed}: item ${n}, ${at}`).to.equal(context)
          server = await followerBefore(n)
          continue
        }
        expect(await logOf(server), `seed ${seed}: item ${n}, ${at}`).to.equal(before)
        server.record().resume(three.group)
      }
      expect(await server.record().record(from(), [item])).to.deep.equal({
        status: 'recorded',
        next: item.sequence + 1,
      })
    }
    for (const kind of ['join', 'commit', 'message', 'notice'])
      expect(heard.get(`${kind} refused`), kind).to.be.above(0)
  }).timeout(300_000)

  it('with a profile that is longer than any server has it are refused', async () => {
    const n = items.findIndex(({ kind, bytes }) => kind === 'notice' && hasProfile(bytes))
    const long = (bytes: number): Item =>
      changed(items[n]!, noticeItem, (content) => ({ ...content, bytes: new Uint8Array(bytes) }))
    const server = await followerBefore(n)
    expect(await server.record().record(from(), [long(256 * 1024 + 1)])).to.include({ status: 'refused' })
    server.record().resume(three.group)
    expect(await server.record().record(from(), [long(256 * 1024)])).to.include({ status: 'recorded' })
  })

  it('cut anywhere are refused', async () => {
    for (const [n, item] of items.entries()) {
      const server = await followerBefore(n)
      for (let length = 0; length < item.bytes.length; length += 1 + Math.floor(item.bytes.length / 200)) {
        const { status } = await server.record().record(from(), [{ ...item, bytes: item.bytes.slice(0, length) }])
        expect(status, `item ${n}, a ${item.kind}, ${length}`).to.equal('refused')
        server.record().resume(three.group)
      }
    }
  })
})

const hasProfile = (bytes: Uint8Array): boolean => accepted(decodeBody(noticeItem, bytes)).bytes !== undefined

const unlessUnavailable = (error: unknown): { readonly status: 'later' } => {
  if (error instanceof StoreUnavailable) return { status: 'later' }
  throw error
}
