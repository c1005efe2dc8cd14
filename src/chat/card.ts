/** The group's profile as this page writes it: what the group is called, and by which handles its people are known. */
import type { UserId } from '../client/index.js'

export type CardOfGroup = { readonly name: string; readonly people: { readonly [user: UserId]: string } }

const namesMax = 80

/** Another application may have written it otherwise: undefined, and what is too long is cut. */
export const decodeCard = (bytes: Uint8Array): CardOfGroup | undefined => {
  try {
    const { name, people } = JSON.parse(new TextDecoder().decode(bytes)) as { name?: unknown; people?: unknown }
    if (typeof name !== 'string' || typeof people !== 'object' || people === null) return undefined
    const named = Object.entries(people).filter((entry): entry is [UserId, string] => typeof entry[1] === 'string')
    const short = named.map(([user, handle]) => [user, handle.slice(0, namesMax)])
    return { name: name.slice(0, namesMax), people: Object.fromEntries(short) as CardOfGroup['people'] }
  } catch {
    return undefined
  }
}
