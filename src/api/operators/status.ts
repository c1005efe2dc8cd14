/** How this process stands, for operators: what /readyz says, and how far its read models are. */
import type { z } from 'zod'
import { operatorPath, statusAnswer } from '../../contract/operators.js'
import type { Readiness } from '../operations/operations.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'

type Shown = z.infer<typeof statusAnswer>
export type Status = Readiness & Omit<Shown, keyof Readiness>

export const statusRoute = (status: () => Promise<Status>): OperatorRoute =>
  operatorRoute({
    method: 'get',
    path: `${operatorPath}/status`,
    tag: 'Operators',
    summary: 'See how the server stands',
    description:
      'Of the process that answers: whether it is ready, what should be looked at, and how far its read models are.',
    access: 'audit',
    success: { status: 200, body: statusAnswer },
    problems: [],
    answer: async () => ({ status: 200, body: await status() }),
  })
