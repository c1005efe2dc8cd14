/** Events as lines that a person reads; undefined where there is nothing to say. */
import type { ClientEvent, UserId } from '../client/index.js'

export const tellingOf = (event: ClientEvent, name: (user: UserId) => string): string | undefined => {
  const names = (members: readonly { readonly user: UserId }[]): string =>
    [...new Set(members.map(({ user }) => user))].map(name).join(', ')
  switch (event.type) {
    case 'joined':
      return 'You are in. What was said before is not for you: it was encrypted for those who were here.'
    case 'membersChanged':
      return changeOf(
        event.by === undefined ? 'Somebody' : name(event.by.user),
        names(event.added),
        names(event.removed),
      )
    case 'removed':
      return 'You are no longer in this group.'
    case 'leaving':
      return `${names(event.who)} is leaving.`
    case 'roleChanged':
      return `${name(event.user)} is now ${event.role === 'admin' ? 'an admin' : 'a plain member'}.`
    case 'groupDeleted':
      return 'The group was deleted.'
    case 'groupReset':
      return event.successor === undefined
        ? 'The group was given up by the server’s operator: begin another one.'
        : 'The group was given up for a fresh one with the same people.'
    case 'missed':
      return `${event.count} messages cannot be shown: ${event.reason}.`
    case 'outOfStep':
      return `This device lost track of the group (${event.reason}) and is coming back.`
    case 'resynced':
      return 'This device is back in step with the group.'
    case 'untrusted':
      return `The server ${event.domain} shows another certificate than before. Its people are not believed until you know why.`
    case 'displaced':
      return 'This account is open somewhere else now. Reload to go on here.'
    case 'restoredFromCopy':
      return 'This device was put back to an older copy of itself. Its groups get fresh keys before it sends again.'
    case 'clientAdded':
      return `Your account has a new device (approved by ${event.approvedBy}).`
    case 'recoveryKeySet':
      return `Your account has a new recovery code (set by ${event.by}).`
    case 'recoveryKeyUsed':
      return `Somebody came back to your account by the recovery code (${event.client}). Was it you?`
    case 'message':
    case 'signal':
    case 'unconfirmed':
    case 'profileChanged':
    case 'profileReadable':
    case 'settingsChanged':
    case 'faultReported':
    case 'clientRemoved':
    case 'historyOffered':
    case 'fileSent':
    case 'fileUnfinished':
    case 'userProfileChanged':
    case 'request':
    case 'requestAccepted':
    case 'requestRejected':
      return undefined
  }
}

/** A Commit of fresh keys alone is not worth a line. */
const changeOf = (by: string, added: string, removed: string): string | undefined => {
  const parts = [added === '' ? '' : `added ${added}`, removed === '' ? '' : `removed ${removed}`].filter(Boolean)
  return parts.length === 0 ? undefined : `${by} ${parts.join(' and ')}.`
}
