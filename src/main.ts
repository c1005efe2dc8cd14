/** Starts the server: `npm start`. Prints where it listens on stdout and nothing else there; logs go to stderr. */
import { systemClock } from './adapters/system/clock.js'
import { jsonLog } from './adapters/system/logger.js'
import { systemRandom } from './adapters/system/random.js'
import { startServer } from './compose/server.js'
import type { Server } from './compose/server.js'
import { readConfig } from './compose/config.js'
import type { Config } from './compose/config.js'
import { StartupProblem } from './compose/startupProblem.js'
import type { ExitCode } from './compose/startupProblem.js'

const complain = (line: string): void => {
  process.stderr.write(`homeserver: ${line}\n`)
}

const main = async (): Promise<void> => {
  const read = readConfig(process.argv.slice(2), process.env)
  if ('problems' in read) {
    read.problems.forEach(complain)
    process.exitCode = 78
    return
  }
  const stopped = stopSignal()
  const starting = start(read.config)
  // A start may be cut short anywhere, and one that waits for a store is not to be waited for.
  if ((await Promise.race([starting, stopped])) === undefined) process.exit(0)
  const server = await starting
  announce(server, read.config)
  await stopped
  await server.close()
  process.exit(0)
}

const start = async (config: Config): Promise<Server> => {
  const logger = jsonLog(
    config.logLevel,
    (line) => void process.stderr.write(line),
    () => systemClock.now(),
  )
  try {
    return await startServer(config, { clock: systemClock, random: systemRandom, logger })
  } catch (error) {
    // Whatever may still be open was not to be served from.
    return process.exit(report(error))
  }
}

const report = (error: unknown): ExitCode => {
  if (error instanceof StartupProblem) {
    complain(error.message)
    return error.exitCode
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 70
}

/** stdout, once listening, in names that scripts may rely on. */
const announce = (server: Server, config: Config): void => {
  const lines = [`ready ${server.url}`, `data ${config.dataDir}`, `docs ${server.url}/docs`]
  if (server.newOperatorToken !== undefined) lines.push(`operator-token ${server.newOperatorToken}`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** Resolves at the first SIGTERM or SIGINT; the second one ends the process at once. */
const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    let asked = false
    const stop = (): void => {
      if (asked) process.exit(0)
      asked = true
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })

process.on('unhandledRejection', (reason) => {
  complain(`bug: a rejection nobody awaited: ${reason instanceof Error ? (reason.stack ?? '') : String(reason)}`)
  process.exit(70)
})

await main()
