/** As which command an item is recorded: the same item is the same command, for ever. */
import { hash } from 'node:crypto'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { hubCommandId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Item } from '../item.js'

/** `through`: the last number that it stands for. */
export const commandOf = (hub: Domain, group: GroupId, item: Item, through: number, at: number): CommandContext => ({
  id: hubCommandId(hub, group, item.sequence),
  bodyHash: hash('sha256', item.bytes, 'base64url'),
  at,
  ...(item.events[0] === undefined ? {} : { cause: item.events[0] }),
  hub: { domain: hub, sequence: through },
})
