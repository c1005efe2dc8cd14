/** `npm run demo`: performs the play, prints the transcript, and fails if anybody saw less, more or another order. */
import { openHomeserver } from './homeserver.js'
import { readOptions, usage } from './options.js'
import { perform } from './play.js'
import { openStage } from './stage.js'
import { newTranscript } from './transcript.js'

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const run = async (): Promise<boolean> => {
  const options = readOptions(process.argv.slice(2))
  const homeserver = await openHomeserver(options)
  const transcript = newTranscript(print)
  const stage = openStage(homeserver.urls, transcript)
  print(`homeserver at ${homeserver.urls.join(', ')}`)
  const tag = options.servers.length > 0 ? `-${Date.now().toString(36)}` : ''
  const failures: string[] = []
  const fail = (error: unknown): void => {
    failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  try {
    await perform({ stage, homeserver, transcript, tag })
  } catch (error) {
    fail(error)
  }
  await stage.closeAll().catch(fail)
  await homeserver.stop()
  const faults = [...failures, ...transcript.faults()]
  const { said, seen } = transcript.counts()
  print('')
  for (const fault of faults) print(`FAULT ${fault}`)
  print(
    `${said} messages said, ${seen} read; ${faults.length === 0 ? 'each once and in order' : `${faults.length} faults`}`,
  )
  return faults.length === 0
}

try {
  process.exitCode = (await run()) ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`)
  process.exitCode = 64
}
process.exit()
