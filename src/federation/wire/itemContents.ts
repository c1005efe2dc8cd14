/** Contents of items by their kind: the draft's structs, and beside them what those have no place for. */
import { readOpaque, readOptional, readUint32, readVector, type Reader } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { writeOpaque, writeOptional, writeUint32, writeVector } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'
import { fanoutMessage } from './fanout.js'
import type { FanoutMessage } from './fanout.js'
import { groupState } from './groupInfo.js'
import type { GroupState } from './groupInfo.js'
import { profileBytesMax, targetsMax } from './limits.js'
import { welcome } from './mlsObjects.js'
import { groupInfoOption } from './options.js'
import { timestamp } from './time.js'

type Fanout<Type extends FanoutMessage['type']> = Extract<FanoutMessage, { readonly type: Type }>

const fanoutOf = <Type extends FanoutMessage['type']>(type: Type): Codec<Fanout<Type>> => ({
  read: (reader) => {
    const fanout = fanoutMessage.read(reader)
    return isOf(fanout, type) ? fanout : refuse('malformed', 'itemKind')
  },
  write: fanoutMessage.write,
})

const isOf = <Type extends FanoutMessage['type']>(fanout: FanoutMessage, type: Type): fanout is Fanout<Type> =>
  fanout.type === type

const application = fanoutOf('application')
const commit = fanoutOf('commit')

/** `targets`: leaves at the message's epoch, and nobody else is shown it; none: everybody is. */
export type MessageItem = { readonly message: Fanout<'application'>; readonly targets: readonly number[] }

export const messageItem: Codec<MessageItem> = {
  read: (reader) => ({
    message: application.read(reader),
    targets: readVector(reader, readUint32, targetsMax),
  }),
  write: (writer, { message, targets }) => {
    application.write(writer, message)
    writeVector(writer, targets, writeUint32)
  },
}

export const proposalItem = fanoutOf('proposal')

/** Welcome and GroupInfo as bare structs. */
export type CommitItem = {
  readonly commit: Fanout<'commit'>
  readonly welcome: Uint8Array | undefined
  readonly groupInfo: Uint8Array
}

export const commitItem: Codec<CommitItem> = {
  read: (reader) => ({
    commit: commit.read(reader),
    welcome: readOptional(reader, welcome.read),
    groupInfo: groupInfoOption.read(reader),
  }),
  write: (writer, item) => {
    commit.write(writer, item.commit)
    writeOptional(writer, item.welcome, welcome.write)
    groupInfoOption.write(writer, item.groupInfo)
  },
}

/** The group as the Commit left it that brought the follower's first member. */
export type JoinItem = {
  readonly timestamp: number
  readonly state: GroupState
  /** Of that Commit, as a bare struct. */
  readonly welcome: Uint8Array | undefined
  /** JSON: roles, settings, required removals, and who was added by which KeyPackage. */
  readonly facts: Uint8Array
  /** The bytes of the profile. */
  readonly profile: Uint8Array | undefined
}

export const joinItem: Codec<JoinItem> = {
  read: (reader) => ({
    timestamp: timestamp.read(reader),
    state: groupState.read(reader),
    welcome: readOptional(reader, welcome.read),
    facts: readOpaque(reader),
    profile: readOptional(reader, readProfile),
  }),
  write: (writer, item) => {
    timestamp.write(writer, item.timestamp)
    groupState.write(writer, item.state)
    writeOptional(writer, item.welcome, welcome.write)
    writeOpaque(writer, item.facts)
    writeOptional(writer, item.profile, writeOpaque)
  },
}

export type NoticeItem = {
  readonly timestamp: number
  /** JSON: the fact, its type and data. */
  readonly fact: Uint8Array
  /** The bytes that the fact names: those of a profile. */
  readonly bytes: Uint8Array | undefined
}

export const noticeItem: Codec<NoticeItem> = {
  read: (reader) => ({
    timestamp: timestamp.read(reader),
    fact: readOpaque(reader),
    bytes: readOptional(reader, readProfile),
  }),
  write: (writer, item) => {
    timestamp.write(writer, item.timestamp)
    writeOpaque(writer, item.fact)
    writeOptional(writer, item.bytes, writeOpaque)
  },
}

const readProfile = (reader: Reader): Uint8Array => {
  const bytes = readOpaque(reader)
  const [max, actual] = [profileBytesMax, bytes.length]
  return actual > max ? refuse('too-large', 'profile', { max, actual }) : bytes
}

/** It stands for its own number and those after it: messages that fell out. */
export type GapItem = { readonly count: number }

export const gapItem: Codec<GapItem> = {
  read: (reader) => {
    const count = readUint32(reader)
    return count === 0 ? refuse('malformed', 'gapCount') : { count }
  },
  write: (writer, { count }) => {
    writeUint32(writer, count)
  },
}
