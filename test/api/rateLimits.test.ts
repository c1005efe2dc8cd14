/** The token bucket, by a clock moved by hand. */
import { expect } from 'chai'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { rateLimitFields } from '#src/api/http/budgets/rateLimitFields.js'
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

  it('takes all that something costs, or nothing of it', () => {
    const { charge, take } = limiter()
    const both = [
      { rate: 'sendsPerClient', key: 'a' },
      { rate: 'bytesWrittenPerUser', key: 'u', cost: 1_000 },
    ] as const
    expect(charge(both).standings.map(({ name, left }) => [name, left])).to.deep.equal([
      ['sendsPerClient', 1],
      ['bytesWrittenPerUser', rateDefaults.bytesWrittenPerUser.burst - 1_000],
    ])
    take('sendsPerClient', 'a')
    const refused = charge(both)
    expect(refused.retryAfter).to.equal(1)
    expect(refused.standings.map(({ left }) => left)).to.deep.equal([0, rateDefaults.bytesWrittenPerUser.burst - 1_000])
  })

  it('lets more than a bucket holds through when it is full, and makes the next wait for it', () => {
    const { charge } = limiter()
    const large = [{ rate: 'sendsPerClient', key: 'a', cost: 5 }] as const
    expect(charge(large).retryAfter).to.equal(undefined)
    expect(charge(large).retryAfter).to.equal(5)
    now += 4_000
    expect(charge([{ rate: 'sendsPerClient', key: 'a' }]).retryAfter).to.equal(undefined)
    expect(charge([{ rate: 'sendsPerClient', key: 'a' }]).retryAfter).to.equal(1)
  })

  it('takes later what is known later', () => {
    const { owe, take } = limiter()
    owe([{ rate: 'sendsPerClient', key: 'a', cost: 4 }])
    expect(take('sendsPerClient', 'a')).to.equal(3)
  })

  it('takes a repeat of a command that is done from repeats, and nothing else', () => {
    const { chargeCommand, done } = limiter()
    const cost = [{ rate: 'sendsPerClient', key: 'a' }] as const
    for (let n = 0; n < 3; n++) chargeCommand(String(n), 'a', cost)
    expect(chargeCommand('1', 'a', cost).retryAfter).to.equal(1)
    done('1')
    expect(chargeCommand('1', 'a', cost).standings.map(({ name }) => name)).to.deep.equal(['repeatsPerClient'])
    expect(chargeCommand('2', 'a', cost).retryAfter).to.equal(1)
    for (let n = 1; n < rateDefaults.repeatsPerClient.burst; n++) chargeCommand('1', 'a', cost)
    expect(chargeCommand('1', 'a', cost).retryAfter).to.equal(1)
  })

  it('counts once a second what says so', () => {
    const { charge } = limiter()
    const once = (name: string) => charge([{ rate: 'sendsPerClient', key: 'a', once: name }]).retryAfter
    expect([once('q'), once('q'), once('q'), once('r'), once('s'), once('q')]).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
      1,
      undefined,
    ])
    now += 1_000
    expect([once('q'), once('r')]).to.deep.equal([undefined, 1])
  })

  it('says how budgets stand as the draft has it', () => {
    const { charge } = limiter()
    const cost = [
      { rate: 'sendsPerClient', key: 'a' },
      { rate: 'bytesWrittenPerUser', key: 'u', cost: 1_000 },
    ] as const
    expect(rateLimitFields(charge(cost).standings)).to.deep.equal({
      'ratelimit-policy': '"sendsPerClient";q=2;w=2, "bytesWrittenPerUser";q=268435456;qu="content-bytes";w=86400',
      ratelimit: '"sendsPerClient";r=1;t=1, "bytesWrittenPerUser";r=268434456;t=1',
    })
    expect(rateLimitFields([])).to.deep.equal({})
  })

  it('does not fill up when the clock goes back', () => {
    const { take } = limiter()
    take('sendsPerClient', 'a')
    take('sendsPerClient', 'a')
    now -= 10_000
    expect(take('sendsPerClient', 'a')).to.be.greaterThan(0)
  })
})
