/** Calls that name a group, and those of them that no member at another server makes: groups are made at their own, signals go past the log. */
import type { Operation } from '../../faults/contract.js'

export const routeOf = ({ method, path }: Operation): string => `${method} ${path}`

const ofOneServer = ['PUT /v1/groups/{group}', 'POST /v1/groups/{group}/signals']

/** Those that followedCalls.test.ts has each make, and see recorded. */
export const isMadeByMembers = (route: string): boolean =>
  / \/v1\/groups\/\{group\}/.test(route) && !ofOneServer.includes(route)
