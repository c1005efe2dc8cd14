/** Three servers of three domains that are killed, frozen and away, as the simulation `servers` has them: a few of its operations. */
import { randomInt } from 'node:crypto'
import { expect } from 'chai'
import { liveTogether } from '../simulation/servers/live.js'

const seed = Number(process.env['SERVERS_SEED'] ?? randomInt(2 ** 31))

describe('three servers that are killed and frozen', () => {
  it('go on where they were: nothing that was acknowledged is lost, and nothing comes twice', async () => {
    const { faults, line } = await liveTogether({ seed, operations: 12, strikes: 3 })
    console.log(`      ${line}`)
    expect(faults).to.deep.equal([])
  })
})
