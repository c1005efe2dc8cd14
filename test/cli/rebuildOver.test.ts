/** When `homeserver projections rebuild` has no more to wait for. */
import { expect } from 'chai'
import { isOver } from '#src/cli/projections/commands.js'
import type { ProjectionShown } from '#src/contract/projections.js'

const build = (number: number) => ({ build: number, checkpoint: 40, rows: 7, parked: [] })
const candidate = (status: 'folding' | 'differs'): NonNullable<ProjectionShown['candidate']> => ({
  ...build(2),
  ...{ status, begun: 0, anyway: false, part: 1, rate: 0 },
})

describe('a rebuild that is waited for', () => {
  it('is over where the rebuilt one is served', () => {
    expect(isOver({ served: build(2), former: build(1) })).to.equal(true)
  })

  it('is not over before the process that is asked has turned to it', () => {
    expect(isOver({ served: build(1), former: build(1) })).to.equal(false)
  })

  it('goes on while it is folded, and waits for a word where it differs', () => {
    expect(isOver({ served: build(1), candidate: candidate('folding') })).to.equal(false)
    expect(isOver({ served: build(1), candidate: candidate('differs') })).to.equal(true)
  })

  it('is over where somebody gave it up', () => {
    expect(isOver({ served: build(1) })).to.equal(true)
    expect(isOver({ served: build(3), former: build(1) })).to.equal(true)
  })
})
