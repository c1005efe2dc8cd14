/** A short soak, so that it cannot rot: every attack is made and refused as it should be, and honest people lose nothing by it. */
import { expect } from 'chai'
import { anonymousAttacks } from './soak/anonymousAttacks.js'
import { registeredAttacks } from './soak/registeredAttacks.js'
import { soak } from './soak/soak.js'
import { verdictOf } from './soak/verdict.js'
import { websocketAttacks } from './soak/websocketAttacks.js'

describe('a server under siege', () => {
  it('refuses every attack as it should, and serves the others', async () => {
    const { answers, attacked, faults } = await soak({ seed: 1, aloneMs: 500, attackedMs: 6_000, say: () => undefined })
    expect(faults).to.deep.equal([])
    expect([...answers.keys()]).to.have.members(
      [...anonymousAttacks, ...websocketAttacks, ...registeredAttacks].map(({ name }) => name),
    )
    expect(attacked.count()).to.be.above(0)
  })

  const flat = Array.from({ length: 40 }, () => 100)
  const sound = { memory: flat, alone: 10, attacked: 20, faults: [] }

  it('stood it where its memory does not grow, others wait twice as long at most, and nothing else is wrong', () => {
    expect(verdictOf(sound)).to.match(/^PASS resident 100 → 100 MiB \(× 1\.00\), others' p99 10\.0 → 20\.0 ms/)
    // What it takes at first is not growth, nor is a peak.
    expect(verdictOf({ ...sound, memory: [50, 60, 70, 80, ...flat, 900] })).to.match(/^PASS/)
    expect(verdictOf({ ...sound, memory: flat.map((_, at) => (at < 30 ? 100 : 110)) })).to.match(/^PASS/)
  })

  it('did not where one of these fails', () => {
    expect(verdictOf({ ...sound, memory: flat.map((_, at) => (at < 30 ? 100 : 112)) })).to.match(
      /^FAIL .*memory grows$/,
    )
    expect(verdictOf({ ...sound, attacked: 21 })).to.match(/^FAIL .*others wait longer$/)
    expect(verdictOf({ ...sound, faults: ['large JSON: 500'] })).to.match(/^FAIL .*1 faults: large JSON: 500$/)
  })
})
