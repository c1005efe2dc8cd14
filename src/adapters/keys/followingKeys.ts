/** What is added to a bundle: keys that follow others. Nothing that is there is taken away. */
import type { Domain } from '../../mls/wire/ids.js'
import { newestRootIn } from '../../ports/keys.js'
import type { NextKey } from '../../ports/keys.js'
import { backdatedMs, makeIntermediate } from '../x509/authority.js'
import type { Written } from './bundle.js'
import { nextFrankKey } from './frankKeys.js'
import { makeFederationKey, makeSealingKey, makeSecret, makeVapidScalar } from './makeKeys.js'

/** As of `now`, ms. Throws an Error where the private key is not the root's. */
export const followed = async (written: Written, next: NextKey, now: number): Promise<Written> => {
  switch (next.kind) {
    case 'token':
      return { ...written, tokenKeys: [...(written.tokenKeys ?? []), { key: makeSecret(), made: now }] }
    case 'sealing':
      return { ...written, sealingKeys: [...written.sealingKeys, { ...makeSealingKey(), made: now }] }
    case 'push':
      return { ...written, vapidKeys: [...(written.vapidKeys ?? []), { key: makeVapidScalar(), made: now }] }
    case 'frank':
      // Whoever serves reads the bundle again before it stamps.
      return { ...written, frankKeys: [...(written.frankKeys ?? []), nextFrankKey(written.frankKeys, now + dayMs)] }
    case 'intermediate':
      return withIntermediate(written, next, now)
    case 'federation':
      return withFederationKey(written, now, next.atOnce)
  }
}

const withIntermediate = async (
  written: Written,
  { rootPrivateKey, succession }: Extract<NextKey, { kind: 'intermediate' }>,
  now: number,
): Promise<Written> => {
  const successions = [...(written.successions ?? []), ...(succession === undefined ? [] : [succession])]
  const certificate = newestRootIn({ ...written, successions })
  // The bundle was read as one of a domain's.
  const domain = written.domain as Domain
  const made = await makeIntermediate(domain, { certificate, privateKey: rootPrivateKey }, now)
  const intermediates = [...(written.intermediates ?? []), { ...made, root: successions.length }]
  return { ...written, intermediates, ...(successions.length === 0 ? {} : { successions }) }
}

/** Peers may keep our directory for a day: a key is published for two before it signs, and for one more after another does. */
const dayMs = 24 * 60 * 60 * 1000
const publishedBeforeMs = 2 * dayMs

/** It takes over from those there are. */
const withFederationKey = (written: Written, now: number, atOnce: boolean): Written => {
  const first = atOnce || written.federationKeys.every(({ notAfter }) => notAfter <= now)
  const made = makeFederationKey(first ? now - backdatedMs : now + publishedBeforeMs)
  const until = atOnce ? now : made.notBefore + dayMs
  const others = written.federationKeys.map((key) => ({ ...key, notAfter: Math.min(key.notAfter, until) }))
  return { ...written, federationKeys: [...others, made] }
}
