/** The pictures that the chat page fetches: once each, the newest alone, and none that is something else. */
import { expect } from 'chai'
import { portraitsOn } from '#src/chat/portraits.js'
import type { Picture, UserId } from '#src/client/index.js'

const alice = 'mimi://a.example/u/alice' as UserId
const png = Uint8Array.from(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))
const svg = Uint8Array.from(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'))

describe('The chat’s portraits', () => {
  const fetched: string[] = []
  const shown: (string | undefined)[] = []
  beforeEach(() => {
    fetched.length = 0
    shown.length = 0
  })
  const begin = () => portraitsOn((_of, address) => shown.push(address))
  const pictureOf = (url: string, answer: Uint8Array | Promise<Uint8Array>, size = 8): Picture => {
    const bytes = (): Promise<Uint8Array> => {
      fetched.push(url)
      return Promise.resolve(answer)
    }
    return { url, size, contentType: 'image/png', download: () => ({ bytes }) } as unknown as Picture
  }
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  it('are fetched once, and shown until there is none', async () => {
    const portraits = begin()
    portraits.learn(alice, pictureOf('one', png))
    portraits.learn(alice, pictureOf('one', png))
    await settled()
    portraits.learn(alice, pictureOf('one', png))
    portraits.learn(alice, undefined)
    expect(fetched).to.deep.equal(['one'])
    expect(shown).to.deep.equal([shown[0], undefined])
    expect(shown[0]).to.match(/^blob:/)
  })

  it('are nothing where the bytes are no picture, whatever their sender calls them', async () => {
    const portraits = begin()
    portraits.learn(alice, pictureOf('drawing', svg))
    await settled()
    expect([fetched, shown]).to.deep.equal([['drawing'], [undefined]])
  })

  it('are not fetched where they are large', async () => {
    begin().learn(alice, pictureOf('poster', png, 3_000_000))
    await settled()
    expect([fetched, shown]).to.deep.equal([[], [undefined]])
  })

  it('are the newest, though the older comes later', async () => {
    const portraits = begin()
    let arrive: (bytes: Uint8Array) => void = () => undefined
    const late = new Promise<Uint8Array>((resolve) => {
      arrive = resolve
    })
    portraits.learn(alice, pictureOf('old', late))
    portraits.learn(alice, pictureOf('new', png))
    await settled()
    arrive(png)
    await settled()
    expect(shown).to.have.length(1)
  })

  it('are fetched again, where they did not come', async () => {
    const portraits = begin()
    portraits.learn(alice, pictureOf('one', Promise.reject(new Error('nobody answers'))))
    await settled()
    portraits.learn(alice, pictureOf('one', png))
    await settled()
    expect(fetched).to.deep.equal(['one', 'one'])
    expect(shown.at(-1)).to.match(/^blob:/)
  })
})
