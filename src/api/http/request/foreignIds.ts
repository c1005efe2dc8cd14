/** What only our own ids can name: another server's are refused before the store, or another server, is asked. */
import { reject } from '../../../streams/rejection.js'
import type { RejectionCode } from '../../../streams/rejection.js'
import { domainOf, parseAssetId, parseClientId, parseQueueId, parseUserId } from '../../../mls/wire/ids.js'
import type { Domain } from '../../../mls/wire/ids.js'
import type { AnyPrincipal } from '../door.js'
import type { AnyRoute } from '../route.js'

type Named = {
  readonly parse: (text: string) => Parameters<typeof domainOf>[0] | undefined
  readonly code: Extract<RejectionCode, `no-such-${string}`>
}

const named = {
  user: { parse: parseUserId, code: 'no-such-user' },
  client: { parse: parseClientId, code: 'no-such-client' },
  queue: { parse: parseQueueId, code: 'no-such-queue' },
  asset: { parse: parseAssetId, code: 'no-such-asset' },
} as const satisfies { readonly [param: string]: Named }

/** The routes, where this parameter of another domain names nothing. */
export const refuseForeignIds = <Access extends string, Principal extends AnyPrincipal>(
  routes: readonly AnyRoute<Access, Principal>[],
  domain: Domain,
  params: readonly (keyof typeof named)[],
): readonly AnyRoute<Access, Principal>[] =>
  routes.map((route) => {
    const answer: typeof route.answer = async (ask) => {
      const foreign = params.find((param) => isForeign(ask.params, param, domain))
      return foreign === undefined ? route.answer(ask) : reject({ code: named[foreign].code })
    }
    // Of a command's route it answers what that answers, or a refusal.
    return { ...route, answer } as typeof route
  })

const isForeign = (params: unknown, param: keyof typeof named, domain: Domain): boolean => {
  if (typeof params !== 'object' || params === null || !Object.hasOwn(params, param)) return false
  const id = named[param].parse(String((params as { readonly [name: string]: unknown })[param]))
  return id !== undefined && domainOf(id) !== domain
}
