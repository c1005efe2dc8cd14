/** Every fact there is, parsed by the stream it stands in: what projections and delivery read. */
import { onceEach } from '../structures/onceEach.js'
import { acknowledgementsShapes, parseAcknowledgementsEvent } from './acknowledgements.js'
import type { AcknowledgementsEvent } from './acknowledgements.js'
import { assetShapes, parseAssetEvent } from './asset.js'
import type { AssetEvent } from './asset.js'
import { clientIdShapes, parseClientIdEvent } from './clientId.js'
import type { ClientIdEvent } from './clientId.js'
import { contactsShapes, parseContactsEvent } from './contacts.js'
import type { ContactsEvent } from './contacts.js'
import { digestShapes, parseDigestEvent } from './digest.js'
import type { DigestEvent } from './digest.js'
import { followedShapes, parseFollowedEvent } from './followed.js'
import type { FollowedEvent } from './followed.js'
import { groupShapes, parseGroupEvent } from './group.js'
import type { GroupEvent } from './group.js'
import { handleShapes, parseHandleEvent } from './handle.js'
import type { HandleEvent } from './handle.js'
import { invitationShapes, parseInvitationEvent } from './invitation.js'
import type { InvitationEvent } from './invitation.js'
import { keyPackagesShapes, parseKeyPackagesEvent } from './keyPackages.js'
import type { KeyPackagesEvent } from './keyPackages.js'
import { messagesShapes, parseMessagesEvent } from './messages.js'
import type { MessagesEvent } from './messages.js'
import { operatorsShapes, parseOperatorsEvent } from './operators.js'
import type { OperatorsEvent } from './operators.js'
import { UnreadableEvent } from './form/parser.js'
import type { Erased, RawEvent, Shapes } from './form/parser.js'
import { parsePeerEvent, peerShapes } from './peer.js'
import type { PeerEvent } from './peer.js'
import { parsePolicyEvent, policyShapes } from './policy.js'
import type { PolicyEvent } from './policy.js'
import { parsePushEvent, pushShapes } from './push.js'
import type { PushEvent } from './push.js'
import { parseQueueEvent, queueShapes } from './queue.js'
import type { QueueEvent } from './queue.js'
import { parseReportEvent, reportShapes } from './report.js'
import type { ReportEvent } from './report.js'
import { parseServerEvent, serverShapes } from './server.js'
import type { ServerEvent } from './server.js'
import { parseSignatureKeyEvent, signatureKeyShapes } from './signatureKey.js'
import type { SignatureKeyEvent } from './signatureKey.js'
import { parseUserEvent, userShapes } from './user.js'
import type { UserEvent } from './user.js'
import { parseUserInvitationsEvent, userInvitationsShapes } from './userInvitations.js'
import type { UserInvitationsEvent } from './userInvitations.js'

export type AnyEvent =
  | ServerEvent
  | OperatorsEvent
  | HandleEvent
  | InvitationEvent
  | ClientIdEvent
  | SignatureKeyEvent
  | UserEvent
  | ContactsEvent
  | KeyPackagesEvent
  | QueueEvent
  | AcknowledgementsEvent
  | PushEvent
  | GroupEvent
  | MessagesEvent
  | AssetEvent
  | DigestEvent
  | FollowedEvent
  | PeerEvent
  | ReportEvent
  | PolicyEvent
  | UserInvitationsEvent
  | Erased

/** The shapes of every category: nothing else is ever written. */
export const shapesByCategory: Readonly<Record<string, Shapes>> = {
  server: serverShapes,
  operators: operatorsShapes,
  handle: handleShapes,
  invitation: invitationShapes,
  client: clientIdShapes,
  key: signatureKeyShapes,
  user: userShapes,
  contacts: contactsShapes,
  keyPackages: keyPackagesShapes,
  queue: queueShapes,
  acknowledgements: acknowledgementsShapes,
  push: pushShapes,
  group: groupShapes,
  messages: messagesShapes,
  asset: assetShapes,
  digest: digestShapes,
  followed: followedShapes,
  peer: peerShapes,
  report: reportShapes,
  policy: policyShapes,
  invitations: userInvitationsShapes,
}

const parsers: { readonly [category: string]: (event: RawEvent) => AnyEvent } = {
  server: parseServerEvent,
  operators: parseOperatorsEvent,
  handle: parseHandleEvent,
  invitation: parseInvitationEvent,
  client: parseClientIdEvent,
  key: parseSignatureKeyEvent,
  user: parseUserEvent,
  contacts: parseContactsEvent,
  keyPackages: parseKeyPackagesEvent,
  queue: parseQueueEvent,
  acknowledgements: parseAcknowledgementsEvent,
  push: parsePushEvent,
  group: parseGroupEvent,
  messages: parseMessagesEvent,
  asset: parseAssetEvent,
  digest: parseDigestEvent,
  followed: parseFollowedEvent,
  peer: parsePeerEvent,
  report: parseReportEvent,
  policy: parsePolicyEvent,
  invitations: parseUserInvitationsEvent,
}

/** What stands before the first hyphen of a stream's name: its kind. */
export const categoryOf = (stream: string): string => {
  const hyphen = stream.indexOf('-')
  return hyphen < 0 ? stream : stream.slice(0, hyphen)
}

/**
 * Throws UnreadableEvent. Every follower of the log is handed the same objects: each event is checked once, whoever
 * reads it.
 */
export const parseAnyEvent = onceEach((event: RawEvent & { readonly stream: string }): AnyEvent => {
  const category = categoryOf(event.stream)
  const parse = Object.hasOwn(parsers, category) ? parsers[category] : undefined
  if (parse === undefined) throw new UnreadableEvent(`no such stream category: ${category}`)
  return parse(event)
})
