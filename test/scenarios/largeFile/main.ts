/** A process of its own that sends and downloads a file of so many MiB, and says by how much it grew: `node largeFile/main.js URL MiB`. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createAccount, type FileProgress, memoryStore } from '#src/client/node.js'
import { digestOf, fileOf, MiB } from '../film.js'

/** What a large file cost, in MiB above what was there before it: what the process held on to, and what it grew by. */
export type Growth = {
  readonly heldUp: number
  readonly heldDown: number
  readonly process: number
  readonly isSame: boolean
}

const [url = '', size = '64'] = process.argv.slice(2)
const alice = await createAccount({ server: url, store: memoryStore(), handle: 'alice' })
const group = await alice.createGroup()

/** How often it is looked what is held: after a collection, for what is let go is no growth. */
const lookEveryBytes = 4 * MiB
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heldNow = (): number => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / MiB
}

const watched = () => {
  const before = heldNow()
  let held = before
  let next = 0
  const onProgress = ({ bytes }: FileProgress): void => {
    if (bytes < next) return
    next = bytes + lookEveryBytes
    held = Math.max(held, heldNow())
  }
  return { onProgress, held: () => held - before }
}

const sendAndDownload = async (file: ReturnType<typeof fileOf>): Promise<Growth> => {
  const before = process.memoryUsage().rss
  const [up, down] = [watched(), watched()]
  const message = await group.sendFile(file, { name: 'film.mp4', onProgress: up.onProgress })
  const { onProgress } = down
  const digest = await digestOf(alice.attachmentsOf(message)[0]!.download({ onProgress }))
  const grown = (process.memoryUsage().rss - before) / MiB
  return { heldUp: up.held(), heldDown: down.held(), process: grown, isSame: digest === file.digest }
}

// What any file costs is there already.
await sendAndDownload(fileOf(2 * MiB))
process.stdout.write(JSON.stringify(await sendAndDownload(fileOf(Number(size) * MiB))))
await alice.close()
