/** The homeserver has another log than the one that the group's state is of: what was sent may be in neither. */
import type { GroupId } from '../../mls/wire/ids.js'

/** The message counts as not sent. The group comes into step with the new log by itself; then it can be sent again. */
export class LogChanged extends Error {
  readonly code = 'log-changed'
  readonly group: GroupId
  constructor(group: GroupId) {
    super(`log-changed: the homeserver was restored or moved while something was sent to ${group}`)
    this.name = 'LogChanged'
    this.group = group
  }
}
