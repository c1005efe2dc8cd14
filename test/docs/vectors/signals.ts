/** Vectors of a signal: from an epoch's exporter secret to the bytes, and some that do not open. */
import { encodeSignalContent } from '#src/client/content/signalContent.js'
import { createGroup } from '#src/client/member/createOwnGroup.js'
import { unwrap } from '#src/client/member/groupState.js'
import { sealSignal } from '#src/client/member/signal.js'
import { loadSuite } from '#src/client/member/suite.js'
import { groupIdBytes, makeId } from '#src/mls/wire/ids.js'
import { toHex, utf8 } from './hex.js'
import { keyPackageOf } from './keyPackages.js'
import { seededBytes, withSeed } from './seededRandom.js'
import type { Town } from './town.js'

const suiteId = 1

export const signalVectors = async (town: Town) => {
  const { alice, domain, check } = town
  const { certificates, signer } = alice.keys.Ed25519
  const group = makeId('group', domain, seededBytes('group of signals', 16))
  const state = await withSeed('group of signals', async () =>
    createGroup({
      groupId: groupIdBytes(group),
      identity: { certificates, signatureSeed: signer.privateKey, signatureKey: signer.publicKey },
      keyPackage: await keyPackageOf(town, alice, {
        suite: await loadSuite(suiteId),
        algorithm: 'Ed25519',
        lastResort: false,
      }),
      check,
    }),
  )
  const content = { kind: 'typing', data: utf8('a few bytes') }
  const plaintext = encodeSignalContent(content)
  const nonce = seededBytes('nonce of a signal', 12)
  const signal = await sealSignal(state, plaintext, nonce)
  const changed = (at: number): string => toHex(signal.map((byte, index) => (index === at ? byte ^ 1 : byte)))
  return {
    description:
      'A signal of suite 1 (docs/wire.md, Signals), in hex: by leaf 0 in epoch 0, whose exporter secret is given. `invalid` do not open.',
    cipherSuite: suiteId,
    group,
    epoch: '0',
    leafIndex: 0,
    exporterSecret: toHex(unwrap(state).client.keySchedule.exporterSecret),
    signatureKey: toHex(signer.publicKey),
    kind: content.kind,
    data: toHex(content.data),
    plaintext: toHex(plaintext),
    nonce: toHex(nonce),
    signal: toHex(signal),
    invalid: [
      { wrong: 'another leaf', signal: changed(2 + 1 + group.length + 8 + 3) },
      { wrong: 'another epoch', signal: changed(2 + 1 + group.length + 7) },
      { wrong: 'another ciphertext', signal: changed(signal.length - 80) },
      { wrong: 'another signature', signal: changed(signal.length - 1) },
    ],
  }
}
