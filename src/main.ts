/** Starts the server: `npm start`. Prints where it listens on stdout and nothing else there; logs go to stderr. */
import { systemClock, systemStopwatch } from './adapters/system/clock.js'
import { jsonLog } from './adapters/system/logger.js'
import { systemRandom } from './adapters/system/random.js'
import { readArguments } from './compose/settings/arguments.js'
import { readConfig } from './compose/settings/config.js'
import type { Config } from './compose/settings/config.js'
import { exitCodesLine, helpOf, otherFlags, whereSettingsStand } from './compose/settings/helpText.js'
import { startServer } from './compose/server.js'
import type { Server } from './compose/server.js'
import { settingNames } from './compose/settings/settings.js'
import { complain, complainOfBug, outliveReaders, say } from './compose/process/standardStreams.js'
import { StartupProblem } from './compose/process/startupProblem.js'
import type { ExitCode } from './compose/process/startupProblem.js'
import { stopSignal } from './compose/process/stopSignal.js'
import { version } from './compose/version.js'

const main = async (): Promise<ExitCode> => {
  const given = readArguments(process.argv.slice(2))
  if (given.switches.has('help')) return answer(help)
  if (given.switches.has('version')) return answer(`mls-homeserver ${version}`)
  const read = readConfig(given, process.env)
  const strangers = given.words.map((word) => `${JSON.stringify(word)} is not a setting: --help lists them`)
  const problems = [...strangers, ...('problems' in read ? read.problems : [])]
  problems.forEach(complain)
  return 'problems' in read || problems.length > 0 ? 78 : serve(read.config, read.warnings)
}

const help = [
  'usage: node dist/main.js [settings]     or: npm start -- [settings]',
  '',
  'Serves until SIGTERM, SIGINT or SIGHUP. With nothing set, everything is embedded in ./data.',
  'Example: node dist/main.js --port 9000 --data-dir /var/lib/homeserver',
  '',
  ...helpOf(settingNames),
  ...otherFlags,
  '',
  whereSettingsStand,
  exitCodesLine,
  'From a terminal: node dist/cli/main.js --help',
].join('\n')

const answer = (text: string): ExitCode => {
  say(text)
  return 0
}

/** Until a signal asks for the end. One that comes during the start ends it there: a start may be cut anywhere. */
const serve = async (config: Config, warnings: readonly string[]): Promise<ExitCode> => {
  const logger = jsonLog(
    config.logLevel,
    (line) => void process.stderr.write(line),
    () => systemClock.now(),
  )
  for (const warning of warnings) logger.warn(warning)
  const stopped = stopSignal()
  try {
    const starting = startServer(config, {
      clock: systemClock,
      stopwatch: systemStopwatch,
      random: systemRandom,
      logger,
    })
    const server = await Promise.race([starting, stopped])
    if (server === undefined) return 0
    server.notices.forEach(complain)
    announce(server, config)
    const useless = await Promise.race([stopped, server.uselessness])
    await server.close()
    if (useless === undefined) return 0
    complain(useless)
    return 74
  } catch (error) {
    if (!(error instanceof StartupProblem)) throw error
    complain(error.message)
    return error.exitCode
  }
}

/** stdout, once listening, in names that scripts may rely on. */
const announce = (server: Server, config: Config): void => {
  const lines = [`ready ${server.url}`, `data ${config.dataDir}`, `docs ${server.url}/docs`]
  if (server.newOperatorToken !== undefined) lines.push(`operator-token ${server.newOperatorToken}`)
  say(lines.join('\n'))
}

const die = (what: string, error: unknown): never => {
  complainOfBug(what, error)
  return process.exit(70)
}

outliveReaders()
process.on('unhandledRejection', (reason) => die('a rejection nobody awaited', reason))
process.on('uncaughtException', (error) => die('an error nobody caught', error))
// Whatever may still be open was not to be served from.
process.exit(await main().catch((error: unknown) => die('the server ends', error)))
