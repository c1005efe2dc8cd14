/** A command of every route there is, with another body that would be fine as well. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { addKey } from '#src/adapters/keys/directory.js'
import { makeAuthority } from '#src/adapters/x509/authority.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { at, reserved } from '../api/groupPeople.js'
import { complaintOf, saying, sentBy } from '../api/reporting.js'
import { makeTestKey } from '../api/testClient.js'
import { contentDigest, fileOf, reserved as reservedAsset } from '../api/assets/sharing.js'
import type { File } from '../api/assets/sharing.js'
import { addOf } from '../commands/forgedPeople.js'
import { domain } from '../commands/people.js'
import { publishable } from '../commands/mlsFixture.js'
import { forgeKeyPackage, forgeProposal } from '../mls/forge.js'
import { newReceiver } from '../support/pushReceiver.js'
import { forgedCommit, forgedMessage, forging, founded, gathered } from './forgers.js'
import type { ForgingResident } from './forgers.js'
import type { Answer } from '../api/groupHouse.js'
import { operator } from './house.js'
import type { Bearer, RawOptions, RealHouse } from './house.js'
import { recoveriesOf } from './recoveries.js'
import { newGroupOfSize } from './sizes.js'

export type Command = {
  /** Its Idempotency-Key. */
  readonly name: string
  /** As the OpenAPI document has it. */
  readonly route: string
  readonly by: Bearer
  readonly method: string
  readonly path: string
  readonly options: RawOptions
  /** Another body that would be fine by itself. */
  readonly other: RawOptions
  readonly status: number
  /** Events of one effect. */
  readonly events: number
  /** Afterwards its token is nobody's any more. */
  readonly isLast: boolean
  /** The field of the first answer that no other has. */
  readonly shownOnce?: string
}

/** An answer as whoever asks again hears it. */
export const shownAgain = ({ shownOnce = '' }: Command, { status, bytes }: Answer): object => {
  const text = Buffer.from(bytes).toString()
  return { status, body: text.replace(new RegExp(`"${shownOnce}":"[^"]*",`), '') }
}

/** What is no command: nothing in the log tells of it, or it may be done as often as one likes. */
export const unrecorded: readonly string[] = [
  'POST /v1/ids',
  'POST /v1/recovery/ids',
  'POST /v1/token',
  'POST /v1/queues/{queue}/acknowledgements',
  'POST /v1/assets/{asset}/renewal',
  'POST /v1/groups/{group}/signals',
  // Of tus, which says by its offset how often.
  'POST /v1/assets/{asset}/upload',
  'PATCH /v1/assets/{asset}/upload',
  'DELETE /v1/assets/{asset}/upload',
]

/** One of every kind, in an order in which each can happen. */
export const commandsIn = async (house: RealHouse): Promise<readonly Command[]> => {
  const come = async (): Promise<ForgingResident> => forging(house, await house.register())
  const [alice, bob, carol, dave] = [await come(), await come(), await come(), await come()]
  const leaver = await come()
  const { group, mls } = await gathered(house, [alice, bob])
  const { group: doomed } = await founded(house, alice)
  const { group: wedged } = await founded(house, alice)
  const testRoot = toBase64url((await makeAuthority(domain, 1_700_000_000_000)).rootCertificate)
  const [fresh, successor] = [await reserved(house.door, bob), await reserved(house.door, alice)]
  const abuse = [saying('first'), saying('second')] as const
  // In a group of their own: what retention takes below is not theirs.
  const heard = await gathered(house, [alice, bob])
  const complaints = await Promise.all(
    abuse.map(async (said) => {
      const shown = await sentBy(house, alice, { group: heard.group, epoch: heard.mls.epoch, said, to: bob })
      return complaintOf(said, shown, { group: heard.group, accused: alice.user })
    }),
  )
  const toClose = String((await house.ask(bob, 'POST', '/v1/reports', { json: complaints[0]! })).body['report'])
  const { group: beyondRepair } = await founded(house, alice)
  const message = (): RawOptions => ({ mls: forgedMessage(group, mls.epoch) })
  const removal = forgeProposal(mls, alice.forger, 0, { type: 'add', keyPackage: forgeKeyPackage(carol.forger) })
  const proposal = (): RawOptions => ({
    mls: encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: removal }),
  })
  const bundle = (): RawOptions => {
    const { commit, welcome, groupInfo } = forgedCommit(mls, alice, 0, [addOf(carol)])
    return { json: { commit: toBase64url(commit), welcome: toBase64url(welcome!), groupInfo: toBase64url(groupInfo) } }
  }
  const queue = async (): Promise<RawOptions> => ({
    json: { algorithm: 'Ed25519', publicKey: toBase64url((await makeTestKey()).publicKey) },
  })
  const packages = async (): Promise<RawOptions> => ({
    json: { keyPackages: [toBase64url(await publishable(house.door.world, carol, true))] },
  })
  const registration = async (handle: string): Promise<RawOptions> => {
    const { body } = await house.ask(undefined, 'POST', '/v1/ids', { json: {} })
    const { user, client } = body as { user: string; client: string }
    const csr = toBase64url(await (await makeTestKey()).csr([user, client]))
    return { json: { user, client, handle, csr } }
  }
  const again = await registration('only-once')
  /** A request for a key, approved for one of the routes that take one; an approval signed twice is two bodies. */
  const approved = async (path: string, algorithm: 'Ed25519' | 'P-256', names: readonly string[]) => {
    const csr = await (await makeTestKey(algorithm)).csr(names)
    const hash = createHash('sha256').update(csr).digest('base64url')
    const approval = (jti: string): Promise<string> => {
      const claims = { aud: house.server.url + path, iat: Math.floor(Date.now() / 1000), jti, csr: hash }
      return alice.key.sign(claims, { kid: alice.client })
    }
    return { csr: toBase64url(csr), approvals: [await approval('one'), await approval('two')] as const }
  }
  const linked = await house.link(alice)
  /** Two settings of a recovery key by dave, the one before and what it lets in by two approvals. */
  const recovery = await recoveriesOf(house, dave)
  const ids = await house.ask(undefined, 'POST', '/v1/ids', { json: { user: alice.user } })
  const newClient = String(ids.body['client'])
  const addition = await approved('/v1/clients', 'Ed25519', [alice.user, newClient])
  const further = await approved('/v1/clients/me/keys', 'P-256', [alice.user, alice.client])
  const asked = async (by: ForgingResident, of: ForgingResident): Promise<string> => {
    const path = `/v1/users/${encodeURIComponent(of.user)}/requests`
    return String((await house.ask(by, 'POST', path, { json: { ciphertext: 'AAAA' } })).body['request'])
  }
  const [toAccept, toReject] = [await asked(alice, dave), await asked(bob, dave)]
  const published = async (by: ForgingResident): Promise<string> => {
    const kinds = [false, true]
    const packages = await Promise.all(kinds.map((isLastResort) => publishable(house.door.world, by, isLastResort)))
    const json = { keyPackages: packages.map(toBase64url) }
    const { body } = await house.ask(by, 'POST', '/v1/keyPackages', { json })
    return (body['refs'] as readonly string[])[0]!
  }
  await published(dave)
  const taken = await published(bob)
  const name = (one: string): string => encodeURIComponent(one)
  const watched = await house.register()
  const { group: unwatched } = await founded(house, alice)
  const device = await house.link(watched)
  const seen = `/v1/operator/users/${name(watched.user)}`
  const { keys } = newReceiver()
  const wakes = (path: string): object => ({ endpoint: `https://push.example.net/${path}`, keys })
  const byQueue: Bearer = { token: alice.queueToken }
  const pushes = `/v1/queues/${name(alice.queue)}/push`
  const toEnd = String((await house.ask(byQueue, 'POST', pushes, { json: wakes('first') })).body['subscription'])
  const commandOf = (
    by: Bearer,
    method: string,
    path: string,
    [options, other]: readonly [RawOptions, RawOptions],
    status = 200,
    events = 1,
    isLast = false,
  ): Command => ({
    name: `${method} ${path.slice(-80)}`.replaceAll(' ', ':'),
    route: `${method} ${routeOf(path)}`,
    by,
    method,
    path,
    options,
    other,
    status,
    events,
    isLast,
  })
  const bare: readonly [RawOptions, RawOptions] = [{}, { text: ' {}' }]
  const json = (one: object, two: object): readonly [RawOptions, RawOptions] => [{ json: one }, { json: two }]
  const proposals = at(group, '/proposals')
  const digest = createHash('sha256').update('taken down').digest('base64url')
  const invitation = { why: 'to be revoked' }
  const invited = String(
    (await house.ask(operator, 'POST', '/v1/operator/invitations', { json: invitation })).body['hash'],
  )
  const keyBundle = await addKey(join(house.server.dataDir, 'keys'), { kind: 'push' }, Date.now())
  const nextKey = { kind: 'push', key: keyBundle.vapidKeys.at(-1)!.print, bundle: keyBundle.print }
  const letInvite = { value: 5, why: 'users invite' }
  await house.ask(operator, 'PUT', '/v1/operator/limits/invitationsPerUserMax', { json: letInvite })
  const own = String((await house.ask(carol, 'POST', '/v1/invitations', { json: {} })).body['hash'])
  const until = Date.now() + 60_000
  const file = fileOf(1_000)
  const [another, unwanted] = [await reservedAsset(house, alice, file), await reservedAsset(house, alice, file)]
  const bytes = (of: File): RawOptions => ({
    mls: of.bytes,
    media: 'application/octet-stream',
    headers: { 'content-digest': contentDigest(of.bytes) },
  })
  return [
    commandOf(undefined, 'POST', '/v1/users', [again, { json: { ...again.json, claims: 'contacts' } }], 201, 4),
    commandOf(alice, 'PATCH', '/v1/users/me', json({ claims: 'contacts' }, { claims: 'anyone' })),
    commandOf(alice, 'PUT', '/v1/users/me/profile', [
      { json: { profile: 'AAAA' }, headers: { 'if-match': '"0"' } },
      { json: { profile: 'BBBA' }, headers: { 'if-match': '"1"' } },
    ]),
    commandOf(
      bob,
      'POST',
      `/v1/users/${name(carol.user)}/requests`,
      json({ ciphertext: 'AAAA' }, { ciphertext: 'BBBA' }),
      202,
    ),
    commandOf(carol, 'POST', '/v1/queues', [await queue(), await queue()], 201),
    commandOf(carol, 'POST', '/v1/keyPackages', [await packages(), await packages()], 201),
    commandOf(
      alice,
      'POST',
      `/v1/clients/${name(carol.client)}/keyPackages/claim`,
      json({ cipherSuite: 1 }, { cipherSuite: 2 }),
    ),
    commandOf(alice, 'PUT', at(group, '/settings'), json({ retentionMs: 50_000_000 }, { retentionMs: 60_000_000 })),
    commandOf(alice, 'PUT', at(group, `/roles/${name(bob.user)}`), json({ role: 'admin' }, { role: 'member' })),
    commandOf(alice, 'PUT', at(group, '/profile'), [
      { json: { profile: 'AAAA' }, headers: { 'if-match': '"0"' } },
      { json: { profile: 'BBBA' }, headers: { 'if-match': '"1"' } },
    ]),
    commandOf(alice, 'POST', at(group, '/messages'), [message(), message()], 201),
    commandOf(alice, 'POST', proposals, [proposal(), { json: { proposal: toBase64url(proposal().mls!) } }], 201),
    commandOf(alice, 'POST', at(group, '/commits'), [bundle(), bundle()], 201),
    commandOf(alice, 'POST', at(group, '/faults'), json({ epoch: '1' }, { epoch: '0' }), 202),
    commandOf(alice, 'DELETE', at(doomed), bare),
    commandOf(bob, 'POST', '/v1/groups', bare, 201),
    commandOf(
      bob,
      'PUT',
      at(fresh),
      [{ mls: newGroupOfSize(fresh, bob, 2_000) }, { mls: newGroupOfSize(fresh, bob, 2_001) }],
      201,
    ),
    commandOf(alice, 'POST', '/v1/assets', json(file.said, { ...file.said, class: 'keep' }), 201),
    commandOf(alice, 'PUT', `/v1/assets/${name(another)}`, [bytes(file), bytes(fileOf(1_000, 2))], 201),
    commandOf(alice, 'DELETE', `/v1/assets/${name(unwanted)}`, bare),
    commandOf(alice, 'POST', at(wedged, '/reset'), json({ successor }, { successor: doomed })),
    commandOf(
      undefined,
      'POST',
      '/v1/clients',
      json(
        { user: alice.user, client: newClient, csr: addition.csr, approval: addition.approvals[0] },
        { user: alice.user, client: newClient, csr: addition.csr, approval: addition.approvals[1] },
      ),
      201,
      3,
    ),
    commandOf(
      alice,
      'POST',
      '/v1/clients/me/keys',
      json({ csr: further.csr, approval: further.approvals[0] }, { csr: further.csr, approval: further.approvals[1] }),
      201,
      2,
    ),
    commandOf(undefined, 'POST', '/v1/recovery', recovery.uses, 201, 3),
    commandOf(dave, 'PUT', '/v1/users/me/recovery', recovery.settings, 200, 2),
    commandOf(dave, 'POST', `/v1/requests/${toAccept}/accept`, json({}, { ciphertext: 'AAAA' })),
    commandOf(dave, 'POST', `/v1/requests/${toReject}/reject`, bare),
    commandOf(dave, 'PUT', `/v1/blocks/${name(bob.user)}`, bare),
    commandOf(dave, 'DELETE', `/v1/blocks/${name(bob.user)}`, bare),
    commandOf(bob, 'DELETE', '/v1/keyPackages', json({ refs: [taken] }, { refs: [taken, taken] })),
    commandOf(
      alice,
      'POST',
      `/v1/users/${name(dave.user)}/keyPackages/claim`,
      json({ cipherSuite: 1 }, { cipherSuite: 2 }),
    ),
    commandOf(alice, 'POST', `/v1/clients/${name(linked.client)}/history`, json({ offer: 'AAAA' }, { offer: 'BBBA' })),
    commandOf(alice, 'DELETE', `/v1/clients/${name(linked.client)}`, bare),
    commandOf(operator, 'POST', '/v1/operator/takedowns', json({ digest, why: 'one' }, { digest, why: 'other' })),
    commandOf(operator, 'DELETE', `/v1/operator/takedowns/${digest}`, json({ why: 'one' }, { why: 'other' })),
    {
      ...commandOf(
        operator,
        'POST',
        '/v1/operator/tokens',
        json({ name: 'ci', role: 'read', why: 'one' }, { name: 'ci', role: 'audit', why: 'one' }),
        201,
        2,
      ),
      shownOnce: 'token',
    },
    commandOf(operator, 'DELETE', '/v1/operator/tokens/ci', json({ why: 'one' }, { why: 'other' }), 200, 2),
    commandOf(
      operator,
      'PUT',
      '/v1/operator/registration',
      json({ registration: 'open', why: 'one' }, { registration: 'open', why: 'other' }),
      200,
      2,
    ),
    commandOf(
      operator,
      'PUT',
      '/v1/operator/peers/b.example/policy',
      json({ policy: 'allowed', why: 'one' }, { policy: 'blocked', why: 'one' }),
    ),
    commandOf(
      operator,
      'PUT',
      '/v1/operator/peers/b.example/root',
      json({ root: testRoot, why: 'one' }, { root: testRoot, why: 'other' }),
    ),
    ...['pause', 'resume', 'reset'].map((what) =>
      commandOf(operator, 'POST', `/v1/operator/peers/b.example/${what}`, json({ why: 'one' }, { why: 'other' })),
    ),
    commandOf(operator, 'DELETE', '/v1/operator/peers/b.example/backlog', json({ why: 'one' }, { why: 'other' })),
    {
      ...commandOf(operator, 'POST', '/v1/operator/invitations', json({ why: 'one' }, { why: 'other' }), 201),
      shownOnce: 'invitation',
    },
    commandOf(operator, 'DELETE', `/v1/operator/invitations/${invited}`, json({ why: 'one' }, { why: 'other' })),
    commandOf(
      operator,
      'POST',
      '/v1/operator/projections/assets/changes',
      json({ change: 'rebuild', why: 'one' }, { change: 'drop', why: 'one' }),
    ),
    commandOf(
      operator,
      'POST',
      '/v1/operator/projections/assets/skips',
      json({ stream: 'server', revision: 0, why: 'one' }, { stream: 'server', revision: 1, why: 'one' }),
    ),
    commandOf(
      operator,
      'POST',
      '/v1/operator/keys/rotations',
      json({ ...nextKey, why: 'one' }, { ...nextKey, why: 'other' }),
    ),
    { ...commandOf(carol, 'POST', '/v1/invitations', json({}, { expires: until }), 201), shownOnce: 'invitation' },
    commandOf(carol, 'DELETE', `/v1/invitations/${own}`, bare),
    commandOf(
      operator,
      'PUT',
      '/v1/operator/limits/usersBlockedMax',
      json({ value: 900, why: 'one' }, { value: 800, why: 'one' }),
    ),
    commandOf(operator, 'DELETE', '/v1/operator/limits/usersBlockedMax', json({ why: 'one' }, { why: 'other' })),
    commandOf(
      operator,
      'PUT',
      '/v1/operator/maintenance',
      json({ maintenance: false, why: 'one' }, { maintenance: false, why: 'other' }),
    ),
    commandOf(byQueue, 'POST', pushes, json(wakes('one'), wakes('two')), 201),
    commandOf(byQueue, 'DELETE', `${pushes}/${toEnd}`, bare),
    commandOf(
      byQueue,
      'PUT',
      `${pushes}/policy`,
      json({ default: 'none', groups: {} }, { default: 'targeted', groups: {} }),
    ),
    commandOf(operator, 'DELETE', `/v1/operator/groups/${name(unwatched)}`, json({ why: 'one' }, { why: 'other' })),
    commandOf(
      operator,
      'POST',
      `/v1/operator/groups/${name(beyondRepair)}/reset`,
      json({ why: 'one' }, { why: 'other' }),
    ),
    commandOf(bob, 'POST', '/v1/reports', json(complaints[1]!, { ...complaints[1]!, category: 'other' }), 201),
    commandOf(
      operator,
      'POST',
      `/v1/operator/reports/${toClose}/close`,
      json({ outcome: 'acted', why: 'one' }, { outcome: 'dismissed', why: 'one' }),
    ),
    commandOf(operator, 'POST', `${seen}/disable`, json({ why: 'one' }, { why: 'other' })),
    commandOf(operator, 'DELETE', `${seen}/handle`, json({ why: 'one' }, { why: 'other' })),
    commandOf(operator, 'POST', `${seen}/enable`, json({ why: 'one' }, { why: 'other' })),
    commandOf(operator, 'DELETE', `${seen}/clients/${name(device.client)}`, json({ why: 'one' }, { why: 'other' })),
    commandOf(operator, 'DELETE', seen, json({ why: 'one' }, { why: 'other' })),
    commandOf(operator, 'POST', '/v1/operator/clock/acceptance', json({ why: 'one' }, { why: 'other' })),
    commandOf({ token: leaver.queueToken }, 'DELETE', `/v1/queues/${name(leaver.queue)}`, bare, 200, 1, true),
    commandOf(leaver, 'DELETE', '/v1/users/me', bare, 200, 1, true),
  ]
}

/** By the kind of each id. */
const parameterOf: { readonly [letter: string]: string } = {
  u: '{user}',
  d: '{client}',
  g: '{group}',
  q: '{queue}',
  a: '{asset}',
}

const routeOf = (path: string): string =>
  path
    .replaceAll(/mimi%3A%2F%2F[^/]*%2F([udgqa])%2F[^/]*/g, (_, letter: string) => parameterOf[letter] ?? '')
    .replace(/\/requests\/[^/]+\//, '/requests/{request}/')
    .replace(/\/push\/(?!policy$)[^/]+/, '/push/{subscription}')
    .replace(/\/projections\/[^/]+/, '/projections/{projection}')
    .replace(/\/takedowns\/[^/]+/, '/takedowns/{digest}')
    .replace(/\/tokens\/[^/]+/, '/tokens/{name}')
    .replace(/\/limits\/[^/]+/, '/limits/{name}')
    .replace(/\/peers\/[^/]+/, '/peers/{domain}')
    .replace(/\/invitations\/[^/]+/, '/invitations/{invitation}')
    .replace(/\/reports\/[^/]+/, '/reports/{report}')
