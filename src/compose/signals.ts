/** Signals past the log: from the front door to the sockets of this process, and to the other processes of the server. */
import { makePostToProcess } from '../adapters/system/postToProcess.js'
import type { ProcessDoor } from '../api/realtime/processDoor.js'
import { passOnToAll } from '../delivery/signals/passOn.js'
import type { PassOn } from '../delivery/signals/passOn.js'
import { tellOtherProcesses } from '../delivery/signals/otherProcesses.js'
import { openPosts, processKey, signatureHeader } from '../delivery/signals/signedPost.js'
import { postSignals } from '../federation/peers/signals.js'
import { tellServers } from '../federation/signals/tellServers.js'
import type { TellServers } from '../federation/signals/tellServers.js'
import { onceEach } from '../structures/onceEach.js'
import type { Federation } from './federation.js'
import type { House } from './house.js'
import type { Config } from './settings/config.js'

export type ServedSignals = {
  readonly passOn: PassOn
  readonly processDoor: ProcessDoor | undefined
  /** How many other processes of this server are told. */
  readonly otherProcesses: () => number
  /** What this process listens on, known once it does. */
  readonly listening: (url: string) => void
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** A start that does not come to listening by then is looked after all the same. */
const startMsMax = 60_000

/** `here`: tells the sockets of this process. */
export const serveSignals = ({ internalUrl }: Config, house: House, here: PassOn): ServedSignals => {
  const { foundation, holder, policy, world } = house
  const { clock, logger } = world
  const keys = processKeysOf(house.keyring)
  let url: string | undefined
  const known = new AbortController()
  const others = tellOtherProcesses({
    processes: foundation.readSide.processes,
    post: makePostToProcess(signatureHeader),
    own: holder,
    internalUrl: () => url,
    key: () => keys().signing,
    clock,
    logger,
  })
  const processDoor = {
    open: openPosts(() => keys().accepted, holder),
    passOn: here,
    now: () => clock.now(),
    limits: policy.limits,
  }
  return {
    passOn: passOnToAll(here, others.passOn),
    processDoor: internalUrl === undefined ? undefined : processDoor,
    otherProcesses: others.count,
    listening: (at) => {
      url = internalUrl === undefined ? undefined : withPort(internalUrl, new URL(at).port)
      known.abort()
    },
    run: async (signal) => {
      await clock.sleep(startMsMax, AbortSignal.any([known.signal, signal]))
      await others.run(signal)
    },
  }
}

/** To other servers, until the signal aborts. */
export const composeTelling = (
  { world: { clock, logger } }: Pick<House, 'world'>,
  { peers, trust }: Federation,
  signal: AbortSignal,
): TellServers => tellServers({ post: postSignals(peers, signal), trust, clock, logger, signal })

/** Derived once of each: they follow the keys of tokens. */
const processKeysOf = ({ tokenKeys }: House['keyring']) => {
  const derived = onceEach(processKey)
  return () => {
    const { signing, accepted } = tokenKeys()
    return { signing: signing === undefined ? undefined : derived(signing), accepted: accepted.map(derived) }
  }
}

/** Port 0 is whichever port this process listens on. */
const withPort = (internalUrl: string, port: string): string => {
  const url = new URL(internalUrl)
  if (url.port === '0') url.port = port
  return url.origin
}
