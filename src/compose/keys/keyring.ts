/**
 * The server's keys as they are used: what the bundle has, by what the log names. Both are looked at again every few seconds, so
 * that a rotation needs no restart; in between, whoever asks is answered from what was seen last.
 */
import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { TokenKeys } from '../../api/tokens/bearerToken.js'
import type { KeyUse } from '../../commands/server/keyUse.js'
import type { RotatedKind, Rotation } from '../../events/server.js'
import { equalBytes } from '../../mls/bytes/bytes.js'
import type { SealingKeys } from '../../mls/group/queueReference.js'
import type { Clock } from '../../ports/clock.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { rootsIn } from '../../ports/keys.js'
import type { Intermediate, Keys, SealingKey, ServerKeys, Succession, VapidKey } from '../../ports/keys.js'
import type { Logger } from '../../ports/logger.js'
import { loudness } from '../../ports/loudness.js'
import { onceEach } from '../../structures/onceEach.js'
import { viewOf } from './keyView.js'
import type { KeyView } from './keyView.js'

/** A process is asked for a key that its bundle lacks: it waits for it as for a store. */
class KeyMissing extends StoreUnavailable {
  override readonly name = 'KeyMissing'
}

export type Keyring = {
  readonly tokenKeys: () => TokenKeys
  /** By which certificates are signed now. Throws KeyMissing. */
  readonly intermediate: () => Intermediate
  /** That they were, are and will be under: whatever leads to one of them is believed. */
  readonly roots: () => readonly Uint8Array[]
  /** Up to the root that is published. */
  readonly successions: () => readonly Succession[]
  /** That one last; before it those that signed others. */
  readonly intermediates: () => readonly Intermediate[]
  /** By which references are sealed now. Throws KeyMissing. */
  readonly sealingKey: () => SealingKey
  /** Throws KeyMissing for one that is not there where it might have to be. */
  readonly sealingKeys: SealingKeys
  /** That new subscriptions are for. Throws KeyMissing. */
  readonly vapidKey: () => VapidKey
  readonly uses: (kind: RotatedKind) => readonly KeyUse[]
  /** What the log names and the bundle lacks, a line each. */
  readonly missing: () => readonly string[]
  /** Looks at bundle and log at once. Throws StoreUnavailable. */
  readonly refresh: () => Promise<void>
  readonly run: (signal: AbortSignal) => Promise<void>
}

export type KeyringDependencies = {
  readonly keys: Pick<Keys, 'server' | 'reload' | 'reloadNow'>
  readonly rotations: () => Promise<readonly Rotation[]>
  readonly clock: Clock
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
}

/** A rotation is named a minute before it begins: each process has looked by then. */
const lookMs = 5_000
/** A process that has not looked for so long might lack a key that it has not heard of. */
const staleMs = 30_000
/** Whoever makes references up does not make us read a file for each. */
const blockingLookMs = 1_000

export const openKeyring = async ({ keys, rotations, clock, logger }: KeyringDependencies): Promise<Keyring> => {
  let named = await rotations()
  let lookedAt = clock.now()
  let blockedAt = -Infinity
  let seen = viewOf(keys.server, named, lookedAt)
  const sealing = new Map<string, KeyObject>()

  const view = (): KeyView => {
    const now = clock.now()
    if (seen.of !== keys.server || seen.named !== named || now < seen.from || now >= seen.until)
      seen = viewOf(keys.server, named, now)
    return seen
  }

  const refresh = async (): Promise<void> => {
    const found = await rotations()
    // They only grow: a read that took longer than the next one knows no more than that.
    if (found.length > named.length) named = found
    const before = keys.server.print
    await keys.reload().catch((error: unknown) => {
      throw new KeyMissing(`the keys cannot be read again: ${String(error)}`, { cause: error })
    })
    lookedAt = clock.now()
    if (keys.server.print !== before)
      logger.info('the key bundle has more keys than before', { bundle: keys.server.print })
  }

  const look = async (): Promise<void> => {
    try {
      await refresh()
      for (const one of view().missing) logger.error('a key is missing', { reason: one })
    } catch (error) {
      logger[loudness(error)]('keys not looked at', { error: String(error) })
    }
  }

  const lookBlocking = (): void => {
    const now = clock.now()
    if (Math.abs(now - blockedAt) < blockingLookMs) return
    blockedAt = now
    try {
      keys.reloadNow()
    } catch (error) {
      logger.warn('keys not looked at', { error: String(error) })
    }
  }

  const opened = (id: string): KeyObject | undefined => {
    const known = sealing.get(id)
    if (known !== undefined) return known
    const key = keys.server.sealingKeys.find((one) => one.id === id)
    if (key === undefined) return undefined
    const object = createPrivateKey({ key: Buffer.from(key.privateKey), format: 'der', type: 'pkcs8' })
    sealing.set(id, object)
    return object
  }

  /** What is sealed under a key that comes later would be taken for nobody's, and for good. */
  const sealingKeyOf = (id: string): KeyObject | undefined => {
    const known = opened(id)
    if (known !== undefined) return known
    lookBlocking()
    const found = opened(id)
    if (found !== undefined) return found
    if (view().lacksSealing)
      throw new KeyMissing('this process lacks a sealing key: who a reference is of cannot be told')
    if (Math.abs(clock.now() - lookedAt) > staleMs) throw new KeyMissing('the keys were not looked at for a while')
    return undefined
  }

  return {
    tokenKeys: () => view().tokens,
    intermediate: () => view().intermediate ?? lacking('intermediate'),
    intermediates: () => view().intermediates,
    roots: () => rootsOf(keys.server),
    successions: () => {
      const { root } = view().intermediate ?? lacking('intermediate')
      const at = keys.server.successions.findIndex(({ to }) => equalBytes(to, root))
      return keys.server.successions.slice(0, at + 1)
    },
    sealingKey: () => view().sealing ?? lacking('sealing'),
    sealingKeys: { get: sealingKeyOf },
    vapidKey: () => view().push ?? lacking('push'),
    uses: (kind) => view().uses[kind],
    missing: () => view().missing,
    refresh,
    run: async (signal) => {
      while (!signal.aborted) {
        await look()
        await clock.sleep(lookMs, signal)
      }
    },
  }
}

const rootsOf = onceEach((keys: ServerKeys) => rootsIn(keys))

const lacking = (kind: RotatedKind): never => {
  throw new KeyMissing(`this process lacks the ${kind} key that is used now`)
}
