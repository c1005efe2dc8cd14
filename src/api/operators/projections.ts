/** The read models, for operators: how they stand, rebuilt while they are served, and what they could not take. */
import { z } from 'zod'
import { operatorPath } from '../../contract/operators.js'
import { described } from '../../contract/fields.js'
import { changeField, projectionField, projectionsAnswer } from '../../contract/projections.js'
import type { ProjectionShown } from '../../contract/projections.js'
import { actOnReadModels } from '../../projections/builds/act.js'
import type { ServedModel } from '../../projections/builds/served.js'
import { act } from '../../commands/chains/operatorAct.js'
import type { OperatorAct } from '../../events/operators.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import type { CommandReply } from '../http/route.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { byOf, knownAct, whyBody } from './recordedAct.js'
import type { AskedAct } from './recordedAct.js'

export type ProjectionDependencies = { readonly streams: Streams; readonly models: readonly ServedModel[] }

const tag = 'Operators'
const path = `${operatorPath}/projections`
const params = z.strictObject({ projection: projectionField })

export const projectionRoutes = (deps: ProjectionDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'See the read models and their builds',
    description:
      'Which build is served, how far each is, how many rows it has, what it could not take, and how far a rebuild is.',
    access: 'read',
    success: { status: 200, body: projectionsAnswer },
    problems: [],
    answer: async () => ({ status: 200, body: { projections: await Promise.all(deps.models.map(shown)) } }),
  }),
  operatorRoute({
    method: 'post',
    path: `${path}/{projection}/changes`,
    tag,
    summary: 'Rebuild a read model while it is served, serve what came out otherwise, turn back, or give up a build',
    description: 'A rebuild is folded from the beginning, compared at one position, and served where it is equal.',
    access: 'operate',
    params,
    body: whyBody.extend({ change: changeField }),
    success: positionOnly,
    problems: ['no-such-projection', 'no-such-build'],
    known: knownAct(deps.streams),
    answer: async (asked) => {
      const { projection } = asked.params
      const { change } = asked.body
      const model = deps.models.find(({ name }) => name === projection)
      if (model === undefined) return reject({ code: 'no-such-projection' })
      const refused = await model.wouldRefuse(change)
      // In this order: what is under way may be this very command, asked for again at the same time.
      if (refused !== undefined && !(await knownAct(deps.streams)(asked)))
        return reject({ code: 'no-such-build', reason: refused.refused })
      return actOn(deps, asked, { type: 'changeReadModel', projection, change })
    },
  }),
  operatorRoute({
    method: 'post',
    path: `${path}/{projection}/skips`,
    tag,
    summary: 'Skip an event that a read model could not take',
    description:
      'It counts no longer: the read model is not degraded by it. A rebuild tries it again. What is not parked stays as it is.',
    access: 'operate',
    params,
    body: whyBody.extend({
      stream: described(z.string().min(1).max(256), 'The stream of the event', 'user-AAAAAAAAAAAAAAAAAAAAAA'),
      revision: described(z.number().int().min(0), 'Its place there', 3),
    }),
    success: positionOnly,
    problems: ['no-such-projection'],
    known: knownAct(deps.streams),
    answer: async (asked) => {
      const { projection } = asked.params
      const { stream, revision } = asked.body
      if (!deps.models.some(({ name }) => name === projection)) return reject({ code: 'no-such-projection' })
      return actOn(deps, asked, { type: 'skipParked', projection, stream, revision })
    },
  }),
]

/** As the contract has it. */
const shown = async (model: ServedModel): Promise<ProjectionShown> =>
  ({ name: model.name, ...(await model.standing()) }) as ProjectionShown

const actOn = async (
  { streams, models }: ProjectionDependencies,
  { principal, body, command }: AskedAct,
  what: OperatorAct,
): Promise<CommandReply> => {
  const done = await act(streams, command, { by: byOf(principal), what, why: body.why })
  if (!('rejected' in done)) await actOnReadModels(models, done)
  return positionReply(done)
}
