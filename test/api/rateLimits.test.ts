/** The token bucket, by a clock moved by hand. */
import { expect } from 'chai'
import { makeRateLimiter } from '#src/api/http/rateLimits.js'
import { rateDefaults } from '#src/limits/limits.js'

describe('the rate limiter', () => {
  let now = 0
  const clock = { now: () => now, sleep: () => Promise.resolve() }
  const limiter = () => makeRateLimiter({ ...rateDefaults, sendsPerClient: { burst: 2, everyMs: 1000 } }, clock)

  it('lets the burst through, then says how long to wait, then lets one through for each interval', () => {
    const { take } = limiter()
    expect([take('sendsPerClient', 'a'), take('sendsPerClient', 'a'), take('sendsPerClient', 'a')]).to.deep.equal([
      undefined,
      undefined,
      1,
    ])
    now += 1000
    expect([take('sendsPerClient', 'a'), take('sendsPerClient', 'a')]).to.deep.equal([undefined, 1])
  })

  it('counts every key by itself, and nothing where it is off', () => {
    const { take } = limiter()
    for (let n = 0; n < 3; n++) take('sendsPerClient', 'a')
    expect(take('sendsPerClient', 'b')).to.equal(undefined)
    const off = makeRateLimiter({ ...rateDefaults, sendsPerClient: 'off' }, clock)
    for (let n = 0; n < 1000; n++) expect(off.take('sendsPerClient', 'a')).to.equal(undefined)
  })

  it('does not fill up when the clock goes back', () => {
    const { take } = limiter()
    take('sendsPerClient', 'a')
    take('sendsPerClient', 'a')
    now -= 10_000
    expect(take('sendsPerClient', 'a')).to.be.greaterThan(0)
  })
})
