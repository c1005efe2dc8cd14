/** What a program reads of a failure: over HTTP and in the frames of a websocket the same. */
import { expect } from 'chai'
import { problemOf, rejectionOfError, retryAfterOf } from '#src/api/http/problems.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'

describe('a store that is away', () => {
  const problemWith = (retryAfterMs?: number) => {
    const error = new StoreUnavailable('away', retryAfterMs === undefined ? {} : { retryAfterMs })
    const rejection = rejectionOfError(error)
    return rejection === undefined ? undefined : { header: retryAfterOf(rejection), body: problemOf(rejection, 'r') }
  }

  it('says when it is worth trying again, in whole seconds, in the header and in the body', () => {
    for (const [ms, seconds] of [
      [undefined, 1],
      [1, 1],
      [1_000, 1],
      [1_001, 2],
      [30_000, 30],
    ] as const) {
      const problem = problemWith(ms)
      expect(problem?.header).to.equal(seconds)
      expect(problem?.body).to.include({ code: 'store-unavailable', status: 503, retryAfter: seconds })
    }
  })

  it('is the only kind that says so, but for those that pass by themselves', () => {
    expect(problemOf({ code: 'read-model-behind' }, 'r')).to.include({ retryAfter: 1 })
    expect(problemOf({ code: 'rate-limited', retryAfter: 7 }, 'r')).to.include({ retryAfter: 7 })
    expect(problemOf({ code: 'storage-full' }, 'r')).not.to.have.property('retryAfter')
  })
})
