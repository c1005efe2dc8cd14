/** The schemas of fields that many requests and answers have: checks that OpenAPI can show. */
import { z } from 'zod'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { parseClientId, parseGroupId, parseQueueId, parseUserId } from '../../mls/wire/ids.js'
import type { ClientId, GroupId, QueueId, UserId } from '../../mls/wire/ids.js'

/** The check narrows to the branded type, which zod cannot say of a refinement. */
const id = <Id extends string>(letter: string, what: string, parse: (text: string) => Id | undefined) =>
  z
    .string()
    .regex(new RegExp(`^mimi://[a-z0-9.:-]{1,253}/${letter}/[A-Za-z0-9_-]{21}[AQgw]$`), `not the URI of a ${what}`)
    .refine((text) => parse(text) !== undefined, `not the URI of a ${what}`) as unknown as z.ZodType<Id, string>

export const userUri = id<UserId>('u', 'user', parseUserId)
export const clientUri = id<ClientId>('d', 'client', parseClientId)
export const groupUri = id<GroupId>('g', 'group', parseGroupId)
export const queueUri = id<QueueId>('q', 'queue', parseQueueId)

/** Bytes of a request: unpadded base64url in, a Uint8Array out. How many there may be is the route's to say. */
export const bytesIn = z
  .string()
  // Said, not checked: the bytes are encoded again and compared, which finds whatever the pattern would.
  .meta({ pattern: '^[A-Za-z0-9_-]*$' })
  .transform((text, context) => {
    const bytes = fromBase64url(text)
    if (bytes !== undefined) return bytes
    context.addIssue('not unpadded base64url')
    return z.NEVER
  })

/** Bytes of an answer. */
export const bytesOut = z.string().meta({ contentEncoding: 'base64url' })

/** The log position of an answer, opaque. */
export const positionOut = z.string()
/** One that a client gives back. */
export const cursorIn = z.string().max(80)

export const cipherSuiteField = z.number().int().min(1).max(0xffff)
