/**
 * Every refusal there is: its stable code, HTTP status, title, and the fields that a program reads of it. What commands
 * reject with, what the server answers, its documents, docs/api.md and the SDK's errors are made of this one table.
 */
import { z } from 'zod'
import {
  bytesOut,
  cipherSuiteField,
  described,
  digestField,
  epochField,
  groupUri,
  leafIndexField,
  timeOut,
} from './fields.js'

export type ProblemShape = { readonly status: number; readonly title: string; readonly fields: z.ZodRawShape }

const detail = described(z.string(), 'What was wrong, for people', 'body.handle: not a string')
const reason = described(z.string(), 'Which check failed, in a word or a few', 'signature')
const refs = (what: string) => z.array(bytesOut).describe(what)
const retryAfter = described(z.number().int().min(1), 'Seconds until it is worth trying again, as in Retry-After', 3)
const count = (what: string, example: number) => described(z.number().int(), what, example)

/** Of another server's group, as its hub counts what it sends. */
const nextItem = count('The number of the item that is to come next', 42)

export const problems = {
  malformed: { status: 400, title: 'The request does not have the documented form', fields: { detail } },
  'invalid-key-package': { status: 400, title: 'The KeyPackage fails validation (RFC 9420 §10.1)', fields: { reason } },
  'invalid-leaf': { status: 400, title: 'A leaf node fails validation (RFC 9420 §7.3)', fields: { reason } },
  'invalid-proposal': {
    status: 400,
    title: 'A proposal fails validation (RFC 9420 §12.1)',
    fields: { reason, refs: refs('The ProposalRefs of those that fail, where they were sent before') },
  },
  'invalid-commit': { status: 400, title: 'The Commit fails validation (RFC 9420 §12.2, §12.4)', fields: { reason } },
  'digest-mismatch': {
    status: 400,
    title: 'The bytes are not those whose digest was said',
    fields: { expected: digestField.describe('The SHA-256 that was said when the asset was reserved') },
  },
  'welcome-mismatch': {
    status: 400,
    title: 'The Welcome does not address exactly the added KeyPackages',
    fields: { reason },
  },
  'group-info-mismatch': {
    status: 400,
    title: 'The GroupInfo does not describe the state the Commit leads to',
    fields: { reason },
  },
  'commit-missing-proposals': {
    status: 400,
    title: 'The Commit leaves out removals it must contain',
    fields: {
      refs: refs('The ProposalRefs that it must contain'),
      leaves: z.array(leafIndexField).describe('The leaves that it must remove'),
    },
  },
  'not-authenticated': { status: 401, title: 'A valid token or assertion is needed', fields: { detail } },
  'token-expired': { status: 401, title: 'The token has expired: ask for another', fields: {} },
  'clock-skew': {
    status: 401,
    title: 'The assertion is of another time: sign one by the server’s clock',
    fields: { serverTime: timeOut.describe('The server’s clock now, ms since 1970') },
  },
  'not-allowed': {
    status: 403,
    title: 'This is not yours to do',
    fields: { capability: described(z.string(), 'What one would have to be allowed to', 'changeRole') },
  },
  'user-disabled': { status: 403, title: 'The operator has disabled this account', fields: {} },
  'invitation-needed': { status: 403, title: 'Who registers here needs an invitation that holds', fields: {} },
  'identity-mismatch': { status: 403, title: 'The token and the signer are not the same client', fields: { detail } },
  'not-a-member': { status: 403, title: 'You are no longer a member of this group', fields: {} },
  'no-such-user': { status: 404, title: 'There is no such user', fields: {} },
  'no-such-client': { status: 404, title: 'There is no such client', fields: {} },
  'no-such-group': { status: 404, title: 'There is no such group', fields: { detail: detail.optional() } },
  'no-such-epoch': {
    status: 404,
    title: 'You were no member in this epoch',
    fields: { first: epochField.describe('The first epoch that the client may see') },
  },
  'no-such-queue': { status: 404, title: 'There is no such queue', fields: {} },
  'no-such-asset': { status: 404, title: 'There is no such asset', fields: {} },
  'no-such-takedown': { status: 404, title: 'These bytes are not taken down', fields: {} },
  'no-such-token': { status: 404, title: 'There is no such operator token', fields: {} },
  'no-such-invitation': { status: 404, title: 'There is no such invitation', fields: {} },
  'no-such-projection': { status: 404, title: 'There is no such read model', fields: {} },
  'no-such-report': { status: 404, title: 'There is no such report', fields: {} },
  'no-such-request': { status: 404, title: 'There is no such connection request', fields: {} },
  'no-such-route': { status: 404, title: 'There is nothing at this address', fields: { detail: detail.optional() } },
  'method-not-allowed': {
    status: 405,
    title: 'This address takes other methods',
    fields: { allowed: z.array(described(z.string(), 'A method', 'GET')).describe('Those that it takes, as in Allow') },
  },
  'key-material-exhausted': { status: 404, title: 'No KeyPackage is left to claim', fields: {} },
  'upload-too-slow': {
    status: 408,
    title: 'The bytes come too slowly',
    fields: { bytesPerSecondMin: count('So many have to come in a second, on average', 1_024) },
  },
  'wrong-epoch': {
    status: 409,
    title: 'Another Commit has ended this epoch',
    fields: {
      currentEpoch: epochField.describe('The epoch that the group is in'),
      winningCommit: bytesOut.optional().describe('The MLSMessage that ended the epoch asked for, where there is one'),
    },
  },
  'epoch-too-old': {
    status: 409,
    title: 'The epoch of this message is too far back',
    fields: { currentEpoch: epochField.describe('The epoch that the group is in') },
  },
  'item-unexpected': {
    status: 409,
    title: 'Items before these have not come yet',
    fields: { next: nextItem },
  },
  'already-exists': {
    status: 409,
    title: 'It exists already',
    fields: {
      what: described(
        z.string(),
        'What exists: user, handle, client, key, group, request, report, asset, token',
        'handle',
      ),
    },
  },
  'key-not-prepared': {
    status: 409,
    title: 'The server has no such key that was prepared, and not used yet',
    fields: { detail },
  },
  'limit-fixed': {
    status: 409,
    title: 'This limit holds from start to stop: the setting LIMITS changes it',
    fields: { limit: described(z.string(), 'The name of the limit, as docs/limits.md has it', 'listenBacklogMax') },
  },
  'last-admin': { status: 409, title: 'No other admin token would be left', fields: {} },
  'no-such-build': {
    status: 409,
    title: 'The read model has no build that this could be done to, or one is under way',
    fields: { reason },
  },
  'version-mismatch': {
    status: 409,
    title: 'It was changed meanwhile: read it again',
    fields: { current: count('The version that it has now', 4) },
  },
  'group-deleted': {
    status: 410,
    title: 'The group was deleted',
    fields: { successor: groupUri.optional().describe('The group that an admin gave this one up for, if so') },
  },
  'user-deleted': { status: 410, title: 'The user was deleted', fields: {} },
  'cursor-expired': {
    status: 410,
    title: 'The cursor belongs to another log: start again without one',
    fields: {},
  },
  'tus-version': {
    status: 412,
    title: 'Tus-Resumable names no version of tus that is spoken here',
    fields: { supported: described(z.string(), 'The version that is', '1.0.0') },
  },
  'too-large': {
    status: 413,
    title: 'Too large',
    fields: {
      max: count('Bytes that are taken at most', 1_048_576),
      actual: count('Bytes that there were, where that is known', 2_097_152).optional(),
    },
  },
  'quota-exceeded': {
    status: 413,
    title: 'Your assets take as much as they may',
    fields: {
      used: count('Bytes that are stored and reserved', 1_073_000_000),
      max: count('Bytes that may be', 1_073_741_824),
    },
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body has another media type than this route takes',
    fields: { accepted: z.array(described(z.string(), 'A media type', 'application/json')).describe('What is taken') },
  },
  'range-not-satisfiable': {
    status: 416,
    title: 'There are no bytes in that range',
    fields: { size: count('How many there are', 4_194_304) },
  },
  misdirected: { status: 421, title: 'The Host is not a name of this server', fields: {} },
  'unsupported-ciphersuite': {
    status: 422,
    title: 'The ciphersuite is not supported',
    fields: { supported: z.array(cipherSuiteField).describe('Those that are') },
  },
  'unsupported-message': { status: 422, title: 'This kind of message does not belong here', fields: { reason } },
  'evidence-refused': { status: 422, title: 'This is not what was said, or not by whom, or not then', fields: {} },
  'limit-out-of-range': {
    status: 422,
    title: 'With this value of the limit the server would not work',
    fields: {
      limit: described(z.string(), 'The name of the limit, as docs/limits.md has it', 'groupsPerClientMax'),
      min: described(z.number(), 'The least that it may be', 1),
      max: described(z.number(), 'The most that it may be', 1_000),
      part: described(z.enum(['burst', 'everyMs']), 'Of a rate: what of it', 'burst').optional(),
    },
  },
  'item-refused': {
    status: 422,
    title: 'An item breaks a rule: nothing more of its group is taken',
    fields: { next: nextItem, reason },
  },
  'idempotency-mismatch': {
    status: 422,
    title: 'The Idempotency-Key was used with another request',
    fields: {},
  },
  'upload-under-way': {
    status: 423,
    title: 'Another upload of this asset is under way',
    fields: { retryAfter: retryAfter.default(1) },
  },
  'upgrade-required': { status: 426, title: 'This address takes websockets', fields: {} },
  'rate-limited': { status: 429, title: 'Too many requests', fields: { retryAfter } },
  'limit-reached': {
    status: 429,
    title: 'A limit is reached',
    fields: {
      limit: described(z.string(), 'The name of the limit, as docs/limits.md has it', 'groupsPerClientMax'),
      max: count('How much it lets through', 1_000),
    },
  },
  internal: { status: 500, title: 'A bug in the server', fields: {} },
  'peer-not-federating': {
    status: 502,
    title: 'It is on another server, and none are asked',
    fields: { domain: described(z.string(), 'The other server', 'elsewhere.example') },
  },
  'peer-unreachable': {
    status: 503,
    title: 'Another server does not answer: try again',
    fields: {
      domains: z.array(described(z.string(), 'The other server', 'elsewhere.example')).describe('Those that do not'),
      retryAfter: retryAfter.default(1),
    },
  },
  'store-unavailable': {
    status: 503,
    title: 'The store is away: try again',
    fields: { retryAfter: retryAfter.default(1) },
  },
  'read-model-behind': {
    status: 503,
    title: 'The read model has not reached that position yet: try again',
    fields: { retryAfter: retryAfter.default(1) },
  },
  maintenance: {
    status: 503,
    title: 'The operator lets nothing be written for a while: try again',
    fields: { retryAfter: retryAfter.default(30) },
  },
  'storage-full': { status: 507, title: 'The disk is full: nothing was written', fields: {} },
} as const satisfies { readonly [code: string]: ProblemShape }

export type ProblemCode = keyof typeof problems

type ReadOnly<Data> = {
  readonly [Field in keyof Data]: Data[Field] extends (infer One)[] ? readonly One[] : Data[Field]
}
/** As a server makes it, and as a client hears it, which is with what the server adds. */
type Made<Code extends ProblemCode, Fields> = Fields extends z.ZodRawShape
  ? ReadOnly<z.input<z.ZodObject<Fields & { readonly code: z.ZodLiteral<Code> }>>>
  : never
type Heard<Code extends ProblemCode, Fields> = Fields extends z.ZodRawShape
  ? ReadOnly<z.output<z.ZodObject<Fields & { readonly code: z.ZodLiteral<Code> }>>>
  : never
type FieldsOf<Code extends ProblemCode> = (typeof problems)[Code]['fields']

/** What a command is refused with: the code and its fields. Nobody decides on a bug. */
export type Refusal = {
  [Code in ProblemCode]: Code extends 'internal' ? never : Made<Code, FieldsOf<Code>>
}[ProblemCode]

/** A refusal as another server says it: its code, and the fields that it has; undefined where that is none. */
export const readRefusal = (said: { readonly code: string }): Refusal | undefined => {
  const code = (Object.keys(problems) as ProblemCode[]).find((one) => one === said.code)
  if (code === undefined || code === 'internal') return undefined
  const shape: ProblemShape = problems[code]
  const read = z.object(shape.fields).safeParse(said)
  // The table's fields are those of the type.
  return read.success ? ({ code, ...read.data } as Refusal) : undefined
}

/** What every problem has beside its code (RFC 9457). */
type Common = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly requestId: string
}

/** The problem of one code as it is answered, over HTTP and in the frames of websockets. */
export type ProblemOf<Code extends ProblemCode> = {
  [One in Code]: Common & Heard<One, FieldsOf<One>>
}[Code]
export type Problem = ProblemOf<ProblemCode>

const requestId = described(
  z.string(),
  'Names the request in the operator’s log, as in X-Request-Id',
  'pZ9cD2xkQm1vY7aB',
)

/** The schema of the problem of one code. */
export const problemSchema = (code: ProblemCode): z.ZodObject => {
  const { status, title, fields }: ProblemShape = problems[code]
  return z
    .object({
      type: z.literal(`urn:mls-homeserver:problem:${code}`).describe('The kind of problem, as a URI (RFC 9457)'),
      title: described(z.string(), 'The same in words', title),
      status: z.literal(status).describe('The HTTP status'),
      code: z.literal(code).describe('The kind of problem, for programs'),
      ...fields,
      requestId,
    })
    .meta({ title: `Problem${pascal(code)}`, description: title })
}

/** wrong-epoch: WrongEpoch. */
export const pascal = (code: string): string =>
  code.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
