/** Every sweep that destroys by age: it holds while the clock is not believed, and goes on when it is. */
import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { join } from 'node:path'
import { at } from '../api/groupPeople.js'
import { fileOf } from '../api/assets/sharing.js'
import { forgedMessage, forging, gathered } from '../faults/forgers.js'
import { composeServer } from './composedServer.js'
import type { ComposedServer } from './composedServer.js'

const [hourMs, dayMs] = [60 * 60 * 1_000, 24 * 60 * 60 * 1_000]

/** By what each sweep shows that it destroyed something. */
const destruction: readonly (readonly [sweep: string, type: string])[] = [
  ['expireMessages', 'MessagesExpired'],
  ['expireQueues', 'QueueDeleted'],
  ['expireLeaves', 'RemovalRequired'],
  ['expireAssets', 'AssetExpired'],
]

describe('whatever is destroyed by age', () => {
  let house: ComposedServer
  beforeEach(async () => {
    house = await composeServer()
  })
  afterEach(() => house.close())

  const types = async (): Promise<ReadonlySet<string>> => new Set((await house.events()).map(({ type }) => type))
  const blobs = (): number =>
    readdirSync(join(house.server.dataDir, 'blobs'), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    ).length
  const ready = async () => (await house.ask(undefined, 'GET', '/readyz')).body
  const heldFigure = async (): Promise<string | undefined> => {
    const { bytes } = await house.ask(undefined, 'GET', '/metrics')
    return /^\S*clock_held (\d)/m.exec(Buffer.from(bytes).toString())?.[1]
  }

  /** Something of every kind that will be old one day. */
  const fill = async (): Promise<void> => {
    const [alice, bob] = [forging(house, await house.register()), forging(house, await house.register())]
    const { group } = await gathered(house, [alice, bob])
    await house.ask(alice, 'PUT', at(group, '/settings'), { json: { retentionMs: dayMs } })
    await house.ask(alice, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 1n) })
    await house.ask(alice, 'POST', '/v1/assets', { json: fileOf(10).said })
    for (const [version, profile] of ['AAAA', 'BBBA'].entries()) {
      const headers = { 'if-match': `"${version}"` }
      await house.ask(alice, 'PUT', at(group, '/profile'), { json: { profile }, headers })
    }
  }
  /** Time enough for every sweep to come by more than once. */
  const passHours = async (hours: number): Promise<void> => {
    for (let minutes = 0; minutes < 60 * hours; minutes += 10) {
      house.pass(10 * 60_000)
      for (let n = 0; n < 5; n++) await turn()
    }
  }

  it('stays while the clock is ahead, and is seen to; goes by the same sweeps when its time has come', async () => {
    await fill()
    const before = blobs()
    house.leap(400 * dayMs)
    while (!(await types()).has('ClockHeld')) {
      house.pass(1_000)
      await turn()
    }
    await passHours(5)
    const seen = await types()
    for (const [sweep, type] of destruction) expect(seen.has(type), sweep).to.equal(false)
    expect(blobs(), 'sweepBlobs').to.equal(before)
    expect(JSON.stringify(await ready())).to.contain('nothing expires')
    expect(await heldFigure()).to.equal('1')

    house.leap(-400 * dayMs)
    house.pass(2_000)
    while ((await heldFigure()) !== '0') await turn()
    expect(JSON.stringify(await ready())).not.to.contain('nothing expires')
    await passHours(5)
    for (const [sweep, type] of destruction) expect((await types()).has(type), sweep).to.equal(false)

    for (const [sweep, type] of destruction)
      while (!(await types()).has(type)) {
        house.pass(sweep === 'expireMessages' ? hourMs : dayMs)
        await turn()
      }
    while (blobs() >= before) {
      house.pass(hourMs)
      await turn()
    }
  })
})
