/** Reserving an asset: what will come is said first. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { assetAggregate } from '../../commands/asset/asset.js'
import { reserveAsset } from '../../commands/asset/reservation.js'
import { assetStream } from '../../events/asset.js'
import { idBytes, makeId } from '../../mls/wire/ids.js'
import type { AssetId, Domain } from '../../mls/wire/ids.js'
import { assetUri, digestField, placed, timeOut } from '../../contract/fields.js'
import type { CommandContext } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import { newTurns } from '../../structures/turns.js'
import type { Turns } from '../../structures/turns.js'
import { recordedIn } from '../http/place.js'
import type { Ask, CommandReply } from '../http/route.js'
import type { ClientPrincipal } from '../principal.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { classField, sizeField, tag } from './assetDependencies.js'
import type { AssetDependencies } from './assetDependencies.js'

const reservation = z.strictObject({
  size: sizeField,
  digest: digestField.describe('The SHA-256 of the bytes, unpadded base64url'),
  capabilityHash: digestField.describe('The SHA-256 of 32 random bytes: whoever shows those may download it'),
  class: classField.default('message'),
})

export const reservationRoute = (deps: AssetDependencies): Route => {
  const turns = newTurns()
  return route({
    method: 'post',
    path: '/v1/assets',
    tag,
    summary: 'Reserve an asset',
    description:
      'Says what will come, so that what is too large, beyond the quota or taken down is refused before a byte of it. Only this client may upload it, until `expires`.',
    access: 'client',
    body: reservation,
    success: {
      status: 201,
      body: z.object({
        asset: assetUri,
        expires: timeOut.describe('Until then its bytes must have come, ms since 1970'),
        ...placed,
      }),
    },
    problems: ['too-large', 'quota-exceeded', 'limit-reached', 'not-allowed', 'read-model-behind'],
    known: ({ command }) => deps.streams.knows(assetAggregate, assetStream(reservedBy(deps.domain, command)), command),
    rates: ({ principal }) => [{ rate: 'assetsReservedPerClient', key: principal.client }],
    answer: (ask) => reserve(deps, turns, ask),
  })
}

type Asked = Ask<ClientPrincipal, undefined, undefined, z.infer<typeof reservation>>

/** One at a time for each user, on all that was reserved before: the quota is exact here (docs/limits.md). */
const reserve = (
  { streams, assets, assetsLevel, uploads, domain, limits }: AssetDependencies,
  turns: Turns,
  { principal, body, command }: Asked,
): Promise<CommandReply> =>
  turns.take(principal.user, async () => {
    if (!(await assetsLevel())) return reject({ code: 'read-model-behind' })
    const asset = reservedBy(domain, command)
    const decide = reserveAsset({
      by: principal,
      asset,
      ...body,
      at: command.at,
      holding: await assets.sumsOf(principal.user),
      isTakenDown: await uploads.isTakenDown(body.digest),
      limits,
    })
    const outcome = await streams.execute(assetAggregate, assetStream(asset), command, decide)
    if ('rejected' in outcome) return outcome
    const [reserved] = outcome.recorded
    if (reserved?.type !== 'AssetReserved') throw new Error('an asset was reserved without its event')
    return { status: 201, body: { asset, expires: reserved.data.expires }, ...recordedIn(outcome) }
  })

/** The id derives from the command, so that a retry finds the stream, and the answer, of the first attempt. */
const reservedBy = (domain: Domain, { id }: Pick<CommandContext, 'id'>): AssetId =>
  makeId('asset', domain, createHash('sha256').update(`asset id\n${id}`).digest().subarray(0, idBytes))
