/** kill -9 under load, round after round: nothing acknowledged is lost, nothing is doubled, the order is one for all. */
import { expect } from 'chai'
import { groupAt, groupOf, openHouse, type Player, type House } from './house.js'

const rounds = 10
/** A round's kill falls at a random moment within this time. */
const roundMsMax = 400
/** As long as all rounds take on a busy machine: nobody gives up on a server that is killed as often as it is there. */
const patienceMs = 300_000

describe('Crashes', function () {
  this.timeout(patienceMs + 60_000)
  let house: House
  before(async () => {
    house = await openHouse({}, patienceMs)
  })
  after(() => house.close())

  it(`lose, double and reorder nothing in ${rounds} rounds of kill -9 under load`, async () => {
    const players = await Promise.all(['alice', 'bob', 'carol', 'dave'].map((name) => house.register(name)))
    const [creator, ...others] = players
    const group = await groupOf(creator!, ...others)
    for (const { client } of players) await client.connect()
    let stopped = false
    const acknowledged = new Map<Player, number>()
    const speak = async (player: Player): Promise<void> => {
      for (let n = 0; !stopped; n++) {
        await groupAt(player, group).send(`${player.handle} ${n}`)
        acknowledged.set(player, n + 1)
      }
    }
    const speaking = players.map(speak)
    for (let round = 0; round < rounds; round++) {
      await pause(Math.random() * roundMsMax)
      await house.server.crash()
      await house.server.restart()
    }
    stopped = true
    await Promise.all(speaking)
    const total = [...acknowledged.values()].reduce((sum, count) => sum + count, 0)
    console.log(`      ${total} messages acknowledged over ${rounds} crashes`)

    for (const reader of players) {
      const expected = total - acknowledged.get(reader)!
      await reader.until(() => reader.texts().length >= expected)
      for (const sender of players.filter((player) => player !== reader)) {
        const wanted = Array.from({ length: acknowledged.get(sender)! }, (_, n) => `${sender.handle} ${n}`)
        const read = reader.texts().filter((text) => text.startsWith(`${sender.handle} `))
        expect(read, `${sender.handle} as ${reader.handle} read it`).to.deep.equal(wanted)
      }
    }
    for (const one of players)
      for (const other of players) {
        const common = (reader: Player): readonly string[] =>
          reader.texts().filter((text) => !text.startsWith(one.handle) && !text.startsWith(other.handle))
        expect(common(one)).to.deep.equal(common(other))
      }
  })
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
