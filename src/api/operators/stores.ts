/** The stores, for operators: how large they are, how fast the log grows, and what room there is. */
import { operatorPath } from '../../contract/operators.js'
import { storesAnswer } from '../../contract/stores.js'
import type { StoresShown } from '../../contract/stores.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'

export type StoresDependencies = { readonly stores: () => Promise<StoresShown> }

export const storesRoute = ({ stores }: StoresDependencies): OperatorRoute =>
  operatorRoute({
    method: 'get',
    path: `${operatorPath}/stores`,
    tag: 'Operators',
    summary: 'See how large the stores are',
    description:
      'Sizes, the oldest event, how fast the log grows, and the room on the disks of the process that answers.',
    access: 'audit',
    success: { status: 200, body: storesAnswer },
    problems: [],
    answer: async () => ({ status: 200, body: await stores() }),
  })
