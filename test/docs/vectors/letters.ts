/** Vectors of what the SDK's clients say to each other past the server: connection letters, the profiles of a group and of a user. */
import { sealLetter } from '#src/client/account/contactSecrecy.js'
import { montgomerySecret } from '#src/client/account/montgomery.js'
import { encodeShare } from '#src/client/account/profiles.js'
import { attachmentOf } from '#src/client/assets/sealed/assetReference.js'
import { attachmentFrom } from '#src/client/content/newContent.js'
import { encodeUserProfile } from '#src/client/content/userProfile.js'
import { sha256 } from '#src/client/crypto/digest.js'
import { userProfileMark } from '#src/client/groups/profiles/toldProfile.js'
import { encodeGroupProfile } from '#src/client/groups/profiles/groupProfile.js'
import { newProfileKey, profileKeyMark, sealProfile } from '#src/client/groups/profiles/profileKey.js'
import type { Engine } from '#src/client/engine/engine.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { type Domain, makeId } from '#src/mls/wire/ids.js'
import { toHex, utf8 } from './hex.js'
import { now, seededBytes, withSeed } from './seededRandom.js'
import { type Person, type Town } from './town.js'

const text = 'It is Alice, from work'

export const letterVectors = async (town: Town) => {
  const { alice, bob } = town
  const letter = await withSeed('letter', () => sealLetter(engineOf(town, alice, bob), bob.user, text))
  return {
    description:
      'A connection letter (docs/wire.md, Connection letters): the ciphertext of a request, in hex, that alice wrote to bob. The private key is a test key.',
    from: { user: alice.user, client: alice.client, signatureKey: toHex(alice.keys.Ed25519.signer.publicKey) },
    to: {
      user: bob.user,
      client: bob.client,
      signaturePrivateKey: toHex(bob.keys.Ed25519.signer.privateKey),
      signatureKey: toHex(bob.keys.Ed25519.signer.publicKey),
      x25519PrivateKey: toHex(montgomerySecret(bob.keys.Ed25519.signer.privateKey)),
    },
    text,
    ciphertext: toHex(letter),
  }
}

/** As much of alice's client as writing takes; the homeserver lists bob's one client. */
const engineOf = ({ check }: Town, from: Person, to: Person): Engine => {
  const { signer, certificates } = from.keys.Ed25519
  const listed = {
    algorithm: 'Ed25519',
    signatureKey: toBase64url(to.keys.Ed25519.signer.publicKey),
    certificates: to.keys.Ed25519.certificates.map(toBase64url),
  }
  const engine = {
    account: { ...from, seed: signer.privateKey, signatureKey: signer.publicKey, certificates },
    api: {
      clock: { now: () => now, isKnown: () => true },
      account: { clientsOf: () => Promise.resolve([{ client: to.client, keys: [listed] }]) },
    },
    profiles: { of: () => undefined },
    verifyChain: async (chain: readonly Uint8Array[], key: Uint8Array) =>
      (await check(chain, key)) ? { user: to.user, client: to.client } : undefined,
    isRevoked: () => Promise.resolve(false),
    // Without a root the letter is as it was before there was any in it.
    roots: { of: () => Promise.resolve(undefined) },
  }
  return engine as unknown as Engine
}

export const profileVectors = async ({ domain }: Town) => {
  const group = makeId('group', domain, seededBytes('group', 16))
  const profile = utf8('{"name":"Friends"}')
  const [key, sealed] = await withSeed('profile', async () => {
    const fresh = newProfileKey()
    return [fresh, await sealProfile(fresh, group, profile)] as const
  })
  return {
    description:
      'The profile of a group (docs/wire.md, Group profile): AES-256-GCM, in hex. `authenticatedData` marks the application message that tells the key to the members; its plaintext is the key. `withPicture`: what is encrypted where the group has a picture.',
    group,
    key: toHex(key),
    nonce: toHex(sealed.subarray(0, 12)),
    profile: toHex(profile),
    sealed: toHex(sealed),
    keyMessage: { authenticatedData: toHex(profileKeyMark), plaintext: toHex(key) },
    withPicture: groupProfileWithPicture(domain),
  }
}

/** Before it is encrypted. */
const groupProfileWithPicture = (domain: Domain) => {
  const asset = makeId('asset', domain, seededBytes('picture of a group', 16))
  const key = seededBytes('key of a picture', 32)
  const digest = seededBytes('digest of a picture', 32)
  const picture = attachmentFrom(attachmentOf({ asset, key, size: 3, digest }, { contentType: 'image/png' }))
  return {
    name: 'Friends',
    asset,
    key: toHex(key),
    size: 3,
    digest: toHex(digest),
    profile: toHex(encodeGroupProfile({ name: 'Friends' }, picture)),
  }
}

export const userProfileVectors = async ({ alice: { user } }: Town) => {
  const content = { name: 'Alice' }
  const profile = encodeUserProfile(content)
  const [key, sealed] = await withSeed('user profile', async () => {
    const fresh = newProfileKey()
    return [fresh, await sealProfile(fresh, user, profile)] as const
  })
  const share = { at: now, key, digest: await sha256(sealed) }
  return {
    description:
      'The profile of a user (docs/wire.md, User profile), in hex. `authenticatedData` marks the application message that tells it to the members of a group; its plaintext is the share.',
    user,
    content,
    profile: toHex(profile),
    sealed: toHex(sealed),
    share: { at: share.at, key: toHex(share.key), digest: toHex(share.digest) },
    shareMessage: { authenticatedData: toHex(userProfileMark), plaintext: toHex(encodeShare(share)) },
  }
}
