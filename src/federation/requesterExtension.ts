/** Which user a query is asked for: an extension of ours, so that whom somebody blocked finds nobody. By the word of its server. */
import { domainOf, parseUserId } from '../mls/wire/ids.js'
import type { Domain, UserId } from '../mls/wire/ids.js'
import type { AppDataDictionary, ComponentData } from './wire/appDataDictionary.js'

/** Of the range for private use. */
const componentId = 0xf0c2

export const requesterExtension = (user: UserId): ComponentData => ({
  componentId,
  data: new TextEncoder().encode(user),
})

/** Undefined where none is named, or none of the server that asks. */
export const requesterIn = (extensions: AppDataDictionary, peer: Domain): UserId | undefined => {
  const named = extensions.find((one) => one.componentId === componentId)
  const user = named === undefined ? undefined : parseUserId(new TextDecoder().decode(named.data))
  return user !== undefined && domainOf(user) === peer ? user : undefined
}
