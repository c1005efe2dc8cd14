/** Under whose key somebody's words are sealed: its own, or, of a user of another server, one that stands for it here. */
import { createHash } from 'node:crypto'
import { domainOf, idBytes, makeId } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'

/** Keys are found by the random part of an id, which a user of another server may have in common with one of ours. */
export const keeperOf = (user: UserId, ours: Domain): UserId =>
  domainOf(user) === ours
    ? user
    : makeId('user', ours, createHash('sha256').update(`keeper\n${user}`).digest().subarray(0, idBytes))
