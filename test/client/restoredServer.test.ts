/** A homeserver that was restored from an export: clients see that the log is another one, and come into step with it. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { type RunningServer, startServer } from '../support/startServer.js'
import { LogChanged } from '#src/client/index.js'
import { groupAt, groupOf, inStep, openHouse, type Player, type House } from '../scenarios/house.js'

const cli = join(dirname(fileURLToPath(import.meta.url)), '../../../cli/main.js')
const homeserver = (dataDir: string, ...words: readonly string[]) =>
  promisify(execFile)(process.execPath, [cli, ...words, '--data-dir', dataDir])

describe('A restored homeserver', () => {
  let house: House
  let place: string
  let restored: RunningServer | undefined
  let alice: Player
  let bob: Player

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'homeserver-restored-'))
    house = await openHouse()
    alice = await house.register('alice')
    bob = await house.register('bob')
  })

  afterEach(async () => {
    await house.close()
    await restored?.stop()
    await rm(place, { recursive: true })
  })

  const backUp = async (): Promise<void> => {
    await homeserver(house.server.dataDir, 'events', 'export', join(place, 'events.jsonl'))
  }

  /** The same address, keys and assets; the log as it was backed up. */
  const restore = async (): Promise<void> => {
    const { server } = house
    const dataDir = join(place, 'data')
    for (const part of ['keys', 'blobs']) await cp(join(server.dataDir, part), join(dataDir, part), { recursive: true })
    await homeserver(dataDir, 'events', 'import', join(place, 'events.jsonl'))
    const { port } = new URL(server.url)
    await server.stop()
    restored = await startServer({ DATA_DIR: dataDir, PORT: port })
  }

  it('takes clients up again that went on running, by fetch and live', async () => {
    const group = await groupOf(alice, bob)
    await group.send('before the backup')
    await bob.untilText('before the backup')
    await alice.client.sync()
    await backUp()

    await group.update()
    await group.send('lost with the disk')
    await bob.untilText('lost with the disk')
    await bob.client.connect()
    await restore()

    await alice.untilEvent('outOfStep')
    await alice.untilEvent('resynced')
    for await (const { type } of bob.client.events()) if (type === 'resynced') break
    await alice.until(() => group.epoch() === groupAt(bob, group).epoch())
    await group.send('after the restore')
    await bob.untilText('after the restore')
    await groupAt(bob, group).send('and back')
    await alice.untilText('and back')
  })
  it('has no send of a client that has not looked since, though the epoch has the same number', async () => {
    const group = await groupOf(alice, bob)
    await alice.client.sync()
    await backUp()
    await group.update()
    await bob.until(() => groupAt(bob, group).epoch() === group.epoch())
    await restore()
    await bob.untilEvent('resynced')
    expect(groupAt(bob, group).epoch()).to.equal(group.epoch())

    const sent = await group.send('for nobody').catch((error: unknown) => error)
    expect(sent).to.be.an.instanceOf(LogChanged)
    await alice.untilEvent('resynced')
    await inStep(bob, alice, group)
    await group.send('for bob')
    await bob.untilText('for bob')
    expect(bob.texts()).to.deep.equal(['for bob'])
    expect(bob.events.filter(({ type }) => type === 'missed')).to.deep.equal([])
  })

  it('does not count a send that it takes as one of the log before', async () => {
    const group = await groupOf(alice, bob)
    await alice.client.sync()
    await backUp()
    await restore()
    const sent = await group.send('which log?').catch((error: unknown) => error)
    expect(sent).to.be.an.instanceOf(LogChanged)
    expect(sent).to.have.property('code', 'log-changed')
  })

  it('makes clients name what only the log before had acknowledged, and nothing else', async () => {
    const group = await groupOf(alice, bob)
    await group.send('before the backup, and seen')
    await alice.client.sync()
    await group.send('before the backup')
    await backUp()
    await group.send('lost')
    await group.send(Uint8Array.of(0xff, 1))
    await restore()

    const { messages } = await alice.untilEvent('unconfirmed')
    expect(messages.map(({ data }) => [...data])).to.deep.equal([[...Buffer.from('lost')], [0xff, 1]])
    await alice.client.sync()
    await bob.untilText('before the backup')
    expect(alice.events.filter(({ type }) => type === 'unconfirmed')).to.have.length(1)
  })

  it('makes clients name it also after they were stopped, and when their group is gone', async () => {
    await alice.client.sync()
    await backUp()
    const group = await groupOf(alice, bob)
    await group.send('in a group that is gone')
    await restore()
    alice = await alice.restart()
    await alice.client.sync()
    const { messages } = await alice.untilEvent('unconfirmed')
    expect(messages.map(({ text }) => text)).to.deep.equal(['in a group that is gone'])
    expect(groupAt(alice, group).status()).to.equal('removed')
  })

  it('needs no Commit of clients that it has nothing behind', async () => {
    const group = await groupOf(alice, bob)
    await alice.client.sync()
    await backUp()
    await restore()
    await Promise.all([alice.untilEvent('resynced'), bob.untilEvent('resynced')])
    await group.send('as before')
    await bob.untilText('as before')
    expect([group.epoch(), groupAt(bob, group).epoch()]).to.deep.equal([1n, 1n])
  })

  it('has what was on its way when the client stopped, encrypted anew', async () => {
    const group = await groupOf(alice, bob)
    await alice.client.sync()
    await backUp()
    await group.update()
    await bob.until(() => groupAt(bob, group).epoch() === group.epoch())
    await house.server.crash()
    const sending = group.send('on its way').catch(() => undefined)
    await alice.untilStored(async (store) => {
      const record = await store.get(`group/${group.id}`)
      return new TextDecoder().decode(record).includes('"idempotencyKey"')
    })
    await alice.client.close()
    await sending
    await restore()
    // The first to come back makes an epoch of the number that the message was encrypted under: another one.
    await bob.untilEvent('resynced')
    alice = await alice.restart()
    await alice.until(() => groupAt(alice, group).status() === 'active')
    await bob.untilText('on its way')
  })
})
