/** The profile of a user, as it is encrypted (docs/wire.md, User profile). */
import { decodeCbor, encodeCbor } from './cbor.js'
import { type Attachment, externalFields, externalFromFields, externalToFields } from './externalPart.js'
import { arrayIn, textIn } from './fields.js'
import { Malformed } from './malformed.js'

export type UserProfile = {
  readonly name: string
  /** Where it is and what opens it, as in a message that brings a file. */
  readonly picture?: Attachment
}

/** CBOR: `[name, picture]`; the picture is null, or the fields of an external part of MIMI content. */
export const encodeUserProfile = ({ name, picture }: UserProfile): Uint8Array =>
  encodeCbor([name, picture === undefined ? null : externalToFields(picture)])

/** Throws Malformed. What follows the two is of later versions. */
export const decodeUserProfile = (bytes: Uint8Array): UserProfile => {
  const [name, picture] = arrayIn(decodeCbor(bytes), 'profile')
  if (picture === null) return { name: textIn(name, 'name') }
  return { name: textIn(name, 'name'), picture: pictureIn(picture) }
}

/** Those fields alone, as the profile of a group has them. */
export const encodePicture = (picture: Attachment): Uint8Array => encodeCbor(externalToFields(picture))

/** Throws Malformed. */
export const decodePicture = (bytes: Uint8Array): Attachment => pictureIn(decodeCbor(bytes))

const pictureIn = (value: unknown): Attachment => {
  const fields = arrayIn(value, 'picture')
  if (fields.length < externalFields) throw new Malformed('picture: fields are missing')
  return externalFromFields(fields)
}
