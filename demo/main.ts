/** `npm run demo`: performs a play, prints the transcript, and fails if anybody saw less, more or another order. */
import { openAfternoon } from './afternoon.js'
import { openFederation } from './federation/show.js'
import { type DemoOptions, readOptions, usage } from './options.js'
import { newTranscript } from './transcript.js'

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const run = async (options: DemoOptions): Promise<boolean> => {
  const transcript = newTranscript(print)
  const show = await (options.play === 'federation'
    ? openFederation(transcript, print)
    : openAfternoon(options, transcript, print))
  const failures: string[] = []
  const fail = (error: unknown): void => {
    failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  await show.perform().catch(fail)
  await show.stage.closeAll().catch(fail)
  const reviewed = show.review?.() ?? []
  await show.stop()
  const faults = [...failures, ...reviewed, ...transcript.faults()]
  const { said, seen } = transcript.counts()
  print('')
  for (const fault of faults) print(`FAULT ${fault}`)
  const fine = `each once and in order${show.review === undefined ? '' : ', and each client asked its own server alone'}`
  print(`${said} messages said, ${seen} read; ${faults.length === 0 ? fine : `${faults.length} faults`}`)
  return faults.length === 0
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) print(usage)
  else process.exitCode = (await run(options)) ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`)
  process.exitCode = 64
}
process.exit()
