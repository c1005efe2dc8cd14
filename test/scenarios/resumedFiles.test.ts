/** Files whose sending a restart cut short: they go on by themselves where they can be opened again, and say so where not. */
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ClientEvent, FileSource, Group, OpenFile } from '#src/client/index.js'
import * as node from '#src/client/node.js'
import { temporaryDirectory } from '../adapters/temporaryDirectory.js'
import { attachmentTo, digestOf, fileOf, MiB, onceAt } from './film.js'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'

describe('Files that a restart cut short', () => {
  let house: House
  let alice: Player
  let bob: Player
  let group: Group
  let round = 0
  before(async () => {
    house = await openHouse({}, 120_000)
  })
  beforeEach(async () => {
    round++
    alice = await house.register(`alice${round}`)
    bob = await house.register(`bob${round}`)
    group = await groupOf(alice, bob)
  })
  after(() => house.close())

  const cutShort = async (file: FileSource): Promise<void> => {
    const onProgress = onceAt(0.4, () => void alice.client.close())
    const sending = group.sendFile(file, { name: 'long.bin', type: 'text/plain', onProgress })
    expect(await sending.catch((error: unknown) => error)).to.be.instanceOf(Error)
  }
  const ofType = <T extends ClientEvent['type']>(type: T, { events }: Player) =>
    events.filter((event): event is Extract<ClientEvent, { type: T }> => event.type === type)

  it('go on by themselves over a restart of the client and one of the server, from where they were, and come once', async () => {
    const film = fileOf(12 * MiB, 4)
    await cutShort(film)
    await house.server.crash()
    await house.server.restart()
    const asked: unknown[] = []
    const readFrom: number[] = []
    const openFile: OpenFile = (name, said) => {
      asked.push({ name, ...said })
      const slice = (start: number) => (readFrom.push(start), film.slice!(start))
      return Promise.resolve({ ...film, slice })
    }
    alice = await alice.restart(undefined, { openFile })
    expect(await alice.client.unfinishedFiles(), 'it is under way').to.deep.equal([])
    const { message } = await alice.untilEvent('fileSent')
    expect(alice.client.attachmentsOf(message)[0]).to.include({ name: 'long.bin', size: film.size })
    const said = { group: group.id, type: 'text/plain', size: film.size, path: undefined, lastModified: undefined }
    expect(asked).to.deep.equal([{ name: 'long.bin', ...said }])
    expect(readFrom[0]).to.be.greaterThan(film.size * 0.3)
    expect(await digestOf((await attachmentTo(bob, 'long.bin')).download())).to.equal(film.digest)
    await groupAt(alice, group).send('that was it')
    await bob.untilText('that was it')
    expect(bob.texts()).to.deep.equal(['long.bin', 'that was it'])
    alice = await alice.restart(undefined, { openFile })
    await alice.client.sync()
    expect(asked).to.have.length(1)
    expect(ofType('fileSent', alice)).to.deep.equal([])
  })

  it('go on when the server is away at first', async () => {
    const film = fileOf(3 * MiB, 5)
    await cutShort(film)
    let attempts = 0
    let outage: Promise<void> | undefined
    const openFile: OpenFile = async () => {
      attempts++
      if (attempts === 1) await house.server.crash()
      else outage ??= house.server.restart()
      return film
    }
    const { client } = await alice.restart(undefined, { openFile, patienceMs: 100 })
    for await (const { type } of client.events()) if (type === 'fileSent') break
    await outage
    expect(attempts).to.be.greaterThan(1)
    expect(await digestOf((await attachmentTo(bob, 'long.bin')).download())).to.equal(film.digest)
  })

  it('wait for the application where nobody opens them, or opens another one, and say so', async () => {
    const film = fileOf(3 * MiB, 6)
    await cutShort(film)
    const attempts: readonly [OpenFile | undefined, RegExp][] = [
      [undefined, /by itself/],
      [() => Promise.resolve(undefined), /nobody/],
      [() => Promise.resolve(fileOf(5)), /changed/],
      [() => Promise.reject(new Error('the disk is away')), /the disk is away/],
    ]
    for (const [openFile, reason] of attempts) {
      alice = await alice.restart(undefined, openFile === undefined ? {} : { openFile })
      const unfinished = await alice.untilEvent('fileUnfinished')
      expect(unfinished).to.include({ group: group.id, name: 'long.bin', isOver: false })
      expect(unfinished.reason).to.match(reason)
      expect((await alice.client.unfinishedFiles()).map(({ name }) => name)).to.deep.equal(['long.bin'])
    }
    const [unfinished] = await alice.client.unfinishedFiles()
    await unfinished!.resume(film)
    expect(await digestOf((await attachmentTo(bob, 'long.bin')).download())).to.equal(film.digest)
  })

  it('are over where they are other ones of the same size', async () => {
    await cutShort(fileOf(3 * MiB, 7))
    alice = await alice.restart(undefined, { openFile: () => Promise.resolve(fileOf(3 * MiB, 8)) })
    expect(await alice.untilEvent('fileUnfinished')).to.include({ name: 'long.bin', isOver: true })
    expect(await alice.client.unfinishedFiles()).to.deep.equal([])
  })

  describe('in Node', () => {
    const opened: node.Client[] = []
    afterEach(async () => {
      for (const client of opened.splice(0)) await client.close()
    })
    const openInNode = async (options: Pick<node.Options, 'openFile'> = {}): Promise<node.Client> => {
      const server = house.server.url.split(',')
      const client = await node.openClient({ server, store: alice.store, ...options })
      opened.push(client)
      return client
    }
    const { path: folder, remove } = temporaryDirectory()
    after(remove)
    const onDisk = async (): Promise<string> => {
      const path = join(folder, 'film.mp4')
      await writeFile(path, Buffer.alloc(3 * MiB, 'film'))
      return path
    }
    const unfinishedIn = async (client: node.Client): Promise<unknown> => {
      for await (const event of client.events()) if (event.type === 'fileUnfinished') return event.name
      return undefined
    }

    it('are opened again at their path, without a word of the application', async () => {
      await cutShort(await node.fileAt(await onDisk()))
      await openInNode()
      const file = await attachmentTo(bob, 'long.bin')
      expect(Buffer.from(await file.download().bytes()).equals(Buffer.alloc(3 * MiB, 'film'))).to.equal(true)
    })

    it('are not, where the file was written since, is gone, or the application opens files itself', async () => {
      const path = await onDisk()
      await cutShort(await node.fileAt(path))
      const openFile: OpenFile = () => Promise.resolve(undefined)
      expect(await unfinishedIn(await openInNode({ openFile }))).to.equal('long.bin')
      await opened.splice(0)[0]!.close()
      await utimes(path, 1, 1)
      const client = await openInNode()
      expect(await unfinishedIn(client)).to.equal('long.bin')
      expect((await client.unfinishedFiles()).map((file) => file.path)).to.deep.equal([path])
    })
  })
})
