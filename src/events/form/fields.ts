/** The fields that facts are made of, each with its parser. */
import { z } from 'zod'
import {
  parseAssetId,
  parseClientId,
  parseDomain,
  parseGroupId,
  parseQueueId,
  parseUserId,
} from '../../mls/wire/ids.js'
import type { AssetId, ClientId, Domain, GroupId, QueueId, UserId } from '../../mls/wire/ids.js'

const id = <Id extends string>(parse: (text: string) => Id | undefined, what: string) =>
  z
    .custom<Id>((value) => typeof value === 'string' && parse(value) !== undefined, `not a ${what} URI`)
    .meta({ type: 'string', format: 'uri', description: `The URI of a ${what}.` })

export const userId = id<UserId>(parseUserId, 'user')
export const clientId = id<ClientId>(parseClientId, 'client')
export const groupId = id<GroupId>(parseGroupId, 'group')
export const queueId = id<QueueId>(parseQueueId, 'queue')
export const assetId = id<AssetId>(parseAssetId, 'asset')

/** Another server. */
export const domainName = z
  .custom<Domain>((value) => typeof value === 'string' && parseDomain(value) !== undefined, 'not a domain')
  .meta({ type: 'string', description: 'A domain, perhaps with a port.' })

/** Bytes, unpadded base64url. */
export const bytes = z.string().regex(/^[A-Za-z0-9_-]*$/)
/** SHA-256 of bytes, unpadded base64url. */
export const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
/** An MLS epoch: u64 as a decimal string. */
export const epoch = z.string().regex(/^(0|[1-9][0-9]{0,19})$/)
export const leafIndex = z.number().int().nonnegative()
export const cipherSuite = z.number().int().min(1).max(0xffff)
/** Milliseconds since 1970. */
export const time = z.number().int().nonnegative()
export const count = z.number().int().nonnegative()
/** A position in the log that the fact was written to; its shape marks where it stands (positions.ts). */
export const position = z.number().int().nonnegative()

/** Words about a person, AES-256-GCM under the subject's key: base64url(nonce ‖ ciphertext ‖ tag). */
export const underSubjectKey = z.string().regex(/^[A-Za-z0-9_-]+$/)

/** A leaf's queue reference, still sealed, with the signature key that is its AAD (docs/rules.md, "The queue reference"). */
export const sealedReference = z.object({ reference: bytes, signatureKey: bytes })
export type SealedReference = z.infer<typeof sealedReference>

export const blobReference = z.object({ digest, size: count })
export type BlobReference = z.infer<typeof blobReference>
