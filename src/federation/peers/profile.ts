/** Asking another server for the profile of a user of its own: an extension of ours. */
import { z } from 'zod'
import { bytes, count } from '../../events/form/fields.js'
import type { ProfileElsewhere, UserElsewhere } from '../../ports/peers.js'
import { askAboutUser } from './aboutUser.js'
import type { Peers } from './client.js'

/** The extension that a directory names, and the endpoint. */
export const profileExtension = 'profile'

const bytesMax = 256 * 1024
const schema = z.object({ version: count, profile: bytes })

/** Undefined where nobody is there for `by` to see. Throws what `askAboutUser` throws. */
export const askProfile = (peers: Peers, asked: UserElsewhere): Promise<ProfileElsewhere | undefined> =>
  askAboutUser(peers, { ...asked, endpoint: profileExtension, schema, bytesMax })
