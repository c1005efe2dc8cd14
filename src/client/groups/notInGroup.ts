/** This client cannot act in the group: it is not, or no longer, a member, or its state is being had again. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { GroupStatus } from './groupRecord.js'

const reasons: { readonly [status in GroupStatus | 'unknown']: string } = {
  unknown: 'this client has never been in it',
  creating: 'the server has not confirmed it yet',
  active: 'its state is missing',
  lost: 'its state is out of step and being had again; sync or stay connected',
  leaving: 'this user is leaving it',
  left: 'this user left it',
  removed: 'this client was removed from it',
  deleted: 'it was deleted',
  reset: 'it was given up for another group',
}

export class NotInGroup extends Error {
  readonly group: GroupId
  constructor(group: GroupId, status: GroupStatus | undefined) {
    super(`no part in ${group}: ${reasons[status ?? 'unknown']}`)
    this.name = 'NotInGroup'
    this.group = group
  }
}
