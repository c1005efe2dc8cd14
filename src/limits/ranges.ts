/** Between what each limit may be while the server runs: wherever it stands in its range, the server works, and somebody can still use it. */
import { limitDefaults, rateDefaults } from './limits.js'
import type { Limits, Rate, RateName } from './limits.js'

/** Both ends are within. `fixed`: bound into a socket, or into folds, by the start; LIMITS alone changes it. */
export type Range = { readonly min: number; readonly max: number } | 'fixed'

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB
const seconds = 1000
const minutes = 60 * seconds
const hours = 60 * minutes
const days = 24 * hours
const between = (min: number, max: number): Range => ({ min, max })

export const limitRanges: { readonly [Name in keyof Limits]: Range } = {
  jsonBodyBytesMax: between(16 * KiB, 16 * MiB),
  jsonDepthMax: between(8, 256),
  jsonValuesMax: between(512, 65_536),
  mlsJsonValuesMax: between(32, 8_192),
  jsonKeysMax: between(64, 4_096),
  problemsNamedMax: between(1, 20),
  mlsJsonBodyBytesMax: between(512 * KiB, 32 * MiB),
  mlsBodyBytesMax: between(512 * KiB, 24 * MiB),
  /** In base64url it has to go into one append. */
  mlsMessageBytesMax: between(64 * KiB, 512 * KiB),
  signalBytesMax: between(2 * KiB, 16 * KiB),
  targetsMax: between(1, 1_000),
  targetedPerEpochMax: between(1, 100_000),
  keyPackageBytesMax: between(8 * KiB, 64 * KiB),
  /** Clients publish a stock at once, without asking how large it may be. */
  keyPackagesPerUploadMax: between(100, 500),
  keyPackagesPerClientMax: between(100, 5_000),
  /** Clients make leaves for as long as the default lets them, without asking. */
  keyPackageLifetimeMsMax: between(90 * days, 365 * days),
  welcomeBytesMax: between(64 * KiB, 8 * MiB),
  groupInfoBytesMax: between(64 * KiB, 8 * MiB),
  ratchetTreeBytesMax: between(64 * KiB, 8 * MiB),
  groupMembersMax: between(2, 5_000),
  clientsPerUserMax: between(1, 100),
  /** A page of a queue reads the memberships of its client at once (projections/queues/view.ts). */
  groupsPerClientMax: between(1, 1_000),
  groupIdsReservedPerClientMax: between(1, 1_000),
  groupIdReservedMs: between(minutes, days),
  selfRemovalsPerMemberMax: between(1, 5),
  proposalsPerMemberMax: between(1, 20),
  queueMessagesMax: between(100, 100_000),
  queueBytesMax: between(MiB, GiB),
  queueAgeMsMax: between(days, 365 * days),
  queueUnfetchedMsMax: between(7 * days, 3_650 * days),
  leafGraceMs: between(hours, 30 * days),
  /** A group remembers so many epochs that ended (commands/group/state.ts). */
  epochsPastMax: between(1, 64),
  certificateMs: between(30 * days, 5 * 365 * days),
  bearerTokenMs: between(minutes, days),
  /** Clients sign for a minute, as docs/wire.md lets them. */
  assertionMsMax: between(minutes, 10 * minutes),
  idempotencyKeyMs: 'fixed',
  groupProfileBytesMax: between(16 * KiB, 256 * KiB),
  userProfileBytesMax: between(16 * KiB, 256 * KiB),
  historyOfferBytesMax: between(4 * KiB, 64 * KiB),
  connectionRequestBytesMax: between(8 * KiB, 64 * KiB),
  connectionRequestsPendingMax: between(10, 10_000),
  usersBlockedMax: between(10, 10_000),
  operatorTokensMax: between(10, 1_000),
  invitationsPerIssuerMax: between(1, 10_000),
  invitationsPerUserMax: between(0, 1_000),
  invitationMsMax: between(hours, 365 * days),
  reportNoteCharsMax: between(100, 10_000),
  reportKeptMs: between(days, 3_650 * days),
  reportOpenKeptMs: between(days, 3_650 * days),
  assetBytesMax: between(64 * KiB, 4 * GiB),
  assetBytesPerUserMax: between(MiB, 1_024 * GiB),
  assetPartBytesMax: between(256 * KiB, 8 * MiB),
  assetPartsMax: between(16, 4_096),
  assetsUnfinishedPerUserMax: between(1, 1_000),
  /** Each takes a part of memory. */
  assetUploadsAtOncePerUserMax: between(1, 16),
  assetUnfinishedMs: between(10 * minutes, 30 * days),
  assetMs: between(days, 3_650 * days),
  assetKeepMs: between(days, 3_650 * days),
  assetBytesPerSecondMin: between(1, MiB),
  assetStallMsMax: between(seconds, 10 * minutes),
  pushSubscriptionsPerQueueMax: between(1, 20),
  pushEndpointBytesMax: between(256, 8 * KiB),
  pushGroupPoliciesMax: between(1, 2_000),
  peerQueueMessagesMax: between(1_000, 10_000_000),
  peerQueueBytesMax: between(16 * MiB, 64 * GiB),
  peerQueueAgeMsMax: between(days, 365 * days),
  queueCountedMax: between(10, 10_000),
  /** Clients ask for pages as long as these by default are, without asking how long they may be. */
  fetchPageMax: between(500, 5_000),
  listPageMax: between(100, 1_000),
  headersTimeoutMs: 'fixed',
  requestTimeoutMs: between(5 * seconds, 10 * minutes),
  keepAliveTimeoutMs: 'fixed',
  requestsInFlightMax: between(1, 64),
  answerTakenMsMax: between(5 * seconds, 10 * minutes),
  listenBacklogMax: 'fixed',
  websocketFrameBytesMax: between(16 * KiB, 4 * MiB),
  websocketAnonymousFrameBytesMax: 'fixed',
  websocketAnonymousFramesMax: between(2, 256),
  websocketFirstTokenMsMax: between(seconds, 5 * minutes),
  websocketFragmentsMax: 'fixed',
  websocketUnsentBytesMax: 'fixed',
  websocketPingMs: between(5 * seconds, 5 * minutes),
  websocketPingsMissedMax: between(1, 10),
  websocketsPerAddressMax: between(1, 100_000),
  readWaitMsMax: between(100, minutes),
}

/** Those of guesses and of whoever is not known: raised far, they would be none, and lowered far, they would lock out. */
const guesses: ReadonlySet<RateName> = new Set([
  'tokenFailuresPerClient',
  'operatorGuessesPerAddress',
  'invitationGuessesPerAddress',
  'recoveriesPerAddress',
  'recoveriesPerCode',
  'requestsPerNewPeer',
  'newPeersPerNetwork',
  'signatureFailuresPerNetwork',
])

export type RateRange = { readonly burst: Exclude<Range, 'fixed'>; readonly everyMs: Exclude<Range, 'fixed'> }

/** So many times the default, or so much less: there is always one, in a time that somebody lives to see. */
export const rateRangeOf = (name: RateName): RateRange => {
  const { burst, everyMs } = rateDefaults[name]
  const factor = guesses.has(name) ? 10 : 1_000
  return {
    burst: { min: Math.max(1, Math.floor(burst / factor)), max: burst * factor },
    everyMs: { min: everyMs / factor, max: everyMs * factor },
  }
}

export const isLimitName = (name: string): name is keyof Limits => Object.hasOwn(limitDefaults, name)
export const isRateName = (name: string): name is RateName => Object.hasOwn(rateDefaults, name)

/** What is wrong with a value for a name, if anything is; the ends of the range where it lies beyond them. */
export type Unfit =
  | { readonly why: 'noSuchName' | 'fixed' | 'otherKind' }
  | {
      readonly why: 'outOfRange'
      readonly min: number
      readonly max: number
      /** Of a rate. */
      readonly part?: keyof Rate
    }

export const unfit = (name: string, value: number | Rate): Unfit | undefined => {
  if (isRateName(name)) return typeof value === 'number' ? { why: 'otherKind' } : unfitRate(rateRangeOf(name), value)
  if (!isLimitName(name)) return { why: 'noSuchName' }
  const range = limitRanges[name]
  if (range === 'fixed') return { why: 'fixed' }
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return { why: 'otherKind' }
  return isWithin(range, value) ? undefined : { why: 'outOfRange', ...range }
}

const unfitRate = (ranges: RateRange, rate: Rate): Unfit | undefined => {
  const part = (['burst', 'everyMs'] as const).find((one) => !isWithin(ranges[one], rate[one]))
  return part === undefined ? undefined : { why: 'outOfRange', ...ranges[part], part }
}

const isWithin = ({ min, max }: Exclude<Range, 'fixed'>, value: number): boolean => value >= min && value <= max
