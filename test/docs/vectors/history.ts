/** Vectors of links between two clients of a user: the code of both screens, and an offer of history. */
import { sealOffer } from '#src/client/account/historyOffer.js'
import { linkCode } from '#src/client/crypto/linkCode.js'
import type { Engine } from '#src/client/engine/engine.js'
import { makeId } from '#src/mls/wire/ids.js'
import { toHex } from './hex.js'
import { now, seededBytes, withSeed } from './seededRandom.js'
import type { Town } from './town.js'

/** Bob's key stands for that of alice's new client: what counts is the key. */
export const historyVectors = async ({ domain, alice, bob }: Town) => {
  const [giver, newcomer] = [alice.keys.Ed25519.signer, bob.keys.Ed25519.signer]
  const csrHash = seededBytes('csr hash', 32)
  const archive = {
    asset: makeId('asset', domain, seededBytes('asset', 16)),
    key: seededBytes('archive key', 32),
    size: 2,
    digest: seededBytes('archive digest', 32),
  }
  const engine = {
    account: { client: alice.client, seed: giver.privateKey },
    api: { clock: { now: () => now, isKnown: () => true } },
  } as unknown as Engine
  const link = { other: bob.client, key: newcomer.publicKey, csrHash }
  const offer = await withSeed('history offer', () => sealOffer(engine, link, archive))
  return {
    description:
      'A link and an offer of history (docs/wire.md, History), in hex: the code of both screens, and what the giver sealed to the newcomer. The private key is a test key.',
    user: alice.user,
    giver: { client: alice.client, signatureKey: toHex(giver.publicKey) },
    newcomer: {
      client: bob.client,
      signaturePrivateKey: toHex(newcomer.privateKey),
      signatureKey: toHex(newcomer.publicKey),
    },
    csrHash: toHex(csrHash),
    code: await linkCode({ user: alice.user, giver: giver.publicKey, newcomer: newcomer.publicKey, csrHash }),
    archive: { ...archive, key: toHex(archive.key), digest: toHex(archive.digest) },
    offer: toHex(offer),
  }
}
