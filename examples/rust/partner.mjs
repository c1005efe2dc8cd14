// Who talks with the member in Rust, by the SDK: adds it to a group, asks for what it does, removes it.
// Usage: node examples/rust/partner.mjs URL HANDLE
import { setTimeout as pause } from 'node:timers/promises'
import { createAccount, memoryStore } from 'mls-homeserver/client'

const [server, handle] = process.argv.slice(2)
const alice = await createAccount({ server, store: memoryStore(), handle: `alice-${crypto.randomUUID().slice(0, 8)}` })
await alice.connect()
const messages = alice.messages()[Symbol.asyncIterator]()

/** It may not have registered yet, or not have published its KeyPackages. */
const patiently = async (attempt) => {
  for (let tries = 0; tries < 120; tries += 1, await pause(500)) {
    const made = await attempt()
    if (made !== undefined) return made
  }
  throw new Error(`${handle} does not come`)
}

const group = await alice.createGroup()
const other = await patiently(() => alice.findUser(handle))
await patiently(async () => {
  const { added } = await group.invite(other)
  return added.length > 0 ? added : undefined
})

/** Says something and answers what the member says to it. */
const ask = async (text) => {
  const said = await group.send(text)
  const { value } = await messages.next()
  if (value.from.user !== other) throw new Error(`from ${value.from.user}`)
  console.log(`reads at epoch ${group.epoch()}: ${value.text}${value.inReplyTo === said.id ? ' (a reply)' : ''}`)
}

await ask('Hello Rust!')
/** More than OpenMLS would step over in a ratchet; signals are in none. */
const signals = 5_000
const signalling = async () => {
  for (let n = 0; n < signals / 20; n += 1) await group.signal('typing')
}
await Promise.all(Array.from({ length: 20 }, signalling))
console.log(`signalled ${signals} times`)
await ask('Please update your keys.')
await group.update()
await ask('Now lose everything.')
await group.send('Goodbye.')
await group.remove(other)
console.log(`removed it, ${group.members().length} member is left`)
await alice.close()
