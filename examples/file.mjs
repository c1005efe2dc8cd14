// Alice sends a file, Bob saves it. Start a homeserver (`npm start`), then: node examples/file.mjs FILE [URL] [FOLDER]
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createAccount, fileAt, memoryStore } from 'mls-homeserver/client/node'

const [path, server = 'http://127.0.0.1:8080', folder = 'received'] = process.argv.slice(2)
if (path === undefined) throw new Error('which file? node examples/file.mjs FILE [URL] [FOLDER]')
const name = (who) => `${who}-${Date.now().toString(36)}`

/** A bar on a terminal; a line for each quarter elsewhere, where nobody wipes out what was written. */
const progress = (what) => {
  let quarter = -1
  return ({ bytes, size }) => {
    const done = size === 0 ? 1 : bytes / size
    const percent = `${Math.floor(done * 100)} %`
    if (process.stdout.isTTY) {
      const bar = '█'.repeat(Math.round(done * 30)).padEnd(30, '░')
      process.stdout.write(`\r${what} ${bar} ${percent.padStart(5)}${done === 1 ? '\n' : ''}`)
    } else if (Math.floor(done * 4) > quarter) {
      quarter = Math.floor(done * 4)
      console.log(`${what} ${percent}`)
    }
  }
}

const alice = await createAccount({ server, store: memoryStore(), handle: name('alice') })
const bobsHandle = name('bob')
const bob = await createAccount({ server, store: memoryStore(), handle: bobsHandle })
await Promise.all([alice.connect(), bob.connect()])
const group = await alice.createGroup()
await group.invite(await alice.findUser(bobsHandle))

// Encrypted here; the server stores bytes that it cannot read, and goes on where it was when either of the two was away.
await group.sendFile(await fileAt(path), { onProgress: progress('alice sends') })

for await (const message of bob.messages()) {
  const [file] = message.attachments
  if (file === undefined) continue
  await mkdir(folder, { recursive: true })
  const to = join(folder, file.name)
  // Each piece is verified before it is handed out; the end of the stream is the end of the file, or it throws.
  await pipeline(file.download({ onProgress: progress('bob fetches') }), createWriteStream(to))
  console.log(`bob has ${to}, ${file.size} bytes`)
  break
}
await Promise.all([alice.close(), bob.close()])
