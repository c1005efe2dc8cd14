/** A server as it is composed, in this process: its own directory, a real port, and time that a test moves by hand. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '#src/adapters/system/random.js'
import { readArguments } from '#src/compose/settings/arguments.js'
import { readConfig } from '#src/compose/settings/config.js'
import { startServer } from '#src/compose/server.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import type { Clock } from '#src/ports/clock.js'
import { handClock } from '../adapters/eventStoreDB/handClock.js'
import { houseAt } from '../faults/house.js'
import type { RealHouse, ServedHere } from '../faults/house.js'
import { patientLimits } from '../support/patientLimits.js'
import { silentLogger } from '../support/silentLogger.js'
import type { ServerSettings } from '../support/startServer.js'
import { hasLeft, listensAt } from '../support/wholeServers.js'

export type ComposedServer = RealHouse<ServedHere> & {
  /** Of the operators' own port. */
  readonly operatorUrl: string
  readonly notices: readonly string[]
  readonly clock: Clock
  /** Moves time on; whoever slept until then wakes. */
  readonly pass: (ms: number) => void
  /** Moves what the clock says and nothing else: time that runs by itself does not notice. */
  readonly leap: (ms: number) => void
}

/** Settings as in the environment. */
export const composeServer = async (settings: ServerSettings = {}): Promise<ComposedServer> => {
  const given = settings['DATA_DIR']
  const dataDir = given ?? (await mkdtemp(join(tmpdir(), 'homeserver-composed-')))
  const LIMITS = patientLimits(settings['LIMITS'])
  const defaults = { PORT: '0', DATA_DIR: dataDir, DOMAIN: 'example.org', OPERATOR_ON_MAIN_PORT: 'on' }
  const read = readConfig(readArguments([]), { ...defaults, ...settings, LIMITS })
  if ('problems' in read) throw new Error(read.problems.join('\n'))
  const hand = handClock()
  let leapt = 0
  const clock: Clock = { now: () => hand.now() + leapt, sleep: (ms, signal) => hand.sleep(ms, signal) }
  const stopwatch = { elapsed: () => hand.now() }
  const world = { clock, stopwatch, random: systemRandom, logger: silentLogger }
  const { url, notices, close } = await startServer(read.config, world)
  listensAt(url)
  const ready = JSON.parse(await readFile(join(dataDir, 'ready.json'), 'utf8')) as { readonly operatorUrl: string }
  const stop = async (): Promise<number> => {
    await close()
    hasLeft(url)
    if (given === undefined) await rm(dataDir, { recursive: true, force: true })
    return 0
  }
  const house = await houseAt(
    { url, dataDir, stop },
    () => clock.now(),
    parseDomain(settings['DOMAIN'] ?? defaults.DOMAIN),
  )
  return {
    ...house,
    operatorUrl: ready.operatorUrl,
    notices,
    clock,
    pass: (ms) => {
      hand.advance(ms)
    },
    leap: (ms) => {
      leapt += ms
    },
  }
}
