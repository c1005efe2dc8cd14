/** Which certificate chains the SDK believes. */
import { expect } from 'chai'
import { chainVerifier } from '#src/client/trust/chainVerifier.js'
import { makePeople, type People, type Person } from '../support/people.js'

describe('Certificate chains', () => {
  let people: People
  let alice: Person
  let bob: Person
  before(async () => {
    people = await makePeople()
    ;[alice, bob] = await Promise.all([people.person(), people.person()])
  })

  it('name the user and client of a leaf whose key they certify', async () => {
    const identity = await people.verifyChain(alice.identity.certificates, alice.identity.signatureKey)
    expect(identity).to.deep.equal({ user: alice.user, client: alice.client, domain: people.domain })
  })

  it('are not believed with another key', async () => {
    expect(await people.verifyChain(alice.identity.certificates, bob.identity.signatureKey)).to.equal(undefined)
  })

  it('are not believed under another root of the same name', async () => {
    const forger = await (await makePeople('people.test')).person()
    expect(await people.verifyChain(forger.identity.certificates, forger.identity.signatureKey)).to.equal(undefined)
  })

  it('are not believed of an unknown domain', async () => {
    const verify = chainVerifier(() => Promise.resolve(undefined))
    expect(await verify(alice.identity.certificates, alice.identity.signatureKey)).to.equal(undefined)
  })

  it('are not believed too short, too long, mixed or malformed', async () => {
    const [leaf, intermediate] = alice.identity.certificates
    const [, otherIntermediate] = (await (await makePeople('people.test')).person()).identity.certificates
    const chains = [[], [leaf!], [leaf!, leaf!], [leaf!, intermediate!, people.root], [leaf!, otherIntermediate!]]
    for (const chain of [...chains, [leaf!.subarray(1), intermediate!], [new Uint8Array(), intermediate!]])
      expect(await people.verifyChain(chain, alice.identity.signatureKey)).to.equal(undefined)
  })

  it('are believed after they expired: expiry acts by removal', async () => {
    const old = await makePeople('old.test', Date.now() - 40 * 365 * 24 * 3600 * 1000)
    const { identity } = await old.person()
    expect(await old.verifyChain(identity.certificates, identity.signatureKey)).not.to.equal(undefined)
  })
})
