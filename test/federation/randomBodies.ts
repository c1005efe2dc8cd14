/** Bodies by chance, written by the second encoder: MLS objects are those of the vectors, everything else is made up. */
import type { BodyVector } from '../docs/vectors/federation.js'
import * as draft from '../docs/vectors/draftEncoder.js'
import type { Seeded } from '../ports/seeded.js'

export type RandomBody = { readonly value: unknown; readonly bytes: string }

export const randomBody = (struct: string, random: Seeded, bodies: readonly BodyVector[]): RandomBody => {
  const make = makers[struct]
  if (make === undefined) throw new Error(`no body by chance for ${struct}`)
  return make(materialOf(random, bodies))
}

type Material = ReturnType<typeof materialOf>

const materialOf = (random: Seeded, bodies: readonly BodyVector[]) => {
  const { integer, pick } = random
  const named = (name: string): Readonly<Record<string, never>> =>
    bodies.find((one) => one.name === name)?.value as Readonly<Record<string, never>>
  const commit = named('updateRequest-commit-with-welcome') as unknown as Readonly<Record<string, string>>
  const { proposal = '' } = named('updateRequest-proposal') as unknown as Readonly<Record<string, string>>
  const { appMessage = '' } = named('submitMessageRequest') as unknown as Readonly<Record<string, string>>
  const { credential } = named('keyMaterialRequest') as unknown as { readonly credential: draft.Credential }
  const [, , welcome] = bodies.filter(({ struct }) => struct === 'FanoutMessages')
  const [{ message: welcomeMessage = '' } = {}] = welcome?.value as readonly { readonly message?: string }[]
  const grant = named('consent-grant') as unknown as { readonly keyPackages: readonly string[] }
  const hex = (max: number): string =>
    Array.from({ length: integer(max + 1) }, () => draft.uint8(integer(256))).join('')
  const exactly = (bytes: number): string => Array.from({ length: bytes }, () => draft.uint8(integer(256))).join('')
  const list = <T>(max: number, one: () => T): T[] => Array.from({ length: integer(max + 1) }, one)
  const maybe = <T>(field: string, one: () => T): Readonly<Record<string, T>> =>
    integer(2) === 0 ? {} : { [field]: one() }
  const uri = (): string =>
    pick(['', 'mimi://b.example/u/bob', 'mimi://ü.example/å/😀', '\ufeffx', `x${'y'.repeat(integer(900))}`])
  const time = (): number => pick([0, 1, 1_767_225_600_000, Number.MAX_SAFE_INTEGER, integer(2 ** 31)])
  const epoch = (): string => pick(['0', '1', '18446744073709551615', String(integer(2 ** 31))])
  const types = (): number[] => list(5, () => integer(65_536))
  const required = () => ({ extensions: types(), proposals: types(), credentials: types() })
  const frank = () => ({ serverFrank: exactly(32), cipherSuite: integer(65_536), signature: hex(100) })
  const extensions = () =>
    [...new Set(types())].sort((one, other) => one - other).map((componentId) => ({ componentId, data: hex(100) }))
  const anyCredential = (): draft.Credential => pick([credential, { type: 'basic', identity: hex(40) }])
  return {
    ...{
      integer,
      pick,
      hex,
      list,
      maybe,
      uri,
      time,
      epoch,
      types,
      required,
      frank,
      extensions,
      anyCredential,
      exactly,
    },
    ...{ commit, proposal, appMessage, welcomeMessage, keyPackage: grant.keyPackages[0] ?? '' },
  }
}

const asked = ({ uri, pick, types, required, hex, anyCredential }: Material) => ({
  requestingUser: uri(),
  targetUser: uri(),
  roomId: uri(),
  cipherSuites: [pick([1, 2, 3, 7]), ...types()],
  requiredCapabilities: required(),
  signatureKey: hex(130),
  credential: anyCredential(),
})

const fanout = (m: Material, type: string) => {
  const { commit, proposal, appMessage, welcomeMessage, time, list, maybe, frank } = m
  const timestamp = time()
  const proposals = list(3, () => proposal)
  switch (type) {
    case 'application':
      return { type, timestamp, message: appMessage, ...maybe('frank', frank) }
    case 'welcome':
      return { type, timestamp, message: welcomeMessage, ratchetTree: commit['ratchetTree'] ?? '' }
    case 'proposal':
      return { type, timestamp, message: proposal, moreProposals: proposals }
    default:
      return { type, timestamp, message: commit['commit'] ?? '', externalProposals: proposals }
  }
}

const state = ({ commit, proposal, list, time }: Material) => ({
  groupInfo: commit['groupInfo'] ?? '',
  ratchetTree: commit['ratchetTree'] ?? '',
  pendingProposals: list(3, () => ({ proposal, acceptedTime: time() })),
})

const welcomeOf = ({ commit, maybe }: Material) => maybe('welcome', () => commit['welcome'] ?? '')

/** What the value says, and its bytes. */
const made = <T>(value: T, encode: (value: T) => string): RandomBody => ({ value, bytes: encode(value) })

const makers: Readonly<Record<string, (material: Material) => RandomBody>> = {
  KeyMaterialRequest: (m) => made({ ...asked(m), signature: m.hex(80) }, draft.keyMaterialRequest),
  KeyMaterialResponse: (m) => {
    const clients = m.list(5, () => {
      const [clientUri, status] = [m.uri(), m.pick(['success', 'keyMaterialExhausted', 'nothingCompatible'])]
      if (status === 'success') return { clientUri, status, keyPackage: m.keyPackage }
      if (status === 'keyMaterialExhausted') return { clientUri, status }
      const capabilities = () => ({ versions: m.types(), cipherSuites: m.types(), ...m.required() })
      return { clientUri, status, ...m.maybe('capabilities', capabilities) }
    })
    const userStatus = m.pick(['success', 'partialSuccess', 'noCompatibleMaterial'])
    return made({ userStatus, userUri: m.uri(), clients }, draft.keyMaterialResponse)
  },
  UpdateRequest: (m) => {
    const { commit = '', groupInfo = '', ratchetTree = '' } = m.commit
    if (m.integer(2) === 0) {
      const value = { type: 'commit', commit, ...welcomeOf(m), groupInfo, ratchetTree }
      return made(value, draft.updateRequest)
    }
    return made(
      { type: 'proposal', proposal: m.proposal, moreProposals: m.list(4, () => m.proposal) },
      draft.updateRequest,
    )
  },
  UpdateRoomResponse: (m) => {
    const errorDescription = m.uri()
    return made(
      m.pick([
        { code: 'success', errorDescription, acceptedTimestamp: m.time() },
        { code: 'wrongEpoch', errorDescription, currentEpoch: m.epoch() },
        { code: 'notAllowed', errorDescription },
        { code: 'invalidProposal', errorDescription, invalidProposals: m.list(5, () => m.hex(70)) },
      ]),
      draft.updateResponse,
    )
  },
  SubmitMessageRequest: (m) => made({ appMessage: m.appMessage, sendingUri: m.uri() }, draft.submitMessageRequest),
  SubmitMessageResponse: (m) =>
    made(
      m.pick([
        { code: 'accepted', acceptedTimestamp: m.time(), ...m.maybe('frank', m.frank) },
        { code: 'notAllowed' },
        { code: 'epochTooOld', currentEpoch: m.epoch() },
      ]),
      draft.submitMessageResponse,
    ),
  FanoutMessages: (m) => {
    const one = () => fanout(m, m.pick(['application', 'welcome', 'proposal', 'commit']))
    return made([one(), ...m.list(4, one)], draft.fanoutMessages)
  },
  GroupInfoRequest: (m) =>
    made(
      {
        cipherSuite: m.integer(65_536),
        signatureKey: m.hex(130),
        credential: m.anyCredential(),
        groupInfoPublicKey: m.hex(130),
        ...m.maybe('joiningCode', () => m.hex(100)),
        signature: m.hex(80),
      },
      draft.groupInfoRequest,
    ),
  GroupInfoResponse: (m) => {
    const roomId = m.hex(80)
    const code = m.pick(['success', 'notAuthorized', 'noSuchRoom'])
    if (code !== 'success') return made({ code, roomId }, draft.groupInfoResponse)
    const hubSender = { signatureKey: m.hex(40), credential: m.anyCredential() }
    const encryptedGroupState = { kemOutput: m.hex(40), ciphertext: m.hex(20_000) }
    const given = { roomId, cipherSuite: m.integer(65_536), hubSender, encryptedGroupState }
    return made({ code: 'success' as const, ...given, signature: m.hex(80) }, draft.groupInfoResponse)
  },
  GroupInfoRatchetTreeTBE: (m) => made(state(m), draft.groupState),
  ConsentEntry: (m) => {
    const operation = m.pick(['cancel', 'request', 'grant', 'revoke'])
    const scope = { requesterUri: m.uri(), targetUri: m.uri(), ...m.maybe('roomId', m.uri) }
    const packages = operation === 'grant' ? { keyPackages: m.list(3, () => m.keyPackage) } : {}
    return made({ ...scope, operation, ...packages, extensions: m.extensions() }, draft.consentEntry)
  },
  IdentifierRequest: (m) => {
    const elements = m.list(6, () => {
      const type = m.pick([
        'handle',
        'nick',
        'email',
        'phone',
        'partialName',
        'wholeProfile',
        'oidcStdClaim',
        'vcardField',
      ])
      const field = type === 'oidcStdClaim' || type === 'vcardField' ? { field: m.uri() } : {}
      return { type, ...field, value: m.uri() }
    })
    return made({ elements, extensions: m.extensions() }, draft.identifierRequest)
  },
  IdentifierResponse: (m) => {
    const field = () => ({ source: m.pick(['oidcStdClaim', 'vcardField']), name: m.uri(), value: m.hex(100) })
    const foundProfiles = m.list(4, () => ({ stableUri: m.uri(), fields: m.list(4, field) }))
    const code = m.pick(['success', 'notFound', 'ambiguous', 'forbidden', 'unsupportedField'])
    return made({ code, uris: m.list(6, m.uri), foundProfiles, extensions: m.extensions() }, draft.identifierResponse)
  },
  AbuseReport: (m) => {
    const message = () => ({ content: m.hex(300), frank: m.frank(), acceptedTimestamp: m.time() })
    const who = { reportingUser: m.uri(), allegedAbuserUri: m.uri(), reasonCode: m.integer(256), note: m.uri() }
    return made({ ...who, messages: m.list(3, message), extensions: m.extensions() }, draft.abuseReport)
  },
  JoinItem: (m) => {
    const value = { timestamp: m.time(), state: state(m), ...welcomeOf(m), facts: m.hex(300) }
    return made({ ...value, ...m.maybe('profile', () => m.hex(300)) }, draft.joinItem)
  },
  CommitItem: (m) =>
    made({ commit: fanout(m, 'commit'), ...welcomeOf(m), groupInfo: m.commit['groupInfo'] ?? '' }, draft.commitItem),
  ProposalItem: (m) => made(fanout(m, 'proposal'), draft.proposalItem),
  MessageItem: (m) =>
    made(
      {
        message: fanout(m, 'application'),
        targets: m.list(5, () => m.integer(2 ** 31)),
        urgency: m.pick(['normal', 'urgent', 'silent']),
      },
      draft.messageItem,
    ),
  NoticeItem: (m) =>
    made({ timestamp: m.time(), fact: m.hex(300), ...m.maybe('bytes', () => m.hex(300)) }, draft.noticeItem),
  GapItem: (m) => made({ count: 1 + m.integer(2 ** 31) }, draft.gapItem),
  SequencedItems: (m) => {
    const kind = () => m.pick(['join', 'commit', 'proposal', 'message', 'notice', 'gap'])
    const one = () => ({ kind: kind(), events: m.list(3, () => m.hex(20)), content: m.hex(300) })
    return made([one(), ...m.list(6, one)], draft.sequencedItems)
  },
  Signals: (m) => made([m.hex(300), ...m.list(6, () => m.hex(300))], draft.signals),
  AssetPieceRequest: (m) =>
    made({ capability: m.hex(40), from: m.time(), length: m.integer(1_048_577) }, draft.assetPieceRequest),
  AssetPiece: (m) => made({ size: m.time(), digest: m.exactly(32), bytes: m.hex(300) }, draft.assetPiece),
}
