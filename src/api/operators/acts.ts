/** What operators did, for operators. */
import { z } from 'zod'
import { actsAnswer, operatorPath, pageField } from '../../contract/operators.js'
import { pageLimit } from '../http/withinLimits.js'
import { actsPage } from './actsPage.js'
import type { ActsDependencies } from './actsPage.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'

export const actsRoute = (deps: ActsDependencies): OperatorRoute =>
  operatorRoute({
    method: 'get',
    path: `${operatorPath}/acts`,
    tag: 'Operators',
    summary: 'List what operators did, newest first',
    description: 'Who, what, when and why. Pass `next` back as `before` for the next page; one may be short.',
    access: 'audit',
    query: z.strictObject({ before: pageField.optional(), limit: pageLimit(deps.limits) }),
    success: { status: 200, body: actsAnswer },
    problems: [],
    answer: async ({ query }) => {
      const page = await actsPage(deps, query)
      return 'rejected' in page ? page : { status: 200, body: page }
    },
  })
