/** docs/vectors: made again they come out the same, and the server's own code finds in them what they say. */
import { expect } from 'chai'
import { createDecipheriv, createHash, createHmac, hkdfSync, type KeyObject } from 'node:crypto'
import { openAuthority } from '#src/adapters/x509/authority.js'
import { verifyClaims } from '#src/api/tokens/jws.js'
import { readBinaryFrame, readTextFrame, serverFrame } from '#src/api/realtime/websocketFrames.js'
import { openLetter } from '#src/client/account/contactSecrecy.js'
import { placeIn, logOf } from '#src/client/api/cursor.js'
import type { Engine } from '#src/client/engine/engine.js'
import { openOffer } from '#src/client/account/historyOffer.js'
import { decodeShare } from '#src/client/account/profiles.js'
import { referenceIn } from '#src/client/assets/sealed/assetReference.js'
import { decodeUserProfile } from '#src/client/content/userProfile.js'
import { readRecoveryCode } from '#src/client/crypto/recoveryCode.js'
import { sha256 } from '#src/client/crypto/digest.js'
import { readGroupProfile } from '#src/client/groups/profiles/groupProfile.js'
import { openProfile } from '#src/client/groups/profiles/profileKey.js'
import { chainVerifier } from '#src/client/trust/chainVerifier.js'
import { limitDefaults } from '#src/limits/limits.js'
import { fromBase64url, toBase64url } from '#src/mls/bytes/base64url.js'
import { importX25519PrivateKey } from '#src/mls/crypto/hpke.js'
import { nodeCrypto } from '#src/mls/crypto/nodeCrypto.js'
import { suitesOver } from '#src/mls/crypto/suite.js'
import { schemeOf, signatureAlgorithms, supportedSuites } from '#src/mls/crypto/servedSuites.js'
import { acceptProposal } from '#src/mls/group/acceptProposal.js'
import { checkBundle } from '#src/mls/group/checkBundle.js'
import { createPublicGroup } from '#src/mls/group/createPublicGroup.js'
import { checkExternalPub } from '#src/mls/group/externalPub.js'
import type { GroupPolicy, VouchedIdentity } from '#src/mls/group/policy.js'
import { verifyWithLabel } from '#src/mls/crypto/labels.js'
import { decodeSignal, encodeSignalContext } from '#src/mls/wire/signal.js'
import { decodeSignalContent } from '#src/client/content/signalContent.js'
import { encodeTree, type PublicGroup } from '#src/mls/group/publicGroup.js'
import { openQueueReference, openingOnce, queueReferenceCheck } from '#src/mls/group/queueReference.js'
import { stageCommit } from '#src/mls/group/stageCommit.js'
import { validateKeyPackage } from '#src/mls/group/validateKeyPackage.js'
import { verifyCredential } from '#src/mls/group/verifyCredential.js'
import type { Credential } from '#src/mls/wire/credential.js'
import { franksBy, isTagOf } from '#src/events/frank.js'
import { tagIn } from '#src/mls/wire/frankingTag.js'
import {
  groupIdFromBytes,
  makeId,
  parseAssetId,
  parseClientId,
  parseDomain,
  parseGroupId,
  parseQueueId,
  parseUserId,
} from '#src/mls/wire/ids.js'
import { decodeCommitBundleParts, decodeMlsMessage, privateMessageHeader } from '#src/mls/wire/mlsMessage.js'
import { decodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import { parseCertificate } from '#src/mls/x509/certificate.js'
import { accepted, refusalOf } from '../mls/vectors.js'
import { allVectors } from './vectors/allVectors.js'
import { plaintextOf, sealedFile } from './vectors/assets.js'
import { fromHex, toHex, utf8 } from './vectors/hex.js'
import { vectorsIn } from './vectors/vectorFile.js'

type Vectors = Awaited<ReturnType<typeof allVectors>>
const read = <Name extends keyof Vectors>(name: Name): Vectors[Name] => vectorsIn(name) as Vectors[Name]

const assets = read('assets')
const ids = read('ids')
const registration = read('registration')
const assertions = read('assertions')
const queueReferences = read('queueReferences')
const keyPackages = read('keyPackages')
const group = read('group')
const letters = read('letters')
const profile = read('profile')
const signals = read('signals')
const franks = read('franks')
const userProfile = read('userProfile')
const recovery = read('recovery')
const history = read('history')
const websocket = read('websocket')

const domain = parseDomain(registration.authority.domain)!
const root = fromHex(registration.authority.root)
const chainOf = (certificates: readonly string[]): Credential => ({
  type: 'x509',
  certificates: certificates.map(fromHex),
})

/** As the server holds it against leaves: the published root, and queues that are all there. */
const credential = (checked: Credential, key: Uint8Array) =>
  verifyCredential(checked, key, (of) => (of === domain ? [root] : []), registration.authority.now)
const sealingKeys = new Map<string, KeyObject>([
  [
    toBase64url(fromHex(queueReferences.recipient.keyId)),
    importX25519PrivateKey(fromHex(queueReferences.recipient.privateKey)),
  ],
])
const policy: GroupPolicy = {
  now: group.now,
  maxLifetimeS: limitDefaults.keyPackageLifetimeMsMax / 1000,
  credential,
  queueReference: queueReferenceCheck({ domain, open: openingOnce(sealingKeys), isLive: () => true }),
  requiredExtensions: [0xf0c1],
}

describe('The vectors', () => {
  let made: Vectors
  before(async () => {
    made = await allVectors()
  })

  for (const name of [
    'ids',
    'registration',
    'assertions',
    'queueReferences',
    'keyPackages',
    'group',
    'letters',
    'profile',
    'signals',
    'franks',
    'userProfile',
    'recovery',
    'history',
    'websocket',
    'content',
    'assets',
    'federation',
  ] as const)
    it(`of ${name} come out the same when they are made again`, () => {
      expect(JSON.parse(JSON.stringify(made[name]))).to.deep.equal(vectorsIn(name))
    })

  it('are all of docs/vectors', () => {
    expect(Object.keys(made)).to.have.length(17)
  })
})

describe('The vectors of ids', () => {
  const parsers = {
    user: parseUserId,
    client: parseClientId,
    group: parseGroupId,
    queue: parseQueueId,
    asset: parseAssetId,
  }

  it('are ids of their kind and of no other', () => {
    for (const { kind, uri, random } of ids.valid) {
      expect(makeId(kind, domain, fromHex(random))).to.equal(uri)
      const kinds = Object.entries(parsers).filter(([, parse]) => parse(uri) !== undefined)
      expect(kinds.map(([name]) => name)).to.deep.equal([kind])
    }
    expect(groupIdFromBytes(fromHex(ids.group.mlsGroupId))).to.equal(ids.group.uri)
  })

  it('are no ids where they are said to be none', () => {
    for (const { uri, wrong } of ids.invalid)
      for (const parse of Object.values(parsers)) expect(parse(uri), wrong).to.equal(undefined)
  })
})

describe('The vectors of registration', () => {
  it('are requests that the authority reads, and chains that server and SDK believe', async () => {
    const verify = chainVerifier((of) => Promise.resolve(of === domain ? root : undefined))
    for (const { csr, algorithm, signatureKey, user, client, certificates, serial, notAfter } of registration.clients) {
      expect(await readRequest(fromHex(csr))).to.deep.equal({
        algorithm,
        signatureKey: fromHex(signatureKey),
        user,
        client,
      })
      const identity = accepted(credential(chainOf(certificates), fromHex(signatureKey)))
      expect(identity).to.deep.equal({ user, client, domain, notAfter })
      expect(await verify(certificates.map(fromHex), fromHex(signatureKey))).to.deep.equal({ user, client, domain })
      expect(parseCertificate(fromHex(certificates[0]!)).serial).to.equal(serial)
    }
  })

  it('are chains that neither believes', async () => {
    const verify = chainVerifier((of) => Promise.resolve(of === domain ? root : undefined))
    for (const { wrong, certificates, signatureKey } of registration.invalid) {
      expect(credential(chainOf(certificates), fromHex(signatureKey)).ok, wrong).to.equal(false)
      expect(await verify(certificates.map(fromHex), fromHex(signatureKey)), wrong).to.equal(undefined)
    }
  })

  /** The intermediate's key in PKCS#8 (RFC 8410 §7). */
  const readRequest = async (csr: Uint8Array) => {
    const { intermediate, intermediatePrivateKey } = registration.authority
    const authority = await openAuthority({
      domain,
      rootCertificate: root,
      intermediateCertificate: fromHex(intermediate),
      intermediatePrivateKey: fromHex(`302e020100300506032b657004220420${intermediatePrivateKey}`),
    })
    return authority.readRequest(csr)
  }
})

describe('The vectors of assertions', () => {
  const currentDate = new Date(assertions.now)

  it('are signed by their keys, as the token endpoint verifies them', async () => {
    for (const { algorithm, publicKey, jws, claims } of assertions.assertions) {
      const key = { algorithm, publicKey: toBase64url(fromHex(publicKey)) }
      const expected = { audience: assertions.tokenUrl, issuer: claims.iss, subject: claims.sub, currentDate }
      expect(await verifyClaims(jws, [key], expected)).to.deep.equal({ claims, key })
      const later = { ...expected, currentDate: new Date(assertions.now + 56_000) }
      expect(await verifyClaims(jws, [key], later)).to.include({ skewed: true })
    }
  })

  it('have an approval by the client that it names', async () => {
    const { publicKey, jws, claims } = assertions.approval
    const key = { algorithm: 'Ed25519', publicKey: toBase64url(fromHex(publicKey)) } as const
    expect(await verifyClaims(jws, [key], { audience: claims.aud, currentDate })).to.deep.equal({ claims, key })
  })

  it('have keys that nobody may have', () => {
    for (const key of assertions.weakKeys.Ed25519)
      expect(nodeCrypto.isKey(schemeOf('Ed25519'), fromHex(key)), key).to.equal(false)
    for (const { algorithm, publicKey } of assertions.assertions)
      expect(nodeCrypto.isKey(schemeOf(algorithm), fromHex(publicKey))).to.equal(true)
    expect(new Set(assertions.assertions.map(({ algorithm }) => algorithm))).to.deep.equal(new Set(signatureAlgorithms))
  })
})

describe('The vectors of queue references', () => {
  it('open at the homeserver, under the signature key that they were sealed for alone', () => {
    for (const { extension, signatureKey, queue, enc, ciphertext } of queueReferences.references) {
      const reference = accepted(decodeQueueReference(fromHex(extension)))
      expect([reference.domain, toHex(reference.enc), toHex(reference.ciphertext)]).to.deep.equal([
        domain,
        enc,
        ciphertext,
      ])
      expect(openQueueReference(reference, fromHex(signatureKey), sealingKeys)).to.equal(queue)
      expect(openQueueReference(reference, new Uint8Array(32), sealingKeys)).to.equal(undefined)
    }
  })
})

describe('The vectors of KeyPackages', () => {
  it('can be published, in every suite that is served, and not where they are said to be refused', () => {
    const rules = { ...policy, now: keyPackages.now, allowedSuites: supportedSuites }
    const queueReference = queueReferenceCheck({ domain, open: openingOnce(sealingKeys), isLive: () => true })
    for (const one of keyPackages.keyPackages) {
      const valid = accepted(validateKeyPackage(fromHex(one.message), { ...rules, credential, queueReference }))
      const { cipherSuite, lastResort, notAfter } = one
      expect(valid).to.include({ cipherSuite, lastResort, notAfter: notAfter * 1000 })
      expect(toHex(valid.ref)).to.equal(one.ref)
      expect((valid.identity satisfies VouchedIdentity).client).to.equal(one.client)
      expect(toHex(valid.leaf.signatureKey)).to.equal(one.signatureKey)
    }
    for (const { message, code, reason, wrong } of keyPackages.refused) {
      const result = validateKeyPackage(fromHex(message), { ...rules, credential, queueReference })
      expect(refusalOf(result), wrong).to.equal(`${code} ${reason}`)
    }
    const suites = keyPackages.keyPackages.map(({ cipherSuite }) => cipherSuite)
    expect([...new Set(suites)]).to.deep.equal(supportedSuites)
  })
})

describe('The vectors of a group', () => {
  it('are followed by the public group of the server, step by step, to the same state', () => {
    let state: PublicGroup | undefined
    for (const step of group.steps) {
      const text = (name: string): Uint8Array => fromHex(String(step[name]))
      if (step.step === 'create') {
        state = accepted(createPublicGroup(text('groupInfo'), text('ratchetTree'), policy))
      } else if (step.step === 'commit') {
        const welcome = step['welcome'] === undefined ? undefined : text('welcome')
        const bundle = accepted(
          decodeCommitBundleParts({ commit: text('commit'), welcome, groupInfo: text('groupInfo') }),
        )
        const staged = accepted(stageCommit(state!, bundle.commit, policy))
        accepted(checkBundle(staged, bundle.groupInfo, bundle.welcome))
        accepted(checkExternalPub(staged.next.tree.suite, bundle.groupInfo))
        state = staged.next
      } else if (step.step === 'proposal') {
        const message = accepted(decodeMlsMessage(text('proposal')))
        if (message.wireFormat !== 'publicMessage') throw new Error('not a PublicMessage')
        const { ref, next } = accepted(acceptProposal(state!, message.publicMessage, policy))
        expect(toHex(ref)).to.equal(step['ref'])
        state = next
      } else {
        const message = accepted(decodeMlsMessage(text('message')))
        if (message.wireFormat !== 'privateMessage') throw new Error('not a PrivateMessage')
        const { epoch, contentType } = privateMessageHeader(message.privateMessage)
        expect([String(epoch), contentType]).to.deep.equal([step['epoch'], 'application'])
        expect(toHex(state!.confirmedTranscriptHash)).to.equal(step['confirmedTranscriptHash'])
      }
      if (step['state'] !== undefined) expect(stateOf(state!)).to.deep.equal(withoutSecrets(step['state']))
    }
    expect(group.steps.map(({ step }) => step).join()).to.equal(
      'create,commit,message,commit,commit,message,proposal,commit,commit,message',
    )
  })

  const stateOf = (state: PublicGroup) => ({
    epoch: String(state.epoch),
    treeHash: toHex(state.treeHash),
    confirmedTranscriptHash: toHex(state.confirmedTranscriptHash),
    ratchetTree: toHex(encodeTree(state)),
  })
  const withoutSecrets = (state: unknown) => {
    const { exported: _exported, ...rest } = state as Record<string, string>
    return rest
  }
})

describe('The vectors of what clients say past the server', () => {
  it('are a letter that its receiver can open, and nobody else, while its writer is not revoked', async () => {
    const [alice, bob] = ['alice', 'bob'].map((name) =>
      registration.clients.find((one) => one.name === name && one.algorithm === 'Ed25519')!,
    )
    const verifyChain = chainVerifier((of) => Promise.resolve(of === domain ? root : undefined))
    const openAs = ({ user, client, privateKey }: NonNullable<typeof bob>, revoked = false) =>
      openLetter(
        {
          account: { user, client, seed: fromHex(privateKey) },
          verifyChain,
          profiles: { learn: () => false },
          isRevoked: () => Promise.resolve(revoked),
        } as unknown as Engine,
        parseUserId(letters.from.user)!,
        fromHex(letters.ciphertext),
      )
    expect(await openAs(bob!)).to.equal(letters.text)
    expect(await openAs({ ...alice!, client: bob!.client })).to.equal(undefined)
    expect(await openAs(bob!, true)).to.equal(undefined)
  })

  it('are a profile that opens with its key', async () => {
    const opened = await openProfile(fromHex(profile.key), parseGroupId(profile.group)!, fromHex(profile.sealed))
    expect(toHex(opened ?? new Uint8Array())).to.equal(profile.profile)
    const { name, asset, size, key, digest } = profile.withPicture
    const shown = readGroupProfile(fromHex(profile.withPicture.profile))
    expect(shown.name).to.equal(name)
    expect(referenceIn(shown.picture!)).to.deep.equal({ asset, size, key: fromHex(key), digest: fromHex(digest) })
  })
})

describe('The vectors of franks', () => {
  it('are what the server makes of a message with a tag, and hold for nothing else', () => {
    const [salt, content, tag] = [franks.salt, franks.content, franks.tag].map(fromHex) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    expect(isTagOf(tag, salt, content)).to.equal(true)
    expect(toHex(content).indexOf(franks.salt)).to.equal(4)
    expect(tagIn(fromHex(franks.authenticatedData))).to.deep.equal(tag)
    const by = franksBy(franks.keys.map((one) => ({ ...one, key: fromHex(one.key) })))
    const said = { tag, sender: parseUserId(franks.sender)!, group: parseGroupId(franks.group)!, at: franks.at }
    for (const { at, version, frank } of franks.franks) {
      expect(by.holds(fromHex(frank), { ...said, at })).to.equal(true)
      expect(frank.slice(0, 2)).to.equal(`0${version}`)
    }
    for (const { frank } of franks.others) expect(by.holds(fromHex(frank), said)).to.equal(false)
  })
})

describe('The vectors of signals', () => {
  it('open under the key of their leaf and epoch, and say what they say; what was changed does not', () => {
    const exporter = fromHex(signals.exporterSecret)
    const expand = (secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array => {
      const info = Buffer.concat([Buffer.of(0, length), vectorOf(utf8(`MLS 1.0 ${label}`)), vectorOf(context)])
      return createHmac('sha256', secret)
        .update(Buffer.concat([info, Buffer.of(1)]))
        .digest()
        .subarray(0, length)
    }
    const vectorOf = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(bytes.length), bytes])
    const ofLabel = expand(exporter, 'mls-homeserver signal 1', new Uint8Array(), 32)
    const key = expand(ofLabel, 'exported', createHash('sha256').update(Buffer.alloc(4)).digest(), 16)
    const opened = (hex: string): string | undefined => {
      const decoded = decodeSignal(fromHex(hex), 2_048)
      if (!decoded.ok) return undefined
      const { signed, signature, nonce, ciphertext, ...context } = decoded.value
      const suite = suitesOver(nodeCrypto)(1)
      if (!verifyWithLabel(suite, fromHex(signals.signatureKey), 'mls-homeserver signal 1', signed, signature))
        return undefined
      const opening = createDecipheriv('aes-128-gcm', key, nonce).setAAD(encodeSignalContext(context))
      opening.setAuthTag(ciphertext.subarray(-16))
      return toHex(Buffer.concat([opening.update(ciphertext.subarray(0, -16)), opening.final()]))
    }
    expect(opened(signals.signal)).to.equal(signals.plaintext)
    expect(decodeSignalContent(fromHex(signals.plaintext))).to.deep.equal({
      kind: signals.kind,
      data: fromHex(signals.data),
    })
    for (const { wrong, signal } of signals.invalid) expect(opened(signal), wrong).to.equal(undefined)
    const cut = fromHex(signals.plaintext).with(127, 1)
    expect([decodeSignalContent(cut), decodeSignalContent(new Uint8Array(128))]).to.deep.equal([undefined, undefined])
  })
})

describe('The vectors of the profile of a user', () => {
  it('are a share that opens the profile, and only that one', async () => {
    const share = decodeShare(fromHex(userProfile.shareMessage.plaintext))!
    const sealed = fromHex(userProfile.sealed)
    expect(toHex(share.digest)).to.equal(toHex(await sha256(sealed)))
    const opened = await openProfile(share.key, parseUserId(userProfile.user)!, sealed)
    expect(decodeUserProfile(opened!)).to.deep.equal(userProfile.content)
    expect(decodeShare(fromHex(userProfile.shareMessage.plaintext).subarray(1))).to.equal(undefined)
  })
})

describe('The vectors of recovery codes', () => {
  it('are codes that are read back, and texts that are none', () => {
    for (const { text, code } of recovery.codes) expect(toHex(readRecoveryCode(text)!)).to.equal(code)
    for (const text of recovery.refused) expect(readRecoveryCode(text), text).to.equal(undefined)
  })
})

describe('The vectors of history', () => {
  const { giver, newcomer, archive } = history
  const openAs = (client: string, from = giver.client, csrHash = history.csrHash) =>
    openOffer(
      { account: { client, seed: fromHex(newcomer.signaturePrivateKey) } } as unknown as Engine,
      { other: parseClientId(from)!, key: fromHex(giver.signatureKey), csrHash: fromHex(csrHash) },
      fromHex(history.offer),
    )

  it('are an offer that its newcomer opens, from the giver alone', async () => {
    const opened = await openAs(newcomer.client)
    expect(opened?.asset).to.equal(archive.asset)
    expect([toHex(opened!.key), opened!.size, toHex(opened!.digest)]).to.deep.equal([
      archive.key,
      archive.size,
      archive.digest,
    ])
    expect(await openAs(giver.client)).to.equal(undefined)
    expect(await openAs(newcomer.client, newcomer.client)).to.equal(undefined)
    expect(await openAs(newcomer.client, giver.client, archive.digest)).to.equal(undefined)
  })
})

describe('The vectors of the websocket', () => {
  const textFrame = (text: string) => readTextFrame(utf8(text), limitDefaults)

  it('are frames that the server takes, and frames that it refuses', () => {
    for (const text of websocket.fromClient) expect(textFrame(text), text).not.to.have.property('rejected')
    for (const text of websocket.fromClientRefused) expect(textFrame(text), text).to.have.property('rejected')
    for (const frame of websocket.binaryRefused)
      expect(readBinaryFrame(fromHex(frame)), frame).to.have.property('rejected')
    const { frame, id, message } = websocket.binary
    const taken = readBinaryFrame(fromHex(frame))
    if ('rejected' in taken) throw new Error('refused')
    expect({ ...taken, message: toHex(taken.message) }).to.deep.equal({ type: 'binarySend', id, message })
  })

  it('are frames that the server says', () => {
    for (const text of websocket.fromServer)
      expect(serverFrame.safeParse(JSON.parse(text)).success, text).to.equal(true)
  })

  it('have cursors in their order', () => {
    const { ascending, samePlace, otherLog } = websocket.cursors
    const places = ascending.map(placeIn)
    expect(places).to.deep.equal([...places].sort((a, b) => a - b))
    expect(new Set(samePlace.map(placeIn)).size).to.equal(1)
    expect(logOf(otherLog)).not.to.equal(logOf(ascending[0]!))
    expect(fromBase64url(logOf(otherLog))).not.to.equal(undefined)
  })
})

describe('The vectors of assets', () => {
  const keyFor = (what: string) =>
    new Uint8Array(hkdfSync('sha256', fromHex(assets.key), '', `mls-homeserver asset ${what} 1`, 32))
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

  it('have the capability that follows from the key, and what the homeserver is told of it', () => {
    expect(toHex(keyFor('capability'))).to.equal(assets.capability)
    expect(sha256(fromHex(assets.capability))).to.equal(assets.capabilityHash)
  })

  it('are files that open as the specification says, and bytes that do not', async () => {
    for (const { size, sealedSize, digest, firstNonce, sealed } of assets.files) {
      const bytes = sealed === null ? await sealedFile(size) : fromHex(sealed)
      expect([bytes.length, sha256(bytes), toHex(bytes.subarray(0, 12))]).to.deep.equal([
        sealedSize,
        digest,
        firstNonce,
      ])
      expect(Buffer.from(plaintextOf(size)).equals(openAsSpecified(bytes, size)), String(size)).to.equal(true)
    }
    for (const { wrong, size, sealed } of assets.invalid)
      expect(() => openAsSpecified(fromHex(sealed), size), wrong).to.throw()
  })

  /** Without a line of the SDK. */
  const openAsSpecified = (sealed: Uint8Array, size: number): Buffer => {
    const count = Math.max(1, Math.ceil(size / 65_536))
    if (sealed.length !== size + 28 * count) throw new Error('its length')
    const chunks = Array.from({ length: count }, (_none, index) => {
      const chunk = sealed.subarray(index * 65_564, (index + 1) * 65_564)
      const place = Buffer.alloc(9)
      place.writeBigUInt64BE(BigInt(index))
      place[8] = index === count - 1 ? 1 : 0
      const decipher = createDecipheriv('aes-256-gcm', keyFor('encryption'), chunk.subarray(0, 12))
      decipher.setAAD(place).setAuthTag(chunk.subarray(-16))
      const plaintext = Buffer.concat([decipher.update(chunk.subarray(12, -16)), decipher.final()])
      const mac = createHmac('sha256', keyFor('nonce')).update(place).update(plaintext).digest()
      expect(toHex(mac.subarray(0, 12))).to.equal(toHex(chunk.subarray(0, 12)))
      return plaintext
    })
    return Buffer.concat(chunks)
  }
})
