/** Every limit, named with its unit, and its default (docs/limits.md says why); changed by LIMITS, published in the discovery document. */

const KiB = 1024
const MiB = 1024 * KiB
const seconds = 1000
const days = 24 * 60 * 60 * seconds

export const limitDefaults = {
  jsonBodyBytesMax: 256 * KiB,
  jsonDepthMax: 32,
  /** JSON bodies of routes that carry MLS objects. */
  mlsJsonBodyBytesMax: 3.5 * MiB,
  /** `message/mls` bodies. */
  mlsBodyBytesMax: 2.5 * MiB,
  mlsMessageBytesMax: 256 * KiB,
  keyPackageBytesMax: 16 * KiB,
  keyPackagesPerUploadMax: 100,
  keyPackagesPerClientMax: 500,
  keyPackageLifetimeMsMax: 90 * days,
  welcomeBytesMax: MiB,
  groupInfoBytesMax: MiB,
  ratchetTreeBytesMax: MiB,
  groupMembersMax: 1_000,
  clientsPerUserMax: 10,
  groupsPerClientMax: 1_000,
  groupIdsReservedPerClientMax: 10,
  groupIdReservedMs: 10 * 60 * seconds,
  selfRemovalsPerMemberMax: 1,
  proposalsPerMemberMax: 3,
  queueMessagesMax: 10_000,
  queueBytesMax: 64 * MiB,
  queueAgeMsMax: 30 * days,
  /** A fan-out queue that nobody fetched for so long expires. */
  queueUnfetchedMsMax: 90 * days,
  /** Application messages of so many epochs before the current one are accepted. */
  epochsPastMax: 5,
  certificateMs: 5 * 365 * days,
  bearerTokenMs: 15 * 60 * seconds,
  assertionMsMax: 60 * seconds,
  idempotencyKeyMs: days,
  groupProfileBytesMax: 64 * KiB,
  connectionRequestBytesMax: 16 * KiB,
  connectionRequestsPendingMax: 1_000,
  usersBlockedMax: 1_000,
  fetchPageMax: 500,
  listPageMax: 100,
  headersTimeoutMs: 5 * seconds,
  requestTimeoutMs: 30 * seconds,
  /** 75 s where TRUSTED_PROXIES is set. */
  keepAliveTimeoutMs: 5 * seconds,
  websocketFrameBytesMax: 512 * KiB,
  websocketFragmentsMax: 64,
  websocketUnsentBytesMax: MiB,
  websocketPingMs: 30 * seconds,
  websocketPingsMissedMax: 2,
  websocketsPerAddressMax: 100,
  /** How long a read waits for `after=<position>` before it says read-model-behind. */
  readWaitMsMax: 5 * seconds,
} as const

/** A token bucket: `burst` at once, then one every `everyMs`. */
export type Rate = { readonly burst: number; readonly everyMs: number }
const perHour = (count: number): Rate => ({ burst: count, everyMs: (60 * 60 * seconds) / count })

export const rateDefaults = {
  sendsPerClient: { burst: 60, everyMs: seconds },
  commitsPerClientAndGroup: { burst: 10, everyMs: 5 * seconds },
  proposalsPerClientAndGroup: { burst: 10, everyMs: 5 * seconds },
  claimsPerRequesterAndTarget: perHour(20),
  connectionRequestsPerRequester: perHour(20),
  queuesPerClient: { burst: 5, everyMs: days / 5 },
  tokenFailuresPerClient: { burst: 5, everyMs: 3 * 60 * seconds },
  registrationsPerAddress: perHour(5),
  groupsCreatedPerUser: perHour(100),
} as const

export type Limits = { readonly [Name in keyof typeof limitDefaults]: number }
export type RateName = keyof typeof rateDefaults
export type Rates = { readonly [Name in RateName]: Rate | 'off' }
