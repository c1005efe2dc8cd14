/** Files in groups: what one sends the other opens, over a killed server and a stopped client; nobody else does. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect } from 'chai'
import type { FileSource } from '#src/client/index.js'
import { sha256 } from '#src/client/crypto/digest.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { assetKeysOf } from '#src/client/assets/sealed/assetKeys.js'
import { engineOf } from './engineOf.js'
import { attachmentTo, digestOf, fileOf, MiB, onceAt } from './film.js'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'

describe('Files', () => {
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
    const ranges = downloadsAsked()
    const handedOut: number[] = []
    // Nobody reads on while the server dies: what is not in the connection's buffers by then is never sent on it.
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of file.download()) {
        const before = handedOut.at(-1) ?? 0
        handedOut.push(before + piece.length)
        if (before < film.size * 0.3 && before + piece.length >= film.size * 0.3) {
          await house.server.crash()
          outage = house.server.restart()
        }
        yield piece
      }
    }
    const got = await digestOf(broken())
    await outage
    const [whole, rest, ...others] = ranges.stop()
    expect(whole).to.equal(undefined)
    const goesOnFrom = Number(/^bytes=(\d+)-/.exec(rest ?? '')?.[1])
    expect(goesOnFrom).to.be.within(0.3 * film.size, 0.9 * film.size)
    expect(others.filter((range) => range === undefined)).to.deep.equal([])
    expect(handedOut.some((bytes) => bytes < goesOnFrom)).to.equal(true)
    expect(handedOut.at(-1)).to.equal(film.size)
    expect(got).to.equal(film.digest)
    const some = await file.download({ range: { start: 30 * MiB + 5, end: 30 * MiB + 70_005 } }).bytes()
    expect(await digestOf(one(some))).to.equal(
      await digestOf(one((await file.download().bytes()).subarray(30 * MiB + 5, 30 * MiB + 70_005))),
    )
  })

  /** The ranges that downloads of this process ask for from now on; undefined is the whole. */
  const downloadsAsked = (): { readonly stop: () => readonly (string | undefined)[] } => {
    const ranges: (string | undefined)[] = []
    const onRequest = (message: unknown): void => {
      const { method, path, headers } = (message as { request: Asked }).request
      if (method !== 'GET' || !path.startsWith('/v1/assets/')) return
      const lines = typeof headers === 'string' ? headers.split('\r\n') : pairsOf(headers)
      ranges.push(/^range: (.*)$/im.exec(lines.join('\n'))?.[1])
    }
    subscribe('undici:request:create', onRequest)
    return {
      stop: () => {
        unsubscribe('undici:request:create', onRequest)
        return ranges
      },
    }
  }
  type Asked = { readonly method: string; readonly path: string; readonly headers: string | readonly string[] }
  const pairsOf = (headers: readonly string[]): string[] =>
    headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]!}`] : []))

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
    const { capability } = await assetKeysOf(key)
    const asked = async (path: string, token?: string, shown?: Uint8Array): Promise<number> => {
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const asset = shown === undefined ? {} : { 'asset-capability': toBase64url(shown) }
      const headers = { ...authorization, ...asset }
      return (await fetch(`${house.server.url.split(',')[0]!}/v1/assets${path}`, { headers })).status
    }
    const path = `/${encodeURIComponent(content.attachment.url)}`
    const tokenOf = async ({ store }: Player) => (await engineOf(store, house.server.url)).api.clientToken()
    const [{ value: bobs }, { value: carols }] = [await tokenOf(bob!), await tokenOf(carol!)]
    expect(await asked(path, bobs, capability)).to.equal(200)
    // Carol with the address alone: through the SDK with a key of her own, and as whoever writes the request herself.
    expect(await fetchAs(carol!, new Uint8Array(32))).to.include({ code: 'no-such-asset' })
    const wrong = [undefined, new Uint8Array(32), await sha256(capability), key, capability.map((byte) => byte ^ 1)]
    for (const shown of [...wrong, capability.subarray(0, 31), new Uint8Array()])
      expect(await asked(path, carols, shown), String(shown)).to.equal(404)
    // Without the address: her own list has nothing, and an address of the same form is as unknown as any.
    expect(await asked(`/${encodeURIComponent(otherAddress(content.attachment.url))}`, carols, capability)).to.equal(
      404,
    )
    const api = (await engineOf(carol!.store, house.server.url)).api
    expect(await api.clientToken().then(({ value }) => listOf(value))).to.deep.equal([])
    // With the address and without an account's token.
    expect(await asked(path)).to.equal(401)
    expect(await asked(path, undefined, capability)).to.equal(401)
    await carol!.client.sync()
    expect((await carol!.client.take()).filter(({ type }) => type === 'message')).to.deep.equal([])
  })

  const otherAddress = (url: string): string =>
    url.replace(/[^/]{22}$/, (id) => (id.startsWith('A') ? 'B' : 'A') + id.slice(1))

  const listOf = async (token: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${house.server.url.split(',')[0]!}/v1/assets`, { headers })
    return ((await answer.json()) as { readonly assets: unknown }).assets
  }

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
