/** A group as the application handles it. */
import { expectSource, type FileSource } from './assets/upload/fileSource.js'
import { type FileOptions, sendFile } from './assets/upload/sendFile.js'
import type { Message } from './content/message.js'
import type { NewGroupProfile } from './groups/profiles/groupProfile.js'
import { profileOf, type Profile, setProfile } from './groups/profiles/profile.js'
import { commit } from './groups/commit.js'
import { withDue } from './groups/commitPending.js'
import type { GroupStatus } from './groups/groupRecord.js'
import { invite, type Invitation } from './groups/invite.js'
import { leave } from './groups/leave.js'
import { signal } from './groups/sending/signal.js'
import { membersIn, type SeatedMember } from './groups/members.js'
import { NotInGroup } from './groups/notInGroup.js'
import { report, type Reported } from './groups/report.js'
import { resetGroup } from './groups/reset.js'
import { type Talk, talkIn } from './groups/sending/talk.js'
import {
  expectClient,
  expectContent,
  expectDuration,
  expectOneOf,
  expectProfile,
  expectSignal,
  expectText,
  expectUser,
  expectUsers,
} from './arguments.js'
import { type PushPolicy, pushPolicies } from './api/push.js'
import type { NewReport } from './api/reports.js'
import { pushOf, setGroupPush } from './push/pushPolicy.js'
import { randomId } from './crypto/random.js'
import type { Engine } from './engine/engine.js'
import { engineWithin } from './engine/within.js'
import type { ClientId, GroupId, UserId } from '../mls/wire/ids.js'
import { epochOf, exportFrom, type GroupState } from './member/groupState.js'
import { type GroupView, type Role, urgencies } from './api/groups.js'

export type Group = Talk & {
  readonly id: GroupId
  /** The same group, whose calls the signal ends, with its reason. What the server was asked by then may still be done. */
  readonly within: (signal: AbortSignal) => Group
  /** What this client has of it: `active`, on its way there, or how it ended. */
  readonly status: () => GroupStatus
  /** Throws `NotInGroup` when this client has no state of it, as `members` and `exportSecret` do. */
  readonly epoch: () => bigint
  /** As the MLS state has them, each verified. */
  readonly members: () => readonly SeatedMember[]
  /** As the server has it: roles, settings, what waits for a Commit. */
  readonly view: () => Promise<GroupView>
  /** Adds every client of these users that is not in yet; admins only. */
  readonly invite: (...users: readonly UserId[]) => Promise<Invitation>
  /** Removes every client of these users; admins only, but for one's own. */
  readonly remove: (...users: readonly UserId[]) => Promise<void>
  /** Single clients, whose users may stay in with others; the same rights. */
  readonly removeClients: (...clients: readonly ClientId[]) => Promise<void>
  /** Takes all clients of this user out; another member commits the last step. What was accepted before is still told. */
  readonly leave: () => Promise<void>
  /** Fresh keys for this client's path: what was stolen before is worth nothing after (RFC 9420 §16.6). */
  readonly update: () => Promise<void>
  /** Admins only; the last admin cannot be made a plain member. */
  readonly setRole: (user: UserId, role: Role) => Promise<void>
  /** How long messages wait for clients that are away; admins only. */
  readonly setRetention: (retentionMs: number) => Promise<void>
  /** What of this group wakes this client while it is away; it wins over a sender's `urgency`. Undefined: as `client.setPush` says. */
  readonly setPush: (policy: PushPolicy | undefined) => Promise<void>
  readonly push: () => Promise<PushPolicy>
  /** Undefined when none was set. */
  readonly profile: () => Promise<Profile | undefined>
  /**
   * Encrypted for the members; admins only. `{ name, picture }` with a file as the picture has it uploaded, and deleted when
   * another stands in its place; text and bytes are the application's own. Throws as `sendFile` does.
   */
  readonly setProfile: (profile: string | Uint8Array | NewGroupProfile) => Promise<void>
  /**
   * Encrypts and uploads the file, then sends the message that carries it; resolves when the server has both. What breaks off
   * goes on by itself, and after a restart by `unfinishedFiles`. Throws `Refused` (`too-large`, `quota-exceeded`, …),
   * `FileChanged`, `Unreachable`; the signal calls it off for good.
   */
  readonly sendFile: (file: FileSource, options?: FileOptions) => Promise<Message>
  /**
   * Tells the homeserver's operators of a message that came, as `message.report` does: for who kept its `from`, `at` and
   * `evidence`. Answers the report's id. Throws TypeError for one that is not reportable, `Refused` (`already-exists` where this
   * user has reported it, `evidence-refused`, `user-deleted`).
   */
  readonly report: (message: Reported, report: NewReport) => Promise<string>
  /** RFC 9420 §8.5: the same for every member of this epoch. */
  readonly exportSecret: (label: string, context: Uint8Array, length: number) => Promise<Uint8Array>
  /**
   * Tells the members that are connected now, and nobody else: `typing`, `stopped`, `reading`, `present`, or a word of the
   * application's own, with up to 1,024 bytes. Stored nowhere, tried once, and missed by who is slow. Throws `Refused`
   * (`rate-limited` beyond two a second, `wrong-epoch`), `Unreachable`, `NotInGroup`; nothing of that is worth a second try.
   */
  readonly signal: (kind: string, data?: Uint8Array) => Promise<void>
  /** The group, for everybody and for good; admins only. (`deleteMessage` takes a message back.) */
  readonly delete: () => Promise<void>
  /**
   * Gives a group that is beyond repair up for a fresh one with the same users, and is finished by `openClient` when it is cut
   * short; admins only. Roles, settings and profile begin anew; a user who cannot be added now is not in it: invite again.
   */
  readonly reset: () => Promise<Group>
}

const bytesOf = (message: string | Uint8Array): Uint8Array =>
  typeof message === 'string' ? new TextEncoder().encode(message) : message

const isWritten = (profile: string | Uint8Array | NewGroupProfile): profile is string | Uint8Array =>
  typeof profile === 'string' || profile instanceof Uint8Array

/** `engine` is the one of this group's own calls; the group that `reset` answers is not bound to its signal. */
export const groupOf = (unbound: Engine, group: GroupId, engine: Engine = unbound): Group => {
  const state = (): GroupState => {
    const record = engine.groups.get(group)
    if (record?.state === undefined) throw new NotInGroup(group, record?.status)
    return record.state
  }
  const removeWhere = async (goes: (member: SeatedMember) => boolean): Promise<void> => {
    await commit(engine, group, async (current, record) => {
      const leaves = membersIn(current).filter(goes)
      const remove = leaves.map(({ leafIndex }) => leafIndex)
      return remove.length === 0 ? undefined : withDue(current, record, { remove })
    })
  }
  return {
    id: group,
    within: (signal) => groupOf(unbound, group, engineWithin(unbound, signal)),
    status: () => engine.groups.get(group)?.status ?? 'lost',
    epoch: () => epochOf(state()),
    members: () => membersIn(state()),
    view: () => engine.api.groups.view(group),
    ...talkIn(engine, group),
    invite: async (...users) => {
      expectUsers('invite', users)
      return invite(engine, group, users)
    },
    remove: async (...users) => {
      expectUsers('remove', users)
      await removeWhere(({ user }) => users.includes(user))
    },
    removeClients: async (...clients) => {
      for (const client of clients) expectClient('removeClients', client)
      await removeWhere(({ client }) => clients.includes(client))
    },
    leave: () => leave(engine, group),
    update: async () => {
      await commit(engine, group, (current, record) => withDue(current, record, {}))
    },
    setRole: async (user, role) => {
      expectUser('setRole', user)
      expectOneOf('setRole', role, ['admin', 'member'])
      await engine.api.groups.setRole(randomId(), group, user, role)
    },
    setRetention: async (retentionMs) => {
      expectDuration('setRetention', retentionMs)
      await engine.api.groups.setSettings(randomId(), group, { retentionMs })
    },
    sendFile: async (file, options = {}) => {
      expectSource('sendFile', file)
      if (options.name !== undefined) expectText('sendFile: name', options.name)
      if (options.type !== undefined) expectText('sendFile: type', options.type)
      if (options.urgency !== undefined) expectOneOf('sendFile: urgency', options.urgency, urgencies)
      return sendFile(engine, group, file, options)
    },
    report: (message, why) => report(engine, group, message, why),
    setPush: async (policy) => {
      if (policy !== undefined) expectOneOf('setPush', policy, pushPolicies)
      await setGroupPush(engine, group, policy)
    },
    push: () => pushOf(engine, group),
    profile: () => profileOf(engine, group),
    setProfile: async (profile) => {
      if (isWritten(profile)) await setProfile(engine, group, bytesOf(profile))
      else {
        expectProfile('setProfile', profile)
        await setProfile(engine, group, profile)
      }
    },
    exportSecret: async (label, context, length) => {
      expectText('exportSecret', label)
      expectContent('exportSecret', context)
      return exportFrom(state(), label, context, length)
    },
    signal: async (kind, data = new Uint8Array()) => {
      expectSignal('signal', kind, data)
      await signal(engine, group, { kind, data })
    },
    delete: async (...given: readonly unknown[]) => {
      if (given.length > 0)
        throw new TypeError('delete: expected nothing: this deletes the group; deleteMessage takes a message back')
      await engine.api.groups.delete(randomId(), group)
    },
    reset: async () => groupOf(unbound, await resetGroup(engine, group)),
  }
}
