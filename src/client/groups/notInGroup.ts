/** This client cannot act in the group: it is not, or no longer, a member, or its state is being had again. */
import type { GroupId } from '../../mls/ids.js'

export class NotInGroup extends Error {
  readonly group: GroupId
  constructor(group: GroupId, status: string | undefined) {
    super(`no part in ${group} (${status ?? 'unknown'})`)
    this.name = 'NotInGroup'
    this.group = group
  }
}
