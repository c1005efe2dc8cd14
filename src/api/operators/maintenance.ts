/** Maintenance: whether clients and peers only read, seen and changed while the server runs, in all its processes. */
import { maintenanceAnswer, maintenanceField } from '../../contract/limits.js'
import { operatorPath } from '../../contract/operators.js'
import { positionOnly } from '../http/positionOnly.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { changed } from './limits.js'
import type { PolicyDependencies } from './limits.js'
import { knownAct, whyBody } from './recordedAct.js'

const tag = 'Operators'
const path = `${operatorPath}/maintenance`

export const maintenanceRoutes = (deps: PolicyDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'See whether the server is only read',
    access: 'audit',
    success: { status: 200, body: maintenanceAnswer },
    problems: [],
    answer: async () => {
      const { maintenance } = await deps.policy.refresh()
      const since = maintenance === undefined ? {} : { since: maintenance.since }
      return { status: 200, body: { maintenance: maintenance?.on === true, ...since } }
    },
  }),
  operatorRoute({
    method: 'put',
    path,
    tag,
    summary: 'Let the server only be read, or written again',
    description:
      'While it is on, commands of clients and peers are `maintenance`, at every process and through restarts; reads, tokens and operators go on, no sweep begins, and acknowledgements are kept for later. What was let in before is finished.',
    access: 'operate',
    body: whyBody.extend({ maintenance: maintenanceField }),
    example: { body: { maintenance: true, why: 'the store moves to another disk' } },
    success: positionOnly,
    problems: [],
    known: knownAct(deps.streams),
    answer: (asked) => changed(deps, asked, { type: 'changeMaintenance', on: asked.body.maintenance }),
  }),
]
