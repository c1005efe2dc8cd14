/** Sends of which nobody can say that the others have them: named to the application, which may send them again. */
import type { GroupId } from '../../../mls/wire/ids.js'
import type { Engine } from '../../engine/engine.js'
import type { Unconfirmed } from '../../engine/savedEvent.js'
import { isContent } from '../franking.js'
import { type GroupRecord, type GroupStatus, updateGroup } from '../groupRecord.js'
import { forgetSent, sentWith } from './sent.js'

/**
 * After the log changed: what the old one had acknowledged and the new one has not shown by the end of the queue is gone with
 * it. What was still on its way is sent anew, unless the group has ended.
 */
export const tellUnconfirmed = async (engine: Engine, group: GroupId): Promise<void> => {
  const doubtful = engine.groups.get(group)?.doubtful ?? []
  const ended = endedOutgoing(engine.groups.get(group))
  if (doubtful.length + ended.length === 0) return
  await engine.drain()
  const { echoes = [] } = engine.groups.get(group) ?? {}
  const missing = doubtful.filter((digest) => echoes.includes(digest))
  const sent = [...(await sentWith(engine, group, missing)), ...ended]
  for (const digest of missing) forgetSent(engine, group, digest)
  const rest = (engine.groups.get(group)?.echoes ?? []).filter((digest) => !missing.includes(digest))
  updateGroup(engine, group, { doubtful: [], echoes: rest, ...(ended.length === 0 ? {} : { outgoing: [] }) })
  tell(engine, group, sent, 'the homeserver was restored or moved')
  await engine.saver.flush()
}

const endedOutgoing = (record: GroupRecord | undefined): readonly Unconfirmed[] =>
  record === undefined || record.status === 'active' || record.status === 'lost' ? [] : applicationsOf(record.outgoing)

/** Ends the group here. What it accepted from this client has come back before; what has not was not accepted. */
export const endGroup = (engine: Engine, group: GroupId, status: GroupStatus): void => {
  const { echoes = [], outgoing = [] } = engine.groups.get(group) ?? {}
  for (const digest of echoes) forgetSent(engine, group, digest)
  updateGroup(engine, group, { status, state: undefined, pending: undefined, outgoing: [], doubtful: [] })
  const open = outgoing.filter(({ digest, anew }) => anew || echoes.includes(digest))
  tell(engine, group, applicationsOf(open), 'the group ended')
}

/** Control messages of the SDK's own are not the application's to know. */
const applicationsOf = (outgoing: GroupRecord['outgoing']): readonly Unconfirmed[] =>
  outgoing
    .filter(({ authenticatedData }) => isContent(authenticatedData))
    .map(({ plaintext, digest }) => ({ plaintext, digest }))

const tell = ({ inbox }: Engine, group: GroupId, messages: readonly Unconfirmed[], reason: string): void => {
  if (messages.length > 0) inbox.push({ type: 'unconfirmed', group, messages, reason })
}
