/** Every limit, named with its unit, and its default (docs/limits.md says why); changed by LIMITS, published in the discovery document. */

const KiB = 1024
const MiB = 1024 * KiB
const seconds = 1000
const days = 24 * 60 * 60 * seconds

export const limitDefaults = {
  jsonBodyBytesMax: 256 * KiB,
  jsonDepthMax: 32,
  /** Values in a JSON body or websocket frame, counted before it is parsed: objects and arrays, and all that stands in them. */
  jsonValuesMax: 4_096,
  /** The same of routes that carry MLS objects: what 100 KeyPackages need (raise it with keyPackagesPerUploadMax). */
  mlsJsonValuesMax: 128,
  /** Fields of one JSON object, and of a form. */
  jsonKeysMax: 256,
  /** Things that are wrong with one request, as its answer names them. */
  problemsNamedMax: 3,
  /** JSON bodies of routes that carry MLS objects. */
  mlsJsonBodyBytesMax: 3.5 * MiB,
  /** `message/mls` bodies. */
  mlsBodyBytesMax: 2.5 * MiB,
  mlsMessageBytesMax: 256 * KiB,
  /** A signal, with its signature. */
  signalBytesMax: 2 * KiB,
  /** Leaves that one targeted message is for. */
  targetsMax: 50,
  /** Targeted messages of one sender in one epoch: each is a generation that everybody else must step over. */
  targetedPerEpochMax: 500,
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
  /** A leaf that ended may be renewed for so long before it must go. */
  leafGraceMs: days,
  /** Application messages of so many epochs before the current one are accepted. */
  epochsPastMax: 5,
  certificateMs: 5 * 365 * days,
  bearerTokenMs: 15 * 60 * seconds,
  assertionMsMax: 60 * seconds,
  idempotencyKeyMs: days,
  groupProfileBytesMax: 64 * KiB,
  userProfileBytesMax: 64 * KiB,
  historyOfferBytesMax: 4 * KiB,
  connectionRequestBytesMax: 16 * KiB,
  connectionRequestsPendingMax: 1_000,
  usersBlockedMax: 1_000,
  /** Tokens of operators that hold at a time. */
  operatorTokensMax: 100,
  /** Invitations of one operator token that have not expired and were not revoked. */
  invitationsPerIssuerMax: 1_000,
  /** Invitations of one user that have not expired and were not revoked; 0: users invite nobody. */
  invitationsPerUserMax: 0,
  invitationMsMax: 90 * days,
  /** What a reporter adds to a message that it reports. */
  reportNoteCharsMax: 1_000,
  /** How long the evidence of a report is kept after that was closed. */
  reportKeptMs: 90 * days,
  /** How long that of one is kept which nobody closes. */
  reportOpenKeptMs: 180 * days,
  assetBytesMax: 50 * MiB,
  /** Of all of a user's assets, reserved and stored. */
  assetBytesPerUserMax: 1024 * MiB,
  /** What arrives is made durable in parts of so many bytes; an upload takes as much memory. */
  assetPartBytesMax: 4 * MiB,
  /** Parts of one asset: each time an upload goes on begins another one. */
  assetPartsMax: 1_024,
  assetsUnfinishedPerUserMax: 20,
  /** Of one user, in one process; more wait. */
  assetUploadsAtOncePerUserMax: 4,
  /** The bytes of a reserved asset must have come in this time. */
  assetUnfinishedMs: days,
  /** How long an asset of class `message` is kept. */
  assetMs: 30 * days,
  /** How long one of class `keep` is kept after it was stored or renewed. */
  assetKeepMs: 180 * days,
  /** Assets of other servers that are passed on to one user at once, in one process; more wait. Each takes a piece of 1 MiB. */
  assetsElsewhereAtOncePerUserMax: 4,
  /** The same to all users. */
  assetsElsewhereAtOnceMax: 64,
  /** Of an upload on average, looked at over each `assetStallMsMax`: one that is slower is ended. */
  assetBytesPerSecondMin: KiB,
  /** An upload may bring nothing, and a download take nothing, for so long. */
  assetStallMsMax: 30 * seconds,
  pushSubscriptionsPerQueueMax: 3,
  pushEndpointBytesMax: 2 * KiB,
  /** Groups that a queue's push policy names. */
  pushGroupPoliciesMax: 200,
  /** Items of a queue that one look at what is unread counts. */
  queueCountedMax: 1_000,
  fetchPageMax: 500,
  listPageMax: 100,
  headersTimeoutMs: 5 * seconds,
  requestTimeoutMs: 30 * seconds,
  /** 75 s where TRUSTED_PROXIES is set. */
  keepAliveTimeoutMs: 5 * seconds,
  /** Requests of one connection that are worked on or whose answers are not taken: those behind them wait. */
  requestsInFlightMax: 2,
  /** A connection that does not take an answer in this time is ended. */
  answerTakenMsMax: 30 * seconds,
  /** Connections that wait to be accepted (the system may hold fewer). */
  listenBacklogMax: 4_096,
  websocketFrameBytesMax: 512 * KiB,
  /** Until a token was heard. */
  websocketAnonymousFrameBytesMax: 8 * KiB,
  /** Frames before that, all that is refused among them. */
  websocketAnonymousFramesMax: 16,
  /** Until then a websocket may stay so long. */
  websocketFirstTokenMsMax: 10 * seconds,
  websocketFragmentsMax: 64,
  websocketUnsentBytesMax: MiB,
  websocketPingMs: 30 * seconds,
  websocketPingsMissedMax: 2,
  websocketsPerAddressMax: 100,
  /** How long a read waits for `atLeast=<position>` before it says read-model-behind. */
  readWaitMsMax: 5 * seconds,
  /** Application messages that one other server has not got yet: the oldest beyond it are a gap to it. */
  peerQueueMessagesMax: 100_000,
  peerQueueBytesMax: 1024 * MiB,
  peerQueueAgeMsMax: 30 * days,
} as const

/** A token bucket: `burst` at once, then one every `everyMs`. */
export type Rate = { readonly burst: number; readonly everyMs: number }
const perHour = (count: number): Rate => ({ burst: count, everyMs: (60 * 60 * seconds) / count })

export const rateDefaults = {
  /** Every command, sends among them; acknowledgements, tokens and repeats have their own. */
  commandsPerClient: { burst: 60, everyMs: seconds },
  sendsPerClient: { burst: 60, everyMs: seconds },
  /** Signals: nothing else counts them. */
  signalsPerClientAndGroup: { burst: 10, everyMs: seconds / 2 },
  /** Counted once a second and queue. */
  acknowledgementsPerClient: { burst: 60, everyMs: seconds / 5 },
  tokensPerClient: { burst: 60, everyMs: seconds / 5 },
  /** Commands again under an Idempotency-Key that is known: they cost nothing else. */
  repeatsPerClient: { burst: 60, everyMs: seconds },
  /** Bytes of commands, and 512 for each: so many a day. */
  bytesWrittenPerUser: { burst: 256 * MiB, everyMs: days / (256 * MiB) },
  /** Bytes of KeyPackages that are published: 1 MiB an hour. */
  keyPackageBytesPerClient: { burst: 8 * MiB, everyMs: (60 * 60 * seconds) / MiB },
  /** Handles looked up; one that is not there counts three times. */
  directoryLookupsPerClient: { burst: 60, everyMs: 2 * seconds },
  /** Every read, the open of a queue among them, and one more for each 64 KiB of its answer; what is not there counts three times. */
  readsPerClient: { burst: 2_000, everyMs: seconds / 10 },
  /** A push beyond it waits. */
  pushesPerQueue: { burst: 1, everyMs: 2 * seconds },
  commitsPerClientAndGroup: { burst: 10, everyMs: 5 * seconds },
  proposalsPerClientAndGroup: { burst: 10, everyMs: 5 * seconds },
  claimsPerRequesterAndTarget: perHour(20),
  connectionRequestsPerRequester: perHour(20),
  queuesPerClient: { burst: 5, everyMs: days / 5 },
  tokenFailuresPerClient: { burst: 5, everyMs: 3 * 60 * seconds },
  /** Tokens shown at the operators' door, or for the metrics, that do not hold. */
  operatorGuessesPerAddress: { burst: 10, everyMs: 60 * seconds },
  registrationsPerAddress: perHour(5),
  /** Invitations that were shown and did not hold. */
  invitationGuessesPerAddress: perHour(10),
  recoveriesPerAddress: perHour(20),
  /** By the part of the code that finds the key: guesses of a passphrase. */
  recoveriesPerCode: perHour(5),
  groupsCreatedPerUser: perHour(100),
  /** Of another server that is known. */
  requestsPerPeer: { burst: 100, everyMs: seconds / 100 },
  /** By users of one other server of one user of ours: its users are as many as it says. */
  claimsPerPeerAndTarget: perHour(100),
  connectionRequestsPerPeerAndTarget: { burst: 100, everyMs: days / 100 },
  /** Signals that another server tells: what is beyond is passed over. */
  signalsPerPeer: { burst: 1_000, everyMs: seconds / 500 },
  /** Bytes of assets that another server fetches for its clients, and 4 KiB for each time that it asks. */
  assetBytesPerPeer: { burst: 64 * MiB, everyMs: seconds / (8 * MiB) },
  /** Bytes of items that another server sends of its groups: 64 GiB a day, and what it may have kept for one that was away at once. */
  itemBytesPerPeer: { burst: 4_096 * MiB, everyMs: days / (65_536 * MiB) },
  /** Handles that another server looks up; one that is not there counts three times. */
  lookupsPerPeer: { burst: 600, everyMs: seconds / 5 },
  /** Of all servers under one registrable domain, and of all in one network (/24, /64), that are not known yet. */
  requestsPerNewPeer: { burst: 4, everyMs: seconds / 2 },
  claimsPerNewPeer: perHour(20),
  groupsPerNewPeer: { burst: 10, everyMs: days / 10 },
  /** As many bytes of items as a user of ours writes in a day. */
  itemBytesPerNewPeer: { burst: 256 * MiB, everyMs: days / (256 * MiB) },
  /** Domains that were never seen before, by the same. */
  newPeersPerNetwork: { burst: 10, everyMs: days / 10 },
  signatureFailuresPerNetwork: { burst: 20, everyMs: 3 * seconds },
  /** Archives of all that is held of a user. */
  exportsPerUser: { burst: 3, everyMs: days / 3 },
  reportsPerUser: perHour(10),
  assetsReservedPerClient: { burst: 100, everyMs: 10 * seconds },
  /** Bytes of assets that are uploaded: so many a day, those of attempts that failed among them. */
  assetBytesPerUser: { burst: 2_048 * MiB, everyMs: days / (2_048 * MiB) },
} as const

export type Limits = { readonly [Name in keyof typeof limitDefaults]: number }
export type RateName = keyof typeof rateDefaults
export type Rates = { readonly [Name in RateName]: Rate | 'off' }

/**
 * The rates where some are given. Sends are commands: whoever is let send faster may command as fast, unless that is given too.
 */
export const ratesWith = (given: Partial<Rates>): Rates => {
  const rates: Rates = { ...rateDefaults, ...given }
  const { sendsPerClient: sends, commandsPerClient: commands } = rates
  if (given.commandsPerClient !== undefined || commands === 'off') return rates
  const raised: Rate | 'off' =
    sends === 'off'
      ? 'off'
      : { burst: Math.max(sends.burst, commands.burst), everyMs: Math.min(sends.everyMs, commands.everyMs) }
  return { ...rates, commandsPerClient: raised }
}
