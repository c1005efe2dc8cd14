/** Recovery keys for the tests that walk all commands: what sets one, and what one lets in. */
import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { makeTestKey } from '../api/testClient.js'
import type { ForgingResident } from './forgers.js'
import type { RawOptions, RealHouse } from './house.js'

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url')

/** A key that is set, with two bodies that use it; and two bodies that set another one. An approval signed twice is two bodies. */
export const recoveriesOf = async (
  house: RealHouse,
  by: ForgingResident,
): Promise<Record<'uses' | 'settings', readonly [RawOptions, RawOptions]> & { readonly locator: string }> => {
  const claimsFor = (path: string, claims: object) => ({
    aud: house.server.url + path,
    iat: Math.floor(Date.now() / 1000),
    jti: randomBytes(8).toString('hex'),
    ...claims,
  })
  const made = async () => {
    const [key, locator] = [await makeTestKey(), randomBytes(16)]
    const claims = { publicKey: toBase64url(key.publicKey), locatorHash: digestOf(locator) }
    const setting = async (): Promise<RawOptions> => {
      const approval = await by.key.sign(claimsFor('/v1/users/me/recovery', claims), { kid: by.client })
      return { json: { ...claims, approval } }
    }
    return { key, locator: toBase64url(locator), settings: [await setting(), await setting()] as const }
  }
  const [first, second] = [await made(), await made()]
  const set = await house.ask(by, 'PUT', '/v1/users/me/recovery', first.settings[0])
  expect(set.status, JSON.stringify(set.body)).to.equal(200)
  const { locator } = first
  const ids = await house.ask(undefined, 'POST', '/v1/recovery/ids', { json: { locator } })
  expect(ids.status, JSON.stringify(ids.body)).to.equal(200)
  const { user, client } = ids.body as { user: string; client: string }
  const csr = await (await makeTestKey()).csr([user, client])
  const use = async (): Promise<RawOptions> => {
    const approval = await first.key.sign(claimsFor('/v1/recovery', { csr: digestOf(csr) }), {})
    return { json: { user, client, locator, csr: toBase64url(csr), approval } }
  }
  return { locator, uses: [await use(), await use()], settings: second.settings }
}
