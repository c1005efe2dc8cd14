/**
 * The fields that many requests, answers, queue items and problems have, each with its name in the documents, what it is and
 * an example: checks that OpenAPI and AsyncAPI can show.
 */
import { z } from 'zod'
import { role } from '../events/group.js'
import { fromBase64url } from '../mls/bytes/base64url.js'
import { signatureAlgorithms } from '../mls/crypto/servedSuites.js'
import { parseAssetId, parseClientId, parseGroupId, parseQueueId, parseUserId } from '../mls/wire/ids.js'
import type { AssetId, ClientId, GroupId, QueueId, UserId } from '../mls/wire/ids.js'

/** `title`: its name among the schemas of a document. One name is one schema, whatever a field of it is described as. */
type Said = { readonly title: string; readonly description: string; readonly example: unknown }

export const named = <Schema extends z.ZodType>(schema: Schema, { title, description, example }: Said): Schema =>
  schema.meta({ title, description, examples: [example] })

/** A field by itself, without a name. */
export const described = <Schema extends z.ZodType>(schema: Schema, description: string, example: unknown): Schema =>
  schema.meta({ description, examples: [example] })

/** The same as text, for whoever only shows it. */
const idName = (letter: string, what: string): z.ZodString => {
  const form = new RegExp(`^mimi://[a-z0-9.:-]{1,253}/${letter}/[A-Za-z0-9_-]{21}[AQgw]$`)
  return named(z.string().regex(form, `not the URI of a ${what}`), {
    title: `${what.charAt(0).toUpperCase()}${what.slice(1)}Id`,
    description: `The id of a ${what}: a URI, percent-encoded where it stands in a path`,
    example: `mimi://localhost/${letter}/Vm0wd2QyVkhVWGhUV0doVg`,
  })
}

/** The check narrows to the branded type, which zod cannot say of a refinement. */
const id = <Id extends string>(letter: string, what: string, parse: (text: string) => Id | undefined) =>
  idName(letter, what).refine((text) => parse(text) !== undefined, `not the URI of a ${what}`) as unknown as z.ZodType<
    Id,
    string
  >

export const userName = idName('u', 'user')
export const clientName = idName('d', 'client')
export const groupName = idName('g', 'group')
export const queueName = idName('q', 'queue')

export const userUri = id<UserId>('u', 'user', parseUserId)
export const clientUri = id<ClientId>('d', 'client', parseClientId)
export const groupUri = id<GroupId>('g', 'group', parseGroupId)
export const queueUri = id<QueueId>('q', 'queue', parseQueueId)
export const assetUri = id<AssetId>('a', 'asset', parseAssetId)

/** Said, not checked: bytes of a request are encoded again and compared, which finds whatever the pattern would. */
const base64url = { pattern: '^[A-Za-z0-9_-]*$' }
const bytesName = { title: 'Bytes', description: 'Bytes as unpadded base64url', example: 'AAEABQ' }

/** Bytes of an answer. */
export const bytesOut = named(z.string().meta(base64url), bytesName)

/** Bytes of a request: unpadded base64url in, a Uint8Array out. How many there may be is the route's to say. */
export const bytesIn = bytesOut.transform((text, context) => {
  const bytes = fromBase64url(text)
  if (bytes !== undefined) return bytes
  context.addIssue('not unpadded base64url')
  return z.NEVER
})

/** Of one that a client gives back: longer ones are nobody's. */
const cursorMax = 80
/** A place in the log, opaque. */
export const cursor = named(z.string().max(cursorMax), {
  title: 'Cursor',
  description: 'A place in the log: opaque, but for the log’s name before the first dot',
  example: 'k3JxTqWv.2s',
})

/** The place that a command led to, as its answer names it. */
const positionOut = cursor.describe('Where in the log it stands: give it to a read as `atLeast` to see its effect')

const msSince1970 = z.number().int().min(0)
export const timeOut = named(msSince1970, {
  title: 'Time',
  description: 'By the server’s clock, ms since 1970',
  example: 1_764_450_000_000,
})

/** What every command answers. */
export const placed = {
  position: positionOut,
  serverTime: timeOut.describe('When it was accepted, by the server’s clock, ms since 1970; a repeat is told the same'),
}

export const cipherSuiteField = named(z.number().int().min(1).max(0xffff), {
  title: 'CipherSuite',
  description: 'An MLS ciphersuite by its number (RFC 9420 §17.1)',
  example: 1,
})

const epochMax = 2n ** 64n - 1n
/** An epoch as a decimal string: a uint64 (RFC 9420 §8.1), exact beyond what a number holds. */
export const epochField = named(
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,19})$/, 'an epoch is a decimal number')
    .refine((text) => /^[0-9]{1,20}$/.test(text) && BigInt(text) <= epochMax, 'an epoch has 64 bits'),
  { title: 'Epoch', description: 'An epoch of a group, in decimal: a uint64', example: '7' },
)

export const roleField = named(role, { title: 'Role', description: 'What a member may do', example: 'admin' })

export const leafIndexField = named(z.number().int().min(0), {
  title: 'LeafIndex',
  description: 'The index of a leaf in the group’s ratchet tree',
  example: 2,
})

export const signatureAlgorithm = named(z.enum(signatureAlgorithms), {
  title: 'SignatureAlgorithm',
  description: 'A signature scheme of MLS: keys are raw Ed25519 ones, or uncompressed points',
  example: 'Ed25519',
})

/** Of what is kept by its bytes' hash. */
export const digestField = named(z.string().regex(/^[A-Za-z0-9_-]{43}$/), {
  title: 'Digest',
  description: 'The SHA-256 of bytes, as unpadded base64url',
  example: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
})

/** Of a body that is no JSON. */
export const mlsMessages = z.string().meta({
  title: 'MlsMessages',
  description: 'One or more MLSMessages as they are, one after another (RFC 9420 §6, §17.10)',
  contentMediaType: 'message/mls',
  format: 'binary',
})

/** Of a body that is bytes and nothing else. */
export const opaqueBytes = z.string().meta({
  title: 'OpaqueBytes',
  description: 'Bytes as they are',
  contentMediaType: 'application/octet-stream',
  format: 'binary',
})

/** Those that have a name of their own: a document says of each what it is in general. */
export const namedFields: readonly z.ZodType[] = [
  userUri,
  clientUri,
  groupUri,
  queueUri,
  assetUri,
  bytesOut,
  cursor,
  timeOut,
  cipherSuiteField,
  epochField,
  leafIndexField,
  roleField,
  signatureAlgorithm,
  digestField,
  mlsMessages,
  opaqueBytes,
]
