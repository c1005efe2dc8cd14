// Two clients chat through a homeserver. Start one (`npm start`), then: node examples/chat.mjs [URL]
import { createAccount, memoryStore } from 'mls-homeserver/client'

const server = process.argv[2] ?? 'http://127.0.0.1:8080'
const name = (who) => `${who}-${Date.now().toString(36)}`

// An account is a user with its first client: keys made here, a certificate from the server, KeyPackages published.
const alice = await createAccount({ server, store: memoryStore(), handle: name('alice') })
const bobsHandle = name('bob')
const bob = await createAccount({ server, store: memoryStore(), handle: bobsHandle })
await Promise.all([alice.connect(), bob.connect()])

// Alice finds Bob, makes a group, adds him, writes. Bob's client verifies hers against the server's published root.
const group = await alice.createGroup()
await group.invite(await alice.findUser(bobsHandle))
await group.send('Hello Bob!')

for await (const message of bob.messages()) {
  console.log(`bob reads: ${message.text}`)
  await message.reply('Hello Alice!')
  break
}
for await (const message of alice.messages()) {
  console.log(`alice reads: ${message.text}`)
  break
}
await Promise.all([alice.close(), bob.close()])
