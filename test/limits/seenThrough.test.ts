import { expect } from 'chai'
import { limitDefaults } from '#src/limits/limits.js'
import { seenThrough } from '#src/limits/seenThrough.js'

describe('limits of which some are otherwise', () => {
  it('are those in force but for them, whatever an operator changes', () => {
    const inForce = { ...limitDefaults }
    const ours = seenThrough(inForce, { mlsBodyBytesMax: 7 })
    Object.assign(inForce, { mlsBodyBytesMax: 8, jsonDepthMax: 9 })
    expect([ours.mlsBodyBytesMax, ours.jsonDepthMax]).to.deep.equal([7, 9])
  })
})
