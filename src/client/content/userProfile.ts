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
  const fields = arrayIn(picture, 'picture')
  if (fields.length < externalFields) throw new Malformed('picture: fields are missing')
  return { name: textIn(name, 'name'), picture: externalFromFields(fields) }
}
