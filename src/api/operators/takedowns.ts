/** Bytes that operators take down by their digest, whoever uploads them: nobody can upload or download them any more. */
import { z } from 'zod'
import { digestAggregate } from '../../commands/asset/takedown.js'
import { isTakenDown } from '../../commands/chains/takenDown.js'
import { operatorPath, pageField, takedownDigest, takedownsAnswer } from '../../contract/operators.js'
import type { TakedownShown } from '../../contract/operators.js'
import { digestStream } from '../../events/digest.js'
import type { Streams } from '../../streams/streams.js'
import { reject } from '../../streams/rejection.js'
import { positionOnly } from '../http/positionOnly.js'
import { pageLimit } from '../http/withinLimits.js'
import { actsPage } from './actsPage.js'
import type { ActsDependencies, PlacedAct } from './actsPage.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { knownAct, recordedAct, whyBody } from './recordedAct.js'

export type TakedownDependencies = ActsDependencies & { readonly streams: Streams }

const tag = 'Operators'
const path = `${operatorPath}/takedowns`

export const takedownRoutes = (deps: TakedownDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'post',
    path,
    tag,
    summary: 'Take bytes down by their digest',
    description:
      'Whoever uploaded them: assets that have them end, their bytes are removed, and no other is reserved or stored. Who encrypts the same file again has other bytes.',
    access: 'operate',
    body: whyBody.extend({ digest: takedownDigest }),
    success: positionOnly,
    problems: [],
    known: knownAct(deps.streams),
    answer: (asked) => recordedAct(deps.streams, asked, { type: 'takeDown', digest: asked.body.digest }),
  }),
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'List what is taken down, newest first',
    description: 'Pass `next` back as `before` for the next page; one may be short, or empty.',
    access: 'audit',
    query: z.strictObject({ before: pageField.optional(), limit: pageLimit(deps.limits) }),
    success: { status: 200, body: takedownsAnswer },
    problems: [],
    answer: async ({ query }) => {
      const page = await actsPage(deps, query)
      if ('rejected' in page) return page
      const { acts, ...next } = page
      const takedowns = (await Promise.all(acts.map((act) => inForce(deps.streams, act)))).flat()
      return { status: 200, body: { takedowns, ...next } }
    },
  }),
  operatorRoute({
    method: 'delete',
    path: `${path}/{digest}`,
    tag,
    summary: 'Lift a takedown',
    description: 'The bytes may be uploaded again. Assets that ended stay ended: their bytes are gone.',
    access: 'operate',
    params: z.strictObject({ digest: takedownDigest }),
    body: whyBody,
    success: positionOnly,
    problems: ['no-such-takedown'],
    known: knownAct(deps.streams),
    answer: async (asked) => {
      const { digest } = asked.params
      // What was lifted by this very command is not there any more, and was.
      const isThere = (await isTakenDown(deps.streams, digest)) || (await knownAct(deps.streams)(asked))
      return isThere
        ? recordedAct(deps.streams, asked, { type: 'liftTakedown', digest })
        : reject({ code: 'no-such-takedown' })
    },
  }),
]

/** The takedown, where it is this act by which it holds. */
const inForce = async (streams: Streams, { what, number, at, why }: PlacedAct): Promise<readonly TakedownShown[]> => {
  if (what.type !== 'takeDown') return []
  const { state } = await streams.read(digestAggregate, digestStream(what.digest))
  const { digest } = what
  return state.takenDown && state.act === number ? [{ digest, act: number, since: at, why }] : []
}
