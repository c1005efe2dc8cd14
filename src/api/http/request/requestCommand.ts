/** The command that a request stands for: its id by who asks and the Idempotency-Key, its hash by all that was asked. */
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Request } from 'express'
import { toBase64url } from '../../../mls/bytes/base64url.js'
import type { Clock } from '../../../ports/clock.js'
import type { Random } from '../../../ports/random.js'
import { commandId } from '../../../streams/commandId.js'
import type { CommandContext } from '../../../streams/decider.js'
import { reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { idempotencyKeyForm, idempotencyKeyPattern } from './idempotencyKey.js'
import { isLong, piecesOf } from './pieces.js'

/** The key of the request; without one it is a command of its own. */
export const keyOf = (request: Request, random: Random): { readonly key: string } | Rejected => {
  const key = request.get('idempotency-key') ?? toBase64url(random.bytes(16))
  if (idempotencyKeyPattern.test(key)) return { key }
  return reject({ code: 'malformed', detail: `Idempotency-Key: ${idempotencyKeyForm}` })
}

/** Of all that was asked: of a body that is still to come, what it is said to be. Others have their turn between the pieces of a long body. */
export const hashOf = async (request: Request): Promise<string> => {
  const hash = createHash('sha256').update(`${request.method} ${request.originalUrl}\n`)
  const body: unknown = request.body
  if (!Buffer.isBuffer(body)) return hash.update(request.get('content-digest') ?? '').digest('base64url')
  if (!isLong(body)) return hash.update(body).digest('base64url')
  for (const piece of piecesOf(body)) {
    hash.update(piece)
    await setImmediate()
  }
  return hash.digest('base64url')
}

/** What a request is known by: its own id, and its key. */
export type Named = { readonly request: string; readonly key: string }

/** `name`: whose command it is. */
export const commandOf = (name: string, { key, request }: Named, bodyHash: string, clock: Clock): CommandContext => ({
  id: commandId(name, key),
  request,
  bodyHash,
  at: clock.now(),
})

/**
 * Who is behind a request without a token: whoever has the key of its certificate request, wherever it comes from. An
 * answer that was lost is given again after the network changed. Undefined where there is no such proof.
 */
export const proofIn = (body: unknown): string | undefined => {
  if (typeof body !== 'object' || body === null || !('client' in body) || !('csr' in body)) return undefined
  const { client, csr } = body
  if (typeof client !== 'string' || !(csr instanceof Uint8Array)) return undefined
  return `${client} ${createHash('sha256').update(csr).digest('base64url')}`
}
