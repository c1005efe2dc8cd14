/** The chat page in a real browser, between people of two servers. With PICTURES, a folder, what they see is kept there. */
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { openFederated } from '../scenarios/federated.js'
import type { House } from '../scenarios/house.js'
import { begin, openChat, reads, register, say } from './chatPage.js'
import { openChromium } from './chromium.js'
import { desk, phone, picture } from './looks.js'

describe('The chat page, between two servers', () => {
  let houses: readonly House[] = []
  let browser: Browser | undefined
  const complaints: string[] = []

  before(async function () {
    browser = await openChromium(this, 'the chat between two servers')
    houses = await openFederated(['a.example', 'b.example'])
  })
  after(async () => {
    await browser?.close()
    for (const house of houses) await house.close()
  })

  const open = async (house: House | undefined, options: BrowserContextOptions): Promise<Page> => {
    if (browser === undefined || house === undefined) throw new Error('not begun')
    return openChat(await browser.newContext(options), house.server.url, complaints)
  }

  it('finds people by handle and domain, and says in words who is not found, or cannot be reached', async () => {
    const [a, b] = houses
    const [alice, bob] = await Promise.all([
      open(a, desk).then((page) => register(page, 'alice')),
      open(b, phone).then((page) => register(page, 'bob')),
    ])
    await begin(alice, { name: 'Across', people: 'nobody@b.example' })
    await alice.waitForSelector('.trouble:has-text("Nobody at b.example is called “nobody”.")')
    await picture(alice, 'federated-not-found')
    await alice.click('text=Cancel')

    await begin(alice, { name: 'Across', people: 'bob@b.example' })
    await bob.click('.entry:has-text("Across")')
    await say(alice, 'Hello over there!')
    await reads(bob, 'Hello over there!')
    await say(bob, 'Hello from b.')
    await reads(alice, 'Hello from b.')
    expect(await bob.textContent('.who')).to.equal('alice@a.example')
    expect(await alice.textContent('article:not(.mine) .who')).to.equal('bob@b.example')
    await picture(alice, 'federated-desk')
    await picture(bob, 'federated-phone')

    await a?.server.crash()
    await say(bob, 'Are you there?')
    await bob.waitForSelector('.toast:has-text("It was not sent: a.example cannot be reached now.")')
    await picture(bob, 'federated-away')
    await a?.server.restart()
    await bob.click('text=Dismiss')
    await bob.click('.again')
    await reads(alice, 'Are you there?')
    expect(complaints).to.deep.equal([])
  })
})
