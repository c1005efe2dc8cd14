/** What a group's profile says where its application wrote it as the SDK does: a name, a picture, and more (docs/wire.md, Group profile). */
import { fromBase64url, toBase64url } from '../../../mls/bytes/base64url.js'
import type { NewPicture } from '../../assets/picture.js'
import type { Attachment } from '../../content/externalPart.js'
import { Malformed } from '../../content/malformed.js'
import { decodePicture, encodePicture } from '../../content/userProfile.js'

/** Whatever else the application says is written along with the two, as JSON has it. */
export type NewGroupProfile = {
  readonly name: string
  /** A file, or the picture that the profile has already; without it there is none. */
  readonly picture?: NewPicture | undefined
  readonly [more: string]: unknown
}

export type GroupProfile = { readonly name?: string; readonly picture?: Attachment }

export const encodeGroupProfile = (profile: NewGroupProfile, picture: Attachment | undefined): Uint8Array => {
  const shown = picture === undefined ? undefined : toBase64url(encodePicture(picture))
  return new TextEncoder().encode(JSON.stringify({ ...profile, picture: shown }))
}

/** Empty where an application wrote something of its own. */
export const readGroupProfile = (data: Uint8Array): GroupProfile => {
  const said = jsonIn(data)
  const { name, picture } = (typeof said === 'object' && said !== null ? said : {}) as Record<string, unknown>
  const shown = typeof picture === 'string' ? pictureIn(picture) : undefined
  return { ...(typeof name === 'string' ? { name } : {}), ...(shown === undefined ? {} : { picture: shown }) }
}

const jsonIn = (data: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(data)) as unknown
  } catch {
    return undefined
  }
}

const pictureIn = (text: string): Attachment | undefined => {
  const bytes = fromBase64url(text)
  try {
    return bytes === undefined ? undefined : decodePicture(bytes)
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}
