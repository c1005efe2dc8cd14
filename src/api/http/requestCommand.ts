/** The command that a request stands for: its id by who asks and the Idempotency-Key, its hash by all that was asked. */
import { createHash } from 'node:crypto'
import type { Request } from 'express'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Clock } from '../../ports/clock.js'
import type { Random } from '../../ports/random.js'
import { commandId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { idempotencyKeyForm, idempotencyKeyPattern } from './idempotencyKey.js'

/** `name`: whose command it is. Without a key it is a command of its own. */
export const commandOf = (
  request: Request,
  name: string,
  { random, clock }: { readonly random: Random; readonly clock: Clock },
): { readonly command: CommandContext } | Rejected => {
  const key = request.get('idempotency-key') ?? toBase64url(random.bytes(16))
  if (!idempotencyKeyPattern.test(key)) {
    return reject({ code: 'malformed', detail: `Idempotency-Key: ${idempotencyKeyForm}` })
  }
  const hash = createHash('sha256').update(`${request.method} ${request.originalUrl}\n`)
  if (Buffer.isBuffer(request.body)) hash.update(request.body)
  return { command: { id: commandId(name, key), bodyHash: hash.digest('base64url'), at: clock.now() } }
}
