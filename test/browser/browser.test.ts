/** The SDK in a real browser: a page of headless Chromium registers and exchanges a message with a client in Node. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { openHouse, type House } from '../scenarios/house.js'
import { openChromium } from './chromium.js'
import type { converse, register } from './page.js'

/** What page.ts puts into the page. */
type Page = { readonly register: typeof register; readonly converse: typeof converse }

const here = dirname(fileURLToPath(import.meta.url))

const bundle = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [join(here, 'page.js')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    alias: { '#src': join(here, '../../..') },
  })
  return outputFiles[0]?.text ?? ''
}

describe('In a browser', () => {
  let house: House | undefined
  let browser: Browser | undefined

  before(async function () {
    browser = await openChromium(this, 'the SDK')
    house = await openHouse()
  })
  after(async () => {
    await browser?.close()
    await house?.close()
  })

  it('the SDK registers, joins by Welcome, reads live, and answers', async () => {
    if (house === undefined || browser === undefined) throw new Error('not begun')
    const page = await browser.newPage()
    const script = await bundle()
    expect(script).not.to.match(/require\("(node:|ws")/)
    const { url } = house.server
    await page.goto(`${url}/livez`)
    await page.addScriptTag({ content: script })
    const input = { server: url, handle: `browser-${Date.now().toString(36)}` }
    const user = await page.evaluate((given) => (globalThis as unknown as Page).register(given), input)
    const alice = await house.register('alice')
    const group = await alice.client.createGroup()
    await group.invite(user as typeof alice.client.user)
    const read = page.evaluate((given) => (globalThis as unknown as Page).converse(given), input)
    await group.send('hello browser')
    expect(await read).to.equal('hello browser')
    await alice.untilText('the browser read: hello browser')
  })
})
