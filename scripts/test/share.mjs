// One of the processes of `npm test`, and those of `npm run mutants`: is handed a test file, `{ file, only? }`, runs it in a
// mocha of its own, or of it the tests whose titles match `only`, and asks for the next until there is none. What each came
// to its reporter tells (test/reporter.cjs).
import { once } from 'node:events'
import Mocha from 'mocha'
import { loadOptions } from 'mocha/lib/cli/options.cjs'
import run from 'mocha/lib/cli/run.cjs'

const options = loadOptions(process.argv.slice(2))
run.normalizeRunOptions(options)
const { globalTeardown = [], ...each } = await run.prepareRunOptions(options)

const next = async () => {
  const handed = once(process, 'message')
  process.send('next')
  const [asked] = await handed
  return asked
}

/** How many of its tests failed. */
const runFile = async ({ file, only }) => {
  const mocha = new Mocha(only === undefined ? each : { ...each, grep: only }).addFile(file)
  await mocha.loadFilesAsync()
  const failures = await new Promise((ended) => void mocha.run(ended))
  mocha.dispose()
  return failures
}

let failures = 0
for (let asked = await next(); asked !== null; asked = await next()) {
  if (options.bail && failures > 0) continue
  failures += await runFile(asked).catch((error) => {
    const failed = [{ title: `${asked.file} is loaded`, error: String(error?.stack ?? error) }]
    process.send({ passes: 0, failures: 1, pending: 0, failed, isLoaded: false })
    return 1
  })
}
process.disconnect()
process.exitCode = Math.min(failures, 255)
for (const teardown of globalTeardown) await teardown()
