/** The server's keys as operators are shown them: names, fingerprints and ages, and nothing that is secret. */
import { backdatedMs } from '../../adapters/x509/authority.js'
import { certificatePrint, printOf } from '../../adapters/keys/prints.js'
import type { KeyUse } from '../../commands/server/keyUse.js'
import type { KeyShown, KeysShown } from '../../contract/keys.js'
import { rotatedKind } from '../../events/server.js'
import type { RotatedKind } from '../../events/server.js'
import { signingAt } from '../../federation/peers/ownKeys.js'
import { equalBytes } from '../../mls/bytes/bytes.js'
import { attempt } from '../../mls/bytes/refusal.js'
import { parseCertificate } from '../../mls/x509/certificate.js'
import type { ServerKeys } from '../../ports/keys.js'
import { heldOf } from './keyView.js'
import type { HeldKey } from './keyView.js'
import type { Keyring } from './keyring.js'

/** `now` in ms. */
export const keysShown = (keys: ServerKeys, { uses, roots, intermediates }: Shown, now: number): KeysShown => ({
  fingerprint: keys.fingerprint,
  bundle: keys.print,
  keys: [
    ...numbered('root', rootsShown(roots(), intermediates().at(-1)?.root ?? keys.rootCertificate, now)),
    ...numbered('handle', [{ key: printOf('handle', keys.handleKey), ...age(beganAt(keys), now), state: 'current' }]),
    ...rotatedKind.options.flatMap((kind) => numbered(kind, rotatedShown(kind, keys, uses(kind), now))),
    ...numbered('federation', federationShown(keys, now)),
  ],
})

type Shown = Pick<Keyring, 'uses' | 'roots' | 'intermediates'>
type Unnamed = Omit<KeyShown, 'kind' | 'name'>

const numbered = (kind: KeyShown['kind'], keys: readonly Unnamed[]): readonly KeyShown[] =>
  keys.map((key, at) => ({ kind, name: `${kind}-${at + 1}`, ...key }))

const age = (created: number, now: number) => ({ created, ageMs: Math.max(0, now - created) })
const beganAt = ({ intermediates }: ServerKeys): number => intermediates[0]?.made ?? 0

const rootsShown = (roots: readonly Uint8Array[], current: Uint8Array, now: number): readonly Unnamed[] => {
  const at = roots.findIndex((root) => equalBytes(root, current))
  return roots.map((root, n) => {
    const parsed = attempt(() => parseCertificate(root))
    const times = parsed.ok ? { ...age(parsed.value.notBefore + backdatedMs, now), until: parsed.value.notAfter } : {}
    return { key: certificatePrint(root), ...times, state: n === at ? 'current' : n < at ? 'accepted' : 'prepared' }
  })
}

const rotatedShown = (
  kind: RotatedKind,
  keys: ServerKeys,
  uses: readonly KeyUse[],
  now: number,
): readonly Unnamed[] => {
  const held = heldOf(keys)[kind]
  return uses.map((use) => {
    const found = held.find(({ print }) => print === use.key)
    return found === undefined ? { ...use, state: 'missing' } : { ...age(found.made, now), ...ending(use, found) }
  })
}

/** A certificate says itself until when it holds. */
const ending = (use: KeyUse, { certificate }: HeldKey): KeyUse => {
  const parsed = certificate === undefined ? undefined : attempt(() => parseCertificate(certificate))
  return parsed?.ok === true ? { until: parsed.value.notAfter, ...use } : use
}

const federationShown = ({ federationKeys }: ServerKeys, now: number): readonly Unnamed[] => {
  const signing = signingAt(federationKeys, now)
  return federationKeys.map((key) => ({
    key: printOf('federation', key.publicKey),
    state: key === signing ? 'current' : key.notBefore > now ? 'next' : key.notAfter > now ? 'accepted' : 'retired',
    from: key.notBefore,
    until: key.notAfter,
  }))
}
