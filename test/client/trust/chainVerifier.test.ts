/** Which certificate chains the SDK believes. */
import { expect } from 'chai'
import { chainVerifier } from '#src/client/trust/chainVerifier.js'
import { verifyCredential } from '#src/mls/group/verifyCredential.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import { authority, ed25519, issue, type Issued, names, rawPublicKey, signingKeys } from '../../mls/certificates.js'
import { random } from '../../mls/forge.js'
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

describe('A chain that the server believes', () => {
  const domain = parseDomain('example.org')!
  const named = names(makeId('user', domain, random(16)), makeId('client', domain, random(16)))
  const ecdsa = (namedCurve: string, hash: string): typeof ed25519 =>
    ({ name: 'ECDSA', namedCurve, hash }) as typeof ed25519

  /** A client's key by Ed25519 under authorities of this kind; `changes` spoil the intermediate. */
  const chainBy = async (kind: typeof ed25519, changes: Partial<Parameters<typeof issue>[0]> = {}) => {
    const made = async (options: Parameters<typeof issue>[0]): Promise<Issued> =>
      issue({ keys: await signingKeys(kind), signatureAlgorithm: kind, ...options })
    const root = await made({ subject: 'CN=root', extensions: authority() })
    const issuer = await made({ subject: 'CN=middle', issuer: root, extensions: authority(0), ...changes })
    const keys = await signingKeys()
    const client = await made({ subject: 'CN=client', issuer, keys, extensions: [named] })
    return { root, certificates: [client.der, issuer.der], key: await rawPublicKey(keys) }
  }
  type Chain = Awaited<ReturnType<typeof chainBy>>
  const serverBelieves = ({ root, certificates, key }: Chain): boolean =>
    verifyCredential({ type: 'x509', certificates }, key, () => [root.der], Date.parse('2027-01-01')).ok
  const sdkBelieves = async ({ root, certificates, key }: Chain): Promise<boolean> =>
    (await chainVerifier(() => Promise.resolve(root.der))(certificates, key)) !== undefined

  for (const [name, kind] of [
    ['Ed25519', ed25519],
    ['P-256 with SHA-256', ecdsa('P-256', 'SHA-256')],
    ['P-256 with SHA-512', ecdsa('P-256', 'SHA-512')],
    ['P-384 with SHA-384', ecdsa('P-384', 'SHA-384')],
    ['P-521 with SHA-512', ecdsa('P-521', 'SHA-512')],
  ] as const)
    it(`is believed by the SDK, and none that it does not, under ${name}`, async () => {
      const good = await chainBy(kind)
      const otherRoot = { ...good, root: (await chainBy(kind)).root }
      const noAuthority = await chainBy(kind, { extensions: [] })
      expect([serverBelieves(good), await sdkBelieves(good)]).to.deep.equal([true, true])
      for (const bad of [otherRoot, noAuthority])
        expect([serverBelieves(bad), await sdkBelieves(bad)]).to.deep.equal([false, false])
    })
})
