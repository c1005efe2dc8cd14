/** Under which names streams stand in a log: what is of its own server as ever, what is of another by its domain. */
import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { followedStream } from '#src/events/followed.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import { serverStream } from '#src/events/server.js'
import { userStream } from '#src/events/user.js'
import { domainOf, localPart } from '#src/mls/wire/ids.js'
import type { GroupId, UserId } from '#src/mls/wire/ids.js'
import type { EventStore, NewEvent } from '#src/ports/eventStore.js'
import { accept } from '#src/streams/decider.js'
import { withNamesInLog } from '#src/streams/namesInLog.js'
import { makeStreams } from '#src/streams/streams.js'
import { counter } from './counter.js'
import type { Counted } from './counter.js'

const golden = JSON.parse(await readFile('test/golden/events/group.GroupFollowed.v1.json', 'utf8')) as {
  readonly event: { readonly data: { readonly group: GroupId } }
}
const followed = golden.event.data.group
const random = localPart(followed)
const ours = 'here.example'
const own = `mimi://${ours}/g/${random}` as GroupId
const third = `mimi://third.example/g/${random}` as GroupId

let count = 0
const event = (type: string, data: object): NewEvent => ({
  id: `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
  type,
  data: data as NewEvent['data'],
  meta: { v: 1, at: 1, command: 'c', bodyHash: '' },
})

const begun = async (): Promise<{ readonly log: EventStore; readonly named: EventStore }> => {
  const log = openMemoryEventStore()
  await log.append(
    serverStream,
    [event('ServerInitialised', { domain: ours, logId: 'l', keysFingerprint: 'k' })],
    'none',
  )
  return { log, named: withNamesInLog(log) }
}
const inLog = async (log: EventStore): Promise<readonly string[]> =>
  (await log.readAll({ after: 0 as never })).slice(1).map(({ stream }) => stream)

describe('the streams of a log', () => {
  it('bear no domain where they are of its server, and that of their home where they are of another', async () => {
    const { log, named } = await begun()
    for (const group of [own, followed, third])
      for (const stream of [groupStream(group), messagesStream(group), followedStream(group)])
        await named.append(stream, [event('Counted', { by: 1 })], 'none')
    await named.append(userStream(`mimi://${ours}/u/${random}` as UserId), [event('Counted', { by: 1 })], 'none')
    const at = (home: string) => ['group', 'messages', 'followed'].map((category) => `${category}-${random}${home}`)
    const homes = [`@${domainOf(followed)}`, '@third.example']
    expect(await inLog(log)).to.deep.equal([...at(''), ...homes.flatMap(at), `user-${random}`])
  })

  it('are found by either name, by every question', async () => {
    const { log, named } = await begun()
    const written = event('Counted', { by: 1 })
    await named.append(groupStream(own), [written, event('Counted', { by: 2 })], 'none')
    const bare = `group-${random}`
    for (const stream of [bare, groupStream(own)]) {
      expect((await named.readStream(stream)).length).to.equal(2)
      expect((await named.last(stream))?.data).to.deep.equal({ by: 2 })
      expect((await named.find(stream, written.id))?.data).to.deep.equal({ by: 1 })
    }
    await named.truncate(groupStream(own), 1)
    expect((await log.readStream(bare)).length).to.equal(1)
  })

  it('stay where they were begun before homes stood in names, of that very group alone', async () => {
    const { log } = await begun()
    await log.append(`group-${random}`, [event('GroupFollowed', golden.event.data)], 'none')
    const named = withNamesInLog(log)
    for (const group of [followed, third])
      for (const stream of [messagesStream(group), followedStream(group)])
        await named.append(stream, [event('Counted', { by: 1 })], 'none')
    expect((await named.readStream(groupStream(followed))).length).to.equal(1)
    expect((await named.readStream(groupStream(third))).length).to.equal(0)
    const bare = [`messages-${random}`, `followed-${random}`]
    expect((await inLog(log)).slice(1)).to.deep.equal([...bare, ...bare.map((name) => `${name}@third.example`)])
  })

  it('are folded under their names in the log, by which others are heard', async () => {
    const { log, named } = await begun()
    const heard: ((stream: string, revision: number) => void)[] = []
    const hearing = {
      listen: (listener: (stream: string, revision: number) => void) => heard.push(listener),
      caughtUp: () => Promise.resolve(true),
    }
    const events: EventStore = { ...named, exclusive: false, hearing }
    const streams = makeStreams({
      ...{ events, snapshots: openMemorySnapshots(), cacheBytesMax: 1e6 },
      pause: () => Promise.resolve(),
    })
    for (const listener of heard) listener('other', 0)
    const add = (by: number) =>
      streams.execute(counter, groupStream(own), { id: `c${by}`, bodyHash: '', at: 1 }, () =>
        accept<Counted>({ type: 'Counted', data: { by } }),
      )
    await add(1)
    expect((await streams.read(counter, groupStream(own))).state).to.equal(1)
    const { stream, revision } = (await log.last(`group-${random}`))!
    await log.append(stream, [{ ...event('Counted', { by: 5 }) }], revision)
    for (const listener of heard) listener(stream, revision + 1)
    expect((await streams.read(counter, groupStream(own))).state).to.equal(6)
  })

  it('say what the log says of itself, when it says it', async () => {
    const { log } = await begun()
    const said: { version?: string } = {}
    const late = Object.defineProperty({ ...log }, 'experience', { get: () => said.version, enumerable: true })
    const named = withNamesInLog(late)
    said.version = 'tried'
    expect(named.experience).to.equal('tried')
  })
})
