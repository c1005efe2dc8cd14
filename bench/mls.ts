/** What the MLS module costs: KeyPackages validated, commits staged, GroupInfos verified, snapshots restored. */
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { createPublicGroup } from '#src/mls/group/createPublicGroup.js'
import { importX25519PrivateKey, rawX25519PublicKey } from '#src/mls/crypto/hpke.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import { decodeMlsMessage, encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { KeyPackagePolicy } from '#src/mls/group/policy.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import { openQueueReference, queueReferenceCheck, sealQueueReference } from '#src/mls/group/queueReference.js'
import { encodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import { restoreGroup, snapshot } from '#src/mls/group/snapshot.js'
import { applyCommit, stageCommit } from '#src/mls/group/stageCommit.js'
import { validateKeyPackage } from '#src/mls/group/validateKeyPackage.js'
import { newVerifiedChains, verifyCredential } from '#src/mls/group/verifyCredential.js'
import { keepNewest } from '#src/structures/newest.js'
import { authority, issue, names, rawPublicKey, signingKeys } from '../test/mls/certificates.js'
import {
  forgeCommit,
  forgeGroupInfo,
  forgeKeyPackage,
  type Forger,
  forger,
  keyPackageMessage,
  lenient,
  random,
} from '../test/mls/forge.js'
import { addOf, forgedGroup } from '../test/mls/forgedGroup.js'
import { accepted } from '../test/mls/vectors.js'
import { KeyObject } from 'node:crypto'

type Row = {
  readonly work: string
  readonly 'median ms': number
  readonly 'CPU ms': number
  readonly 'target ms': number | ''
}

export const bench = {
  name: 'mls',
  run: async (): Promise<void> => {
    const rows = [...(await keyPackageRows()), ...groupRows(10), ...groupRows(100), ...groupRows(500)]
    console.table(rows)
  },
}

/** Runs the work on each item in turn; the first tenth warms up. */
const measure = <T>(work: string, items: readonly T[], run: (item: T) => void, target: number | ''): Row => {
  const warm = Math.ceil(items.length / 10)
  const times: number[] = []
  for (const item of items.slice(0, warm)) run(item)
  const cpu = process.cpuUsage()
  for (const item of items.slice(warm)) {
    const started = performance.now()
    run(item)
    times.push(performance.now() - started)
  }
  const { user, system } = process.cpuUsage(cpu)
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  return {
    work,
    'median ms': Number(median.toFixed(3)),
    'CPU ms': Number(((user + system) / 1000 / times.length).toFixed(3)),
    'target ms': target,
  }
}

/** As the homeserver checks them on upload, X.509 chain and queue reference included. */
const keyPackageRows = async (): Promise<Row[]> => {
  const { issueClient, queueReferenceOf, policy } = await homeserver()
  const one = await issueClient()
  const sameClient = Array.from({ length: 1000 }, () => published(one, queueReferenceOf(one)))
  const otherClients: Uint8Array[] = []
  for (let n = 0; n < 300; n++) {
    const client = await issueClient()
    otherClients.push(published(client, queueReferenceOf(client)))
  }
  const validate = (bytes: Uint8Array): void => {
    accepted(validateKeyPackage(bytes, policy))
  }
  return [
    measure('KeyPackage validated, of a client seen before', sameClient, validate, 0.4),
    measure('KeyPackage validated, of a new client', otherClients, validate, ''),
  ]
}

const published = (client: Forger, queueReference: Uint8Array): Uint8Array =>
  keyPackageMessage(forgeKeyPackage({ ...client, extensions: [{ type: 0xf0c1, data: queueReference }] }))

/** A domain with its authorities and sealing key, and what it makes and checks with them. */
const homeserver = async (): Promise<{
  readonly issueClient: () => Promise<Forger>
  readonly queueReferenceOf: (client: Forger) => Uint8Array
  readonly policy: KeyPackagePolicy
}> => {
  const domain = parseDomain('example.org')
  if (domain === undefined) throw new Error('no domain')
  const root = await issue({ subject: 'CN=root', extensions: authority() })
  const intermediate = await issue({ subject: 'CN=intermediate', issuer: root, extensions: authority(0) })
  const sealingKey = importX25519PrivateKey(random(32))
  const keyId = random(8)
  const sealingKeys = new Map([[toBase64url(keyId), sealingKey]])
  const issueClient = async (): Promise<Forger> => {
    const keys = await signingKeys()
    const uris = [makeId('user', domain, random(16)), makeId('client', domain, random(16))]
    const leaf = await issue({ subject: 'CN=client', issuer: intermediate, keys, extensions: [names(...uris)] })
    return forger('', {
      signatureKey: await rawPublicKey(keys),
      privateKey: KeyObject.from(keys.privateKey),
      credential: { type: 'x509', certificates: [leaf.der, intermediate.der] },
    })
  }
  const queueReferenceOf = ({ signatureKey }: Forger): Uint8Array => {
    const queue = makeId('queue', domain, random(16))
    const publicKey = rawX25519PublicKey(sealingKey)
    return encodeQueueReference(sealQueueReference({ queue, domain, keyId, publicKey, signatureKey }))
  }
  const chains = newVerifiedChains(20_000, 1_000)
  const policy: KeyPackagePolicy = {
    now: lenient.now,
    maxLifetimeS: lenient.maxLifetimeS,
    allowedSuites: [1],
    verifiedKeyPackages: keepNewest(20_000),
    credential: (credential, key) => verifyCredential(credential, key, () => [root.der], lenient.now, chains),
    queueReference: queueReferenceCheck({
      domain,
      open: (reference, key) => openQueueReference(reference, key, sealingKeys),
      isLive: () => true,
    }),
  }
  return { issueClient, queueReferenceOf, policy }
}

const groupRows = (size: number): Row[] => {
  const committers = Array.from({ length: Math.min(size, 64) }, (_, n) => Math.floor((n * size) / Math.min(size, 64)))
  const { group, forgers } = forgedGroup(size, { committers })
  const info = forgeGroupInfo(group, forgers[0] ?? forger(''), 0)
  const stored = snapshot(group)
  const isTarget = size === 500
  return [
    measure(
      `${size} members: path commit decoded, verified, staged`,
      commitsOn(group, forgers, 200),
      (bytes) => {
        accepted(stageCommit(group, commitIn(bytes), lenient))
      },
      isTarget ? 1.5 : '',
    ),
    measure(
      `${size} members: path commit replayed`,
      commitsOn(group, forgers, 200),
      (bytes) => {
        accepted(applyCommit(group, commitIn(bytes)))
      },
      '',
    ),
    measure(
      `${size} members: Commit of ${Math.min(size, 100)} Adds verified, staged`,
      Array.from({ length: 5 }, () => addsOn(group, forgers[0] ?? forger(''), Math.min(size, 100))),
      (bytes) => {
        accepted(stageCommit(group, commitIn(bytes), lenient))
      },
      '',
    ),
    measure(
      `${size} members: GroupInfo with tree verified`,
      new Array<Uint8Array>(20).fill(info),
      (bytes) => {
        accepted(createPublicGroup(bytes, undefined, lenient))
      },
      isTarget ? 80 : '',
    ),
    measure(
      `${size} members: snapshot of ${Math.round(stored.length / 1000)} kB restored`,
      new Array<Uint8Array>(20).fill(stored),
      (bytes) => {
        accepted(restoreGroup(bytes))
      },
      isTarget ? 30 : '',
    ),
  ]
}

const commitsOn = (group: PublicGroup, forgers: readonly Forger[], count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, n) => {
    const leafIndex = (n * 7) % forgers.length
    const from = forgers[leafIndex]
    if (from === undefined) throw new Error('no such member')
    return encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: forgeCommit(group, from, leafIndex) })
  })

const addsOn = (group: PublicGroup, from: Forger, count: number): Uint8Array => {
  const proposals = Array.from({ length: count }, () => addOf(forger(toBase64url(random(8)))))
  const publicMessage = forgeCommit(group, from, 0, { proposals })
  return encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage })
}

const commitIn = (bytes: Uint8Array) => {
  const message = accepted(decodeMlsMessage(bytes))
  if (message.wireFormat !== 'publicMessage') throw new Error('not a PublicMessage')
  return message.publicMessage
}
