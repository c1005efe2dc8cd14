/** Downloads and uploads on bad lines and from bad servers: what breaks off goes on, and what is not the file is not handed out. */
import { expect } from 'chai'
import { type Client, createAccount, type FileAttachment, memoryStore, type Message } from '#src/client/index.js'
import { type RunningServer, startServer } from '../../support/startServer.js'
import { startTamperingProxy, type Tampering, type TamperingProxy } from '../support/tamperingProxy.js'

const size = 300_000
const chunkBytes = 65_536
const file = new Uint8Array(size).map((_none, at) => at % 251)

describe('A file on its way', () => {
  let server: RunningServer
  let proxy: TamperingProxy
  let alice: Client
  let attachment: FileAttachment
  before(async () => {
    server = await startServer()
    proxy = await startTamperingProxy(server.url)
    alice = await createAccount({ server: proxy.url, store: memoryStore(), handle: 'alice', patienceMs: 2_000 })
    attachment = await sent(file)
  })
  after(async () => {
    await alice.close()
    await proxy.close()
    await server.stop()
  })
  afterEach(() => {
    proxy.tamper = () => ({})
  })

  const sentMessage = async (bytes: Uint8Array<ArrayBuffer>): Promise<Message> =>
    (await alice.createGroup()).sendFile(new Blob([bytes]), { name: 'file.bin' })
  const sent = async (bytes: Uint8Array<ArrayBuffer>): Promise<FileAttachment> =>
    alice.attachmentsOf(await sentMessage(bytes))[0]!

  /** `ranges` is what was asked for. */
  const downloads = (tampering: (attempt: number) => Tampering): { readonly ranges: (string | undefined)[] } => {
    const ranges: (string | undefined)[] = []
    proxy.tamper = ({ method, path, range }) => {
      if (method !== 'GET' || !path.startsWith('/v1/assets/')) return {}
      ranges.push(range)
      return tampering(ranges.length)
    }
    return { ranges }
  }

  let wasRead = (): void => undefined
  /** Cut off when some of it has been handed out. */
  const cutOff = (): Tampering => ({
    cutAfter: 1.5 * chunkBytes,
    cut: new Promise((resolve) => (wasRead = resolve)),
  })

  /** What was handed out before it ended, and how. */
  const read = async (from = attachment): Promise<{ readonly length: number; readonly ended: string }> => {
    const given: Uint8Array[] = []
    let ended = 'whole'
    try {
      for await (const piece of from.download()) {
        given.push(piece)
        wasRead()
      }
    } catch (error) {
      ended = (error as Error).name
    }
    const bytes = Buffer.concat(given)
    expect(bytes.equals(file.subarray(0, bytes.length)), 'what is handed out is the file').to.equal(true)
    return { length: bytes.length, ended }
  }

  it('goes on where its download broke off, as often as it does', async () => {
    const { ranges } = downloads((attempt) => (attempt < 3 ? cutOff() : {}))
    expect(await read()).to.deep.equal({ length: size, ended: 'whole' })
    expect(ranges[0]).to.equal(undefined)
    expect(ranges).to.have.length(3)
    const from = ranges.slice(1).map((range) => Number(/^bytes=(\d+)-300139$/.exec(range ?? '')?.[1]))
    expect(from[0]).to.be.at.least(chunkBytes)
    expect(from[1]).to.be.at.least(from[0]!)
  })

  it('is not handed out from the first chunk on that is another one', async () => {
    for (const at of [0, 11, 65_563, 65_564, 200_000, 300_139]) {
      downloads(() => ({ body: (bytes) => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))) }))
      expect(await read()).to.deep.equal({ length: Math.floor(at / 65_564) * chunkBytes, ended: 'Damaged' })
    }
  })

  it('is not another file of the same sender, nor shorter or longer than it was said to be', async () => {
    const shorter = { body: (bytes: Buffer) => bytes.subarray(0, 2 * 65_564) }
    const longer = { body: (bytes: Buffer) => Buffer.concat([bytes, bytes]) }
    for (const tampering of [shorter, longer]) {
      downloads(() => tampering)
      expect(await read()).to.deep.equal({ length: 0, ended: 'Damaged' })
    }
    const unsaid = { headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } }
    downloads(() => ({ ...longer, ...unsaid }))
    expect((await read()).ended).to.equal('Damaged')
    const of = { ...attachment }
    const other = await sent(file.map((byte) => byte ^ 1))
    let bytes: Buffer = Buffer.alloc(0)
    downloads(() => ({ body: (whole) => (bytes = whole) }))
    await other.download().bytes()
    downloads(() => ({ body: () => bytes }))
    expect(await read(), of.name).to.deep.equal({ length: 0, ended: 'Damaged' })
  })

  it('is not handed out to its end where its message names another digest, and each chunk of it opens', async () => {
    const { content } = await sentMessage(file)
    if (content.type !== 'attachment') throw new Error(content.type)
    const contentHash = content.attachment.contentHash.map((byte, at) => (at === 31 ? byte ^ 1 : byte))
    const [other] = alice.attachmentsOf({ content: { ...content, attachment: { ...content.attachment, contentHash } } })
    expect(await read(other)).to.deep.equal({ length: 4 * chunkBytes, ended: 'Damaged' })
  })

  it('is refused where the rest of it comes as another range, or as the whole again', async () => {
    const others: readonly Tampering[] = [
      { headers: { 'content-range': 'bytes 0-300139/300140' } },
      { headers: { 'content-range': 'bytes 131128-300139/400000' } },
      { status: 200, headers: { 'content-range': undefined } },
    ]
    for (const other of others) {
      downloads((attempt) => (attempt === 1 ? cutOff() : other))
      expect((await read()).ended).to.equal('Damaged')
    }
  })

  it('is given up where nobody gives it, and not tried for ever', async () => {
    downloads(() => ({ cutAfter: 0 }))
    expect(await read()).to.deep.equal({ length: 0, ended: 'Unreachable' })
  })

  it('is told how far it is, and called off', async () => {
    const told: number[] = []
    const callOff = new AbortController()
    const onProgress = ({ bytes }: { readonly bytes: number }): void => {
      told.push(bytes)
      if (bytes > 100_000) callOff.abort(new Error('enough'))
    }
    const ended = await attachment
      .download({ onProgress, signal: callOff.signal })
      .bytes()
      .catch((error: unknown) => error)
    expect(ended).to.have.property('message', 'enough')
    expect(told).to.deep.equal([chunkBytes, 2 * chunkBytes])
  })

  it('is there in part, where a part is asked for, and in no other', async () => {
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [65_535, 65_537],
      [131_072, 131_072],
      [200_000, size],
      [size, size],
    ] as const) {
      const { ranges } = downloads(() => ({}))
      const bytes = await attachment.download({ range: { start, end } }).bytes()
      expect(Buffer.from(bytes).equals(file.subarray(start, end)), `${start} to ${end}`).to.equal(true)
      expect(ranges).to.have.length(1)
    }
    for (const range of [{ start: -1 }, { start: 2, end: 1 }, { start: 0, end: size + 1 }])
      expect(
        await attachment
          .download({ range })
          .bytes()
          .catch((error: unknown) => error),
      ).to.be.instanceOf(RangeError)
  })

  it('is begun by a POST, and its offset asked for only where something broke off', async () => {
    const long = new Uint8Array(2_500_000).map((_none, at) => (at * 3) % 251)
    const callsOf = async (lost?: string): Promise<readonly string[]> => {
      const seen: string[] = []
      proxy.tamper = ({ method, path }) => {
        if (!path.endsWith('/upload')) return {}
        seen.push(method)
        return { loseAnswer: method === lost && seen.indexOf(lost) === seen.length - 1 }
      }
      await sent(long)
      return seen.filter((method, at) => method !== seen[at - 1])
    }
    expect(await callsOf()).to.deep.equal(['POST', 'PATCH'])
    expect(await callsOf('PATCH')).to.deep.equal(['POST', 'PATCH', 'HEAD', 'PATCH'])
  })

  it('is uploaded once where the answers to its pieces are lost', async () => {
    const long = new Uint8Array(2_500_000).map((_none, at) => (at * 7) % 251)
    const seen: string[] = []
    proxy.tamper = ({ method, path }) => {
      if (method !== 'PATCH') return {}
      seen.push(`${method} ${path}`)
      if (seen.length % 2 === 0) return {}
      return { loseAnswer: true }
    }
    const uploaded = await sent(long)
    expect(seen.length).to.be.greaterThan(2)
    proxy.tamper = () => ({})
    expect(Buffer.from(await uploaded.download().bytes()).equals(long)).to.equal(true)
  })
})
