/** The examples of docs/wire.md by their labels: made by SDK and server code from what the vectors are made of, and read back. */
import { assetKeysOf } from '#src/client/assets/sealed/assetKeys.js'
import { allChunksOf } from '#src/client/assets/sealed/chunks.js'
import { openChunks } from '#src/client/assets/sealed/openChunks.js'
import { sealQueueReference } from '#src/client/crypto/sealQueueReference.js'
import { certificateRequest } from '#src/client/crypto/csr.js'
import { keyPairOf } from '#src/client/crypto/ed25519.js'
import { readRecoveryCode } from '#src/client/crypto/recoveryCode.js'
import { openJws, signJws } from '#src/client/crypto/jws.js'
import { decodeShare } from '#src/client/account/profiles.js'
import { userProfileMark } from '#src/client/groups/profiles/toldProfile.js'
import { openProfile, profileKeyMark } from '#src/client/groups/profiles/profileKey.js'
import { readBinaryFrame } from '#src/api/realtime/websocketFrames.js'
import { fromBase64url, toBase64url } from '#src/mls/bytes/base64url.js'
import { decodeExactly, readOpaque } from '#src/mls/bytes/reader.js'
import { encodeWith } from '#src/mls/bytes/writer.js'
import {
  type Capabilities,
  readCapabilities,
  readRequiredCapabilities,
  writeCapabilities,
} from '#src/mls/wire/capabilities.js'
import { type Extension, readExtensions, writeExtensions } from '#src/mls/wire/extension.js'
import { tagIn } from '#src/mls/wire/frankingTag.js'
import { groupIdBytes, groupIdFromBytes, parseGroupId } from '#src/mls/wire/ids.js'
import { decodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { decodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import { parseCertificationRequest } from '#src/mls/x509/certificationRequest.js'
import { accepted } from '../mls/vectors.js'
import type { allVectors } from './vectors/allVectors.js'
import { fromHex, toHex, utf8 } from './vectors/hex.js'
import { withSeed } from './vectors/seededRandom.js'
import type { Town } from './vectors/town.js'

/** `made`: the text of the block, hex or not; `read`: what the bytes on the page say, for `says` to be compared with. */
export type Sample = {
  readonly made: string
  readonly read: (text: string) => unknown
  readonly says: unknown
}

type Made = Awaited<ReturnType<typeof allVectors>>

export const samplesOf = async (town: Town, made: Made): Promise<ReadonlyMap<string, Sample>> => {
  const { alice } = town
  const { privateKey: seed, publicKey } = alice.keys.Ed25519.signer
  const group = parseGroupId(made.group.group)!
  const [assertion] = made.assertions.assertions
  const { claims } = assertion!
  const [create, addsBob] = made.group.steps
  const epoch1 = toBase64url(
    fromHex((addsBob!['state'] as { confirmedTranscriptHash: string }).confirmedTranscriptHash),
  )
  const csr = await certificateRequest(keyPairOf(seed), alice.user, alice.client)
  const reference = await withSeed('queue reference of alice', () =>
    sealQueueReference(alice.queue, { domain: town.domain, ...town.sealing }, publicKey),
  )
  const { leafNode, extensions } = keyPackageIn(
    made.keyPackages.keyPackages.find(({ lastResort }) => lastResort)!.message,
  )
  const inGroupInfo = groupInfoIn(String(create!['groupInfo']))
  const required = inGroupInfo.groupContext.extensions.find(({ type }) => type === 3)!
  const externalPub = inGroupInfo.extensions.find(({ type }) => type === 4)!
  const { binary } = made.websocket
  return new Map<string, Sample>([
    ['group_id', { made: toHex(groupIdBytes(group)), read: (hex) => groupIdFromBytes(fromHex(hex)), says: group }],
    [
      'csr',
      {
        made: toHex(csr),
        read: (hex) => parseCertificationRequest(fromHex(hex)).uris,
        says: [alice.user, alice.client],
      },
    ],
    [
      'assertion',
      {
        made: await signJws(seed, { kid: alice.client }, claims),
        read: (jws) => openJws(publicKey, jws),
        says: claims,
      },
    ],
    [
      'QueueReference',
      {
        made: toHex(reference),
        read: (hex) => {
          const { domain, keyId, enc, ciphertext } = accepted(decodeQueueReference(fromHex(hex)))
          return [domain, ...[keyId, enc, ciphertext].map(toHex)]
        },
        says: [town.domain, toHex(town.sealing.keyId), ...partsOf(made.queueReferences.references[0]!)],
      },
    ],
    [
      'Capabilities',
      {
        made: toHex(encodeWith(writeCapabilities, leafNode.capabilities)),
        read: (hex) => decodeExactly(fromHex(hex), readCapabilities),
        says: {
          versions: [1],
          cipherSuites: [1],
          extensions: [0xf0c1],
          proposals: [],
          credentials: [2],
        } satisfies Capabilities,
      },
    ],
    [
      'KeyPackage.extensions',
      {
        made: toHex(encodeWith(writeExtensions, extensions)),
        read: (hex) => decodeExactly(fromHex(hex), readExtensions),
        says: [{ type: 0x000a, data: new Uint8Array() }],
      },
    ],
    [
      'required_capabilities',
      {
        made: toHex(extensionBytes(required)),
        read: (hex) => decodeExactly(extensionIn(hex).data, readRequiredCapabilities),
        says: { extensions: [0xf0c1], proposals: [], credentials: [2] },
      },
    ],
    [
      'external_pub',
      {
        made: toHex(extensionBytes(externalPub)),
        read: (hex) => decodeExactly(extensionIn(hex).data, readOpaque).length,
        says: 32,
      },
    ],
    [
      'Confirmed-Transcript-Hash',
      {
        made: `Confirmed-Transcript-Hash: ${epoch1}`,
        read: (line) => fromBase64url(line.split(': ')[1] ?? '')?.length,
        says: 32,
      },
    ],
    [
      'profile_key_mark',
      {
        made: toHex(profileKeyMark),
        read: (hex) => new TextDecoder().decode(fromHex(hex)),
        says: 'mls-homeserver profile key 1',
      },
    ],
    [
      'profile',
      {
        made: made.profile.sealed,
        read: (hex) => openProfile(fromHex(made.profile.key), group, fromHex(hex)),
        says: fromHex(made.profile.profile),
      },
    ],
    [
      'user_profile_mark',
      {
        made: toHex(userProfileMark),
        read: (hex) => new TextDecoder().decode(fromHex(hex)),
        says: 'mls-homeserver user profile 1',
      },
    ],
    [
      'ProfileShare',
      {
        made: made.userProfile.shareMessage.plaintext,
        read: (hex) => toHex(decodeShare(fromHex(hex))?.digest ?? new Uint8Array()),
        says: made.userProfile.share.digest,
      },
    ],
    [
      'tagged_data',
      {
        made: made.franks.authenticatedData,
        read: (hex) => toHex(tagIn(fromHex(hex)) ?? new Uint8Array()),
        says: made.franks.tag,
      },
    ],
    [
      'asset',
      {
        made: made.assets.files.find(({ size }) => size === 1)?.sealed ?? '',
        read: async (hex) => {
          const opened = openChunks(await assetKeysOf(fromHex(made.assets.key)), allChunksOf(1), inOne(fromHex(hex)))
          return (await opened.next()).value as Uint8Array
        },
        says: Uint8Array.of(0),
      },
    ],
    [
      'recovery_code',
      {
        made: made.recovery.codes.at(-1)?.text ?? '',
        read: (text) => toHex(readRecoveryCode(text) ?? new Uint8Array()),
        says: made.recovery.codes.at(-1)?.code,
      },
    ],
    ['link_code', { made: made.history.code, read: (text) => text.replaceAll(' ', '').length, says: 25 }],
    [
      'BinarySend',
      {
        made: toHex(Uint8Array.of(binary.id.length, ...utf8(binary.id), ...fromHex(binary.message))),
        read: (hex) => readBinaryFrame(fromHex(hex)),
        says: { type: 'binarySend', id: binary.id, message: fromHex(binary.message) },
      },
    ],
  ])
}

async function* inOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield Promise.resolve(bytes)
}

const partsOf = ({ enc, ciphertext }: { readonly enc: string; readonly ciphertext: string }) => [enc, ciphertext]

const keyPackageIn = (hex: string) => {
  const message = accepted(decodeMlsMessage(fromHex(hex)))
  if (message.wireFormat !== 'keyPackage') throw new Error('not a KeyPackage')
  return message.keyPackage
}

const groupInfoIn = (hex: string) => {
  const message = accepted(decodeMlsMessage(fromHex(hex)))
  if (message.wireFormat !== 'groupInfo') throw new Error('not a GroupInfo')
  return message.groupInfo
}

/** One Extension: a list of it, without the length of the list. */
const extensionBytes = (extension: Extension): Uint8Array => encodeWith(writeExtensions, [extension]).subarray(1)
const extensionIn = (hex: string): Extension => {
  const bytes = fromHex(hex)
  return decodeExactly(Uint8Array.of(bytes.length, ...bytes), readExtensions)[0]!
}
