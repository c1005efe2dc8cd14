/** What owners do with their assets: list, renew, delete. */
import { z } from 'zod'
import { assetAggregate } from '../../commands/asset/asset.js'
import { deleteAsset } from '../../commands/asset/ending.js'
import { renewAsset } from '../../commands/asset/renewal.js'
import { noSuchAsset } from '../../commands/asset/storage.js'
import { assetStream } from '../../events/asset.js'
import type { AssetId } from '../../mls/wire/ids.js'
import { assetUri, cursor, described, digestField, timeOut } from '../../contract/fields.js'
import { writeCursor } from '../../items/cursor.js'
import { toPosition } from '../../ports/position.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import { recordedIn } from '../http/place.js'
import { pageLimit } from '../http/withinLimits.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { assetParams, classField, keptAnswer, knownOfAsset, sizeField, tag } from './assetDependencies.js'
import type { AssetDependencies } from './assetDependencies.js'

const ownAsset = z
  .object({
    asset: assetUri,
    class: classField,
    status: described(z.enum(['reserved', 'stored']), 'Whether its bytes have come', 'stored'),
    size: sizeField,
    digest: digestField,
    expires: timeOut.describe('It is kept, or its bytes are waited for, until then, ms since 1970'),
    at: timeOut.describe('When it was reserved, ms since 1970'),
  })
  .meta({ title: 'OwnAsset', description: 'An asset that your user has uploaded, or is about to' })

export const listRoute = ({ assets, heldCursor, logId, limits }: AssetDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/assets',
    tag,
    summary: 'List your assets, oldest first',
    description: 'Those of your user that live. Pass `next` back as `cursor` for the next page.',
    access: 'client',
    query: z.strictObject({
      cursor: cursor.optional().describe('The `next` of the page before'),
      limit: pageLimit(limits),
    }),
    success: {
      status: 200,
      body: z.object({
        assets: z.array(ownAsset).describe('The oldest first'),
        used: described(z.number().int(), 'Bytes of all of them, of assetBytesPerUserMax', 1_048_576),
        next: cursor.optional().describe('The `cursor` of the next page, where there is one'),
      }),
    },
    problems: [],
    answer: async ({ principal: { user }, query }) => {
      const from = query.cursor === undefined ? undefined : await heldCursor(query.cursor)
      if (from !== undefined && 'rejected' in from) return from
      const rows = await assets.ofOwner(user, { after: from?.position, limit: query.limit + 1 })
      const page = rows.slice(0, query.limit)
      const last = rows.length > query.limit ? page.at(-1) : undefined
      const shown = page.map(({ position: _, owner: __, ...row }) => row)
      const next = last === undefined ? {} : { next: writeCursor(logId, toPosition(last.position)) }
      const { bytes: used } = await assets.sumsOf(user)
      return { status: 200, body: { assets: shown, used, ...next } }
    },
  })

export const renewalRoute = (deps: AssetDependencies): Route =>
  route({
    method: 'post',
    path: '/v1/assets/{asset}/renewal',
    tag,
    summary: 'Keep an asset of class `keep` for its whole time again',
    description: 'For its owner. What would add less than a day changes nothing.',
    access: 'client',
    params: assetParams,
    success: { status: 200, body: keptAnswer },
    problems: ['no-such-asset', 'not-allowed'],
    known: knownOfAsset(deps),
    answer: async ({ principal, params: { asset }, command }) => {
      const decide = renewAsset({ by: principal.user, at: command.at, limits: deps.limits })
      const outcome = await deps.streams.execute(assetAggregate, assetStream(asset), command, decide)
      if ('rejected' in outcome) return outcome
      if (outcome.state.status !== 'stored') return noSuchAsset
      return { status: 200, body: { expires: outcome.state.expires }, ...recordedIn(outcome) }
    },
  })

export const deletionRoute = (deps: AssetDependencies): Route =>
  route({
    method: 'delete',
    path: '/v1/assets/{asset}',
    tag,
    summary: 'Delete an asset',
    description: 'For its owner: its bytes are gone with the answer, and an upload under way is ended.',
    access: 'client',
    params: assetParams,
    success: positionOnly,
    problems: ['no-such-asset'],
    known: knownOfAsset(deps),
    answer: async ({ principal, params: { asset }, command }) => {
      const stream = assetStream(asset)
      const outcome = await deps.streams.execute(assetAggregate, stream, command, deleteAsset(principal.user))
      if (!('rejected' in outcome)) await removeBytes(deps, asset)
      return positionReply(outcome)
    },
  })

/** What another process is about to write is refused there at its end, and swept. */
const removeBytes = async ({ uploads }: AssetDependencies, asset: AssetId): Promise<void> => {
  const removed = await uploads.alone(asset, () => uploads.discard(asset))
  if (removed !== undefined) await uploads.discard(asset)
}
