/** Refusals in programs: the code of one tells which fields there are, for the compiler as for whoever reads. */
import { expect } from 'chai'
import { isRefusal, Refused } from '#src/client/transport/refused.js'
import type { Problem, RefusedAs } from '#src/client/transport/refused.js'

const common = { type: 'urn:mls-homeserver:problem:wrong-epoch', title: 'Another Commit', status: 409, requestId: 'r' }
const late: Problem = { ...common, code: 'wrong-epoch', currentEpoch: '8' }

/** Compiles, because the code is looked at first. */
const told = (error: unknown): string => {
  if (!(error instanceof Refused)) return 'something else'
  if (error.code === 'wrong-epoch')
    return `now ${error.problem.currentEpoch}, by ${error.problem.winningCommit ?? 'nobody'}`
  const { problem } = error
  if (problem.code === 'rate-limited' || problem.code === 'store-unavailable')
    return `in ${problem.retryAfter.toFixed(0)} s`
  if (problem.code === 'commit-missing-proposals')
    return `${problem.leaves.map((leaf) => leaf + 1).join()} and ${problem.refs.join()}`
  if (problem.code === 'http-502') return `status ${String(problem.status)}`
  // @ts-expect-error of what is left not every one knows an epoch
  return `${String(problem.currentEpoch)}: ${problem.title}`
}

describe('a refusal', () => {
  it('is told apart by its code, and then its fields are there', () => {
    const code = 'rate-limited'
    const missing = { code: 'commit-missing-proposals', leaves: [1, 2], refs: ['r'] } as const
    expect(told(new Refused(late))).to.equal('now 8, by nobody')
    expect(told(new Refused({ ...common, code, retryAfter: 3 }))).to.equal('in 3 s')
    expect(told(new Refused({ ...common, ...missing }))).to.equal('2,3 and r')
    expect(told(new Refused({ code: 'http-502', status: 502, title: 'Bad Gateway' }))).to.equal('status 502')
    expect(told(new Refused({ ...common, code: 'not-a-member' }))).to.equal('undefined: Another Commit')
    expect(told(new Error('no'))).to.equal('something else')
  })

  it('is found by some of the codes, which narrows it too', () => {
    const error: unknown = new Refused(late)
    expect(isRefusal(error)).to.equal(true)
    expect(isRefusal(error, 'not-a-member')).to.equal(false)
    if (!isRefusal(error, 'wrong-epoch', 'epoch-too-old')) throw new Error('not found')
    const found: RefusedAs<'wrong-epoch' | 'epoch-too-old'> = error
    expect(found.problem.currentEpoch).to.equal('8')
    expect([found.name, found.message]).to.deep.equal(['Refused', 'wrong-epoch: Another Commit'])
  })
})
