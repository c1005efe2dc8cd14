/** A short run of the simulation against ts-mls groups; `npm run sim -- mls` runs it longer. */
import { simulation } from '../simulation/mls.js'
import { report } from './vectors.js'

describe('a group of ts-mls clients', () => {
  for (const seed of [1, 2])
    it(`is followed, hash by hash (seed ${seed})`, async () => {
      report(
        await simulation({ seed, epochs: 25, rounds: 0, cluster: false, minutes: 0, seeds: 1, servers: 1, steps: 1 }),
      )
    })
})
