/** Who speaks on a websocket: the newest token of each principal, and which of them holds no longer. */
import { expect } from 'chai'
import { makeVoices } from '#src/api/realtime/voices.js'
import type { Principal } from '#src/api/principal.js'
import { reject } from '#src/streams/rejection.js'
import { clientNumber, queueNumber, userNumber } from '../../projections/queues/world.js'

const client = { kind: 'client', user: userNumber(1), client: clientNumber(1) } as const
const queue = { kind: 'queue', queue: queueNumber(1) } as const
const expired = reject({ code: 'token-expired' })

describe('the voices of a websocket', () => {
  const hearing = (tokens: Map<string, Principal>) =>
    makeVoices((token) => Promise.resolve(tokens.get(token) ?? expired))

  it('are nobody until a token holds', async () => {
    const voices = hearing(new Map([['q', queue]]))
    expect(await voices.hear('none')).to.deep.equal(expired)
    expect(voices.isAnybody()).to.equal(false)
    expect(await voices.hear('q')).to.equal(queue)
    expect([voices.isAnybody(), voices.client()]).to.deep.equal([true, undefined])
  })

  it('name the client among them, heard or greeted', async () => {
    const voices = hearing(new Map<string, Principal>([['q', queue]]))
    await voices.hear('q')
    voices.greet({ token: 'c', principal: client })
    expect(voices.client()).to.equal(client)
  })

  it('tell of a token that holds no longer, unless the same principal has brought a newer one', async () => {
    const tokens = new Map<string, Principal>([
      ['old', queue],
      ['new', queue],
    ])
    const voices = hearing(tokens)
    await voices.hear('old')
    expect(await voices.renew()).to.equal(undefined)
    await voices.hear('new')
    tokens.delete('old')
    expect(await voices.renew()).to.equal(undefined)
    tokens.delete('new')
    expect(await voices.renew()).to.deep.equal(expired)
  })

  it('believe a newer token that comes while the older one is asked about', async () => {
    let refuse: () => void = () => undefined
    const asked = new Promise<typeof expired>((resolve) => {
      refuse = () => {
        resolve(expired)
      }
    })
    const voices = makeVoices((token) => (token === 'old' ? asked : Promise.resolve(queue)))
    voices.greet({ token: 'old', principal: queue })
    const renewed = voices.renew()
    await voices.hear('new')
    refuse()
    expect(await renewed).to.equal(undefined)
  })
})
