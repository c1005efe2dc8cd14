/**
 * Groups of any size, written straight into a log: one member of each group is real (it sends), the others are leaves
 * whose queues are real. The server then runs on it as on any other.
 */
import { generateKeyPairSync } from 'node:crypto'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { openKeys } from '#src/adapters/keys/directory.js'
import { writeToken } from '#src/api/tokens/bearerToken.js'
import type { AnyEvent } from '#src/events/anyEvent.js'
import type { SealedReference } from '#src/events/form/fields.js'
import { groupStream } from '#src/events/group.js'
import { queueStream } from '#src/events/queue.js'
import { userStream } from '#src/events/user.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { groupIdBytes, makeId, parseDomain } from '#src/mls/wire/ids.js'
import type { ClientId, Domain, GroupId, QueueId, UserId } from '#src/mls/wire/ids.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { sealQueueReference } from '#src/mls/group/queueReference.js'
import { encodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import { stageCommit } from '#src/mls/group/stageCommit.js'
import type { EventStore } from '#src/ports/eventStore.js'
import type { Keys, SealingKey } from '#src/ports/keys.js'
import { withNamesInLog } from '#src/streams/namesInLog.js'
import { forgeCommit, forgeGroup, forgeGroupInfo, forger, lenient, random } from '../../test/mls/forge.js'
import { accepted } from '../../test/mls/vectors.js'

export type Hamlet = {
  readonly group: GroupId
  readonly epoch: bigint
  readonly queues: readonly QueueId[]
  readonly sender: { readonly user: UserId; readonly client: ClientId }
}

export type Town = {
  readonly hamlets: readonly Hamlet[]
  readonly clientToken: (hamlet: Hamlet) => string
  readonly queueToken: (queue: QueueId) => string
}

const blob = { digest: 'A'.repeat(43), size: 1 }
const hourMs = 60 * 60 * 1_000

/** `dataDir`: of a server that has run once, so that its keys and the first event of its log are there. */
export const settle = async (
  dataDir: string,
  domainName: string,
  sizes: readonly number[],
  openLog: () => Promise<EventStore> = () => openEmbeddedEventStore({ directory: dataDir }),
): Promise<Town> => {
  const keys = await openKeys(join(dataDir, 'keys'))
  const domain = parseDomain(domainName)
  const sealing = keys?.server.sealingKeys.at(-1)
  if (keys === undefined || domain === undefined || sealing === undefined) throw new Error('no server has run here')
  const events = withNamesInLog(await openLog())
  const append = async (stream: string, ...facts: readonly AnyEvent[]): Promise<void> => {
    const meta = { v: 1, at: Date.now(), command: randomUUID(), bodyHash: '' }
    const news = facts.map(({ type, data }) => ({ id: randomUUID(), type, data: data, meta }))
    await events.append(stream, news, 'any')
  }
  const hamlets: Hamlet[] = []
  for (const size of sizes) hamlets.push(await found(append, domain, sealing, size))
  await events.close()
  return { hamlets, ...tokensOf(keys) }
}

const tokensOf = (keys: Keys): Pick<Town, 'clientToken' | 'queueToken'> => {
  const tokenKey = keys.server.tokenKeys.at(-1)?.key
  if (tokenKey === undefined) throw new Error('no server has run here')
  const expires = Date.now() + hourMs
  return {
    clientToken: ({ sender }) => writeToken(tokenKey, { holder: { kind: 'client', ...sender }, expires }),
    queueToken: (queue) => writeToken(tokenKey, { holder: { kind: 'queue', queue }, expires }),
  }
}

type Append = (stream: string, ...facts: readonly AnyEvent[]) => Promise<void>

const found = async (append: Append, domain: Domain, sealing: SealingKey, size: number): Promise<Hamlet> => {
  const group = makeId('group', domain, random(16))
  const sender = { user: makeId('user', domain, random(16)), client: makeId('client', domain, random(16)) }
  await append(userStream(sender.user), registered(domain, sender))
  const queues = Array.from({ length: size }, () => makeId('queue', domain, random(16)))
  const publicKey = toBase64url(random(32))
  const created = (queue: QueueId): Promise<void> =>
    append(queueStream(queue), { type: 'QueueCreated', data: { queue, algorithm: 'Ed25519', publicKey } })
  await Promise.all(queues.map(created))
  const member = forger('sender')
  const notAfter = Date.now() + 24 * hourMs
  const mls = forgeGroup(member, undefined, groupIdBytes(group))
  const seat = (leafIndex: number, user: UserId, client: ClientId, queue: QueueId) => ({
    leafIndex,
    user,
    client,
    queue: sealed(domain, sealing, queue),
    notAfter,
  })
  const first = queues[0]
  if (first === undefined) throw new Error('a group has a member')
  const creator = seat(0, sender.user, sender.client, first)
  await append(groupStream(group), {
    type: 'GroupCreated',
    data: {
      group,
      cipherSuite: 1,
      groupInfo: toBase64url(forgeGroupInfo(mls, member, 0)),
      groupInfoBlob: blob,
      creator,
      settings: { retentionMs: 24 * hourMs },
    },
  })
  const publicMessage = forgeCommit(mls, member, 0)
  const { next } = accepted(stageCommit(mls, publicMessage, lenient))
  const elsewhere = parseDomain('elsewhere.example') ?? domain
  await append(groupStream(group), {
    type: 'CommitAccepted',
    data: {
      group,
      epoch: String(next.epoch),
      commit: toBase64url(encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage })),
      committer: { leafIndex: 0, ...sender },
      external: false,
      added: queues
        .slice(1)
        .map((queue, nth) =>
          seat(nth + 1, makeId('user', elsewhere, random(16)), makeId('client', elsewhere, random(16)), queue),
        ),
      removed: [],
      updated: [creator],
      groupInfo: blob,
    },
  })
  return { group, epoch: next.epoch, queues, sender }
}

const registered = (domain: Domain, { user, client }: Hamlet['sender']): AnyEvent => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const key = {
    algorithm: 'Ed25519',
    signatureKey: toBase64url(raw),
    certificate: 'AAAA',
    issuer: 'AAAA',
    serial: '01',
    notAfter: Date.now() + 24 * hourMs,
  } as const
  const directQueue = makeId('queue', domain, random(16))
  return {
    type: 'UserRegistered',
    data: {
      user,
      handle: 'AAAA',
      handleHash: 'h',
      first: { client, directQueue, key },
      discovery: 'hidden',
      claims: 'anyone',
    },
  }
}

const sealed = (domain: Domain, { id, publicKey }: SealingKey, queue: QueueId): SealedReference => {
  const signatureKey = random(32)
  const keyId = new Uint8Array(Buffer.from(id, 'base64url'))
  const reference = sealQueueReference({ queue, domain, keyId, publicKey, signatureKey })
  return { reference: toBase64url(encodeQueueReference(reference)), signatureKey: toBase64url(signatureKey) }
}

/** An application message of the group's epoch with so many bytes of ciphertext. */
export const messageOf = ({ group, epoch }: Pick<Hamlet, 'group' | 'epoch'>, bytes: number): Uint8Array =>
  encodeMlsMessage({
    wireFormat: 'privateMessage',
    privateMessage: {
      groupId: groupIdBytes(group),
      epoch,
      contentType: 'application',
      authenticatedData: new Uint8Array(),
      encryptedSenderData: random(28),
      ciphertext: random(bytes),
    },
  })
