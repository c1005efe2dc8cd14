/** Files in groups: what one sends the other opens, over a killed server and a stopped client; nobody else does. */
import { createHash } from 'node:crypto'
import { expect } from 'chai'
import type { FileAttachment, FileProgress, FileSource, MessageEvent } from '#src/client/index.js'
import { seeded } from '../ports/seeded.js'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'

const MiB = 1_048_576

/** A file of bytes that follow from its seed, read as often as one likes. */
const fileOf = (size: number, seed = 1): FileSource & { readonly digest: string } => {
  const random = seeded(seed)
  const block = new Uint8Array(Math.min(size, MiB)).map(() => random.integer(256))
  const from = async function* (start: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < size;) {
      const piece = block.subarray(at % MiB, Math.min(MiB, (at % MiB) + size - at))
      yield Promise.resolve(piece)
      at += piece.length
    }
  }
  const hash = createHash('sha256')
  for (let at = 0; at < size; at += MiB) hash.update(block.subarray(0, size - at))
  const slice = (start: number) => ({ stream: () => from(start) })
  return { size, stream: () => from(0), slice, digest: hash.digest('hex') }
}

const digestOf = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const hash = createHash('sha256')
  for await (const piece of bytes) hash.update(piece)
  return hash.digest('hex')
}

/** Calls once, as soon as that much is there. */
const onceAt = (part: number, call: () => void): ((progress: FileProgress) => void) => {
  let isDone = false
  return ({ bytes, size }) => {
    if (isDone || bytes < size * part) return
    isDone = true
    call()
  }
}

const attachmentTo = async (player: Player, name: string): Promise<FileAttachment> => {
  const found = await player.until(() =>
    player.events
      .filter((event): event is MessageEvent => event.type === 'message')
      .flatMap(({ attachments }) => attachments)
      .find((file) => file.name === name),
  )
  return found
}

describe('Files', function () {
  this.timeout(240_000)
  let house: House
  before(async () => {
    house = await openHouse({}, 120_000)
  })
  after(() => house.close())
  let people = 0
  const register = (name: string): Promise<Player> => house.register(`${name}${people++}`)

  it('of 40 MiB are opened by who is in the group, over a kill -9 in the upload and one in the download', async () => {
    const [alice, bob] = [await register('alice'), await register('bob')]
    const group = await groupOf(alice, bob)
    const film = fileOf(40 * MiB)
    let outage: Promise<void> = Promise.resolve()
    const breakDown = (): void => {
      outage = house.server.crash().then(() => house.server.restart())
    }
    const sent: number[] = []
    const onSent = onceAt(0.3, breakDown)
    await group.sendFile(film, {
      name: 'film.mp4',
      type: 'video/mp4',
      onProgress: (progress) => {
        sent.push(progress.bytes)
        onSent(progress)
      },
    })
    await outage
    expect(sent.at(-1)).to.equal(film.size)
    // It went on from what was there: nothing before the break was sent again.
    const third = sent.findIndex((bytes) => bytes >= film.size * 0.3)
    expect(Math.min(...sent.slice(third))).to.be.at.least(sent[third]! - 4 * MiB)

    const file = await attachmentTo(bob, 'film.mp4')
    expect(file).to.include({ name: 'film.mp4', type: 'video/mp4', size: film.size })
    const got = await digestOf(file.download({ onProgress: onceAt(0.3, breakDown) }))
    await outage
    expect(got).to.equal(film.digest)
    const some = await file.download({ range: { start: 30 * MiB + 5, end: 30 * MiB + 70_005 } }).bytes()
    expect(await digestOf(one(some))).to.equal(
      await digestOf(one((await file.download().bytes()).subarray(30 * MiB + 5, 30 * MiB + 70_005))),
    )
  })

  async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield Promise.resolve(bytes)
  }

  it('are nothing to a third, with or without the address', async () => {
    const [alice, bob, carol] = await Promise.all(['alice', 'bob', 'carol'].map((name) => register(name)))
    const group = await groupOf(alice!, bob!)
    const { content } = await group.sendFile(fileOf(1000), { name: 'secret.txt' })
    if (content.type !== 'attachment') throw new Error(content.type)
    const fetchAs = async (player: Player, key: Uint8Array): Promise<unknown> => {
      const attachment = { ...content.attachment, key }
      const [file] = player.client.attachmentsOf({ content: { ...content, attachment } })
      return file
        ?.download()
        .bytes()
        .then(({ length }) => length)
        .catch((error: unknown) => error)
    }
    const key = content.attachment.key
    expect(await fetchAs(bob!, key)).to.equal(1000)
    // The address alone, a key of one's own, and no account's token.
    expect(await fetchAs(carol!, new Uint8Array(32))).to.include({ code: 'no-such-asset' })
    const url = `${house.server.url.split(',')[0]!}/v1/assets/${encodeURIComponent(content.attachment.url)}`
    expect((await fetch(url)).status).to.equal(401)
    await carol!.client.sync()
    expect((await carol!.client.take()).filter(({ type }) => type === 'message')).to.deep.equal([])
  })

  it('wait in the store when the client stops, for the right file, or to be given up', async () => {
    let alice = await register('alice')
    const bob = await register('bob')
    const group = await groupOf(alice, bob)
    const file = fileOf(12 * MiB, 2)
    const stopped = await group
      .sendFile(file, { name: 'long.bin', onProgress: onceAt(0.4, () => void alice.client.close()) })
      .catch((error: unknown) => error)
    expect(stopped).to.be.instanceOf(Error)
    alice = await alice.restart()
    const [unfinished, ...others] = await alice.client.unfinishedFiles()
    expect(others).to.deep.equal([])
    expect(unfinished).to.include({ name: 'long.bin', size: file.size, group: group.id })
    expect(await unfinished!.resume(fileOf(5)).catch((error: unknown) => error)).to.include({ name: 'FileChanged' })

    expect(await alice.client.unfinishedFiles()).to.have.length(1)
    await unfinished!.discard()
    expect(await alice.client.unfinishedFiles()).to.deep.equal([])
  })

  it('go on from what the homeserver has, and come once', async () => {
    let alice = await register('alice')
    const bob = await register('bob')
    const group = await groupOf(alice, bob)
    const file = fileOf(12 * MiB, 3)
    await group
      .sendFile(file, { name: 'long.bin', onProgress: onceAt(0.4, () => void alice.client.close()) })
      .catch(() => undefined)
    alice = await alice.restart()
    const progress: number[] = []
    const [unfinished] = await alice.client.unfinishedFiles()
    await unfinished!.resume(file, { onProgress: ({ bytes }) => progress.push(bytes) })
    expect(progress[0]).to.be.greaterThan(file.size * 0.3)
    expect(await alice.client.unfinishedFiles()).to.deep.equal([])
    const got = await attachmentTo(bob, 'long.bin')
    expect(await digestOf(got.download())).to.equal(file.digest)
    await groupAt(alice, group).send('that was it')
    await bob.untilText('that was it')
    expect(bob.texts()).to.deep.equal(['long.bin', 'that was it'])
  })

  it('are called off for good by their own signal', async () => {
    const alice = await register('alice')
    const group = await alice.client.createGroup()
    const callOff = new AbortController()
    const onProgress = onceAt(0.2, () => {
      callOff.abort(new Error('changed my mind'))
    })
    const ended = await group
      .sendFile(fileOf(6 * MiB), { name: 'never.bin', signal: callOff.signal, onProgress })
      .catch((error: unknown) => error)
    expect(ended).to.have.property('message', 'changed my mind')
    expect(await alice.client.unfinishedFiles()).to.deep.equal([])
  })

  it('that change while they are sent are refused, and not sent', async () => {
    const alice = await register('alice')
    const group = await alice.client.createGroup()
    for (const size of [1000, 2 * MiB]) {
      let readings = 0
      const changing: FileSource = { size, stream: () => fileOf(size, ++readings).stream() }
      const failed = await group.sendFile(changing, { name: 'log.txt' }).catch((error: unknown) => error)
      expect(failed, String(size)).to.include({ name: 'FileChanged' })
    }
    expect(await alice.client.unfinishedFiles()).to.deep.equal([])
  })

  it('that are no files are named before anything is asked', async () => {
    const alice = await register('alice')
    const group = await alice.client.createGroup()
    for (const wrong of [undefined, 'photo.jpg', new Uint8Array(3), { size: -1, stream: () => fileOf(1).stream() }])
      expect(await group.sendFile(wrong as never).catch((error: unknown) => error)).to.be.instanceOf(TypeError)
  })
})

describe('Files beyond what a homeserver takes', () => {
  const limits = { assetBytesMax: 3 * MiB, assetBytesPerUserMax: 4 * MiB }
  let house: House
  before(async () => {
    house = await openHouse({ LIMITS: JSON.stringify(limits) })
  })
  after(() => house.close())

  it('are refused before a byte of them is read or sent, with the numbers', async () => {
    const alice = await house.register('alice')
    const group = await alice.client.createGroup()
    const max = await alice.client.fileBytesMax()
    const unread: FileSource = {
      size: max + 1,
      stream: () => {
        throw new Error('it was read')
      },
    }
    const tooLarge = await group.sendFile(unread).catch((error: unknown) => error)
    expect(tooLarge).to.have.nested.property('problem.max', limits.assetBytesMax)
    expect(tooLarge).to.include({ code: 'too-large' })
    await group.sendFile(fileOf(max))
    const sent: number[] = []
    const beyond = await group
      .sendFile(fileOf(max), { onProgress: ({ bytes }) => sent.push(bytes) })
      .catch((error: unknown) => error)
    expect(beyond).to.include({ code: 'quota-exceeded' })
    expect(beyond).to.have.nested.property('problem.max', limits.assetBytesPerUserMax)
    expect(sent).to.deep.equal([])
    expect(await alice.client.unfinishedFiles()).to.deep.equal([])
  })
})
