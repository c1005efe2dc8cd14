/** The page of the documentation in a real browser: at a desk and on a phone, light and dark, with its script and without. */
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type RunningServer, startServer } from '../support/startServer.js'
import { openChromium } from './chromium.js'
import { desk, findingsIn, phone, picture, scrollsSideways } from './looks.js'

const places = { 'at a desk': desk, 'on a phone': phone }

describe('The page of the documentation', () => {
  let server: RunningServer | undefined
  let browser: Browser | undefined
  const complaints: string[] = []

  before(async function () {
    browser = await openChromium(this, 'the documentation')
    server = await startServer()
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
  })
  afterEach(() => {
    expect(complaints.splice(0)).to.deep.equal([])
  })

  const open = async (options: BrowserContextOptions, script: 'with script' | 'script did not come'): Promise<Page> => {
    if (browser === undefined || server === undefined) throw new Error('not begun')
    const context = await browser.newContext(options)
    context.setDefaultTimeout(60_000)
    const page = await context.newPage()
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) complaints.push(message.text())
    })
    if (script === 'script did not come') await page.route('**/docs.js', (route) => route.abort())
    await page.goto(`${server.url}/docs`)
    return page
  }

  for (const [where, options] of Object.entries(places))
    for (const script of ['with script', 'script did not come'] as const)
      it(`can be used by everybody ${where}, ${script}: no finding of axe-core, no sideways scroll`, async () => {
        const page = await open({ ...options, bypassCSP: true }, script)
        const looked: string[] = []
        for (const colorScheme of script === 'with script' ? (['light', 'dark'] as const) : (['dark'] as const)) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          for (const finding of await findingsIn(page)) looked.push(`${colorScheme}: ${finding}`)
          if (await scrollsSideways(page)) looked.push(`${colorScheme}: scrolls sideways`)
          if (script === 'with script' && options === desk && colorScheme === 'light')
            await picture(page, 'docs-desk-light')
        }
        expect(looked).to.deep.equal([])
      })

  it('finds a route as one types, by name and by what stands in it, and shows all of them again', async () => {
    const page = await open(desk, 'with script')
    const shown = (): Promise<readonly string[]> =>
      page.locator('article:visible').evaluateAll((articles) => articles.map(({ id }) => id))
    const links = page.locator('.menu li a:visible')
    const everything = (await shown()).length
    await page.keyboard.press('/')
    await page.keyboard.type('send an app')
    expect(await shown()).to.deep.equal(['post-v1-groups-group-messages'])
    expect(await links.allInnerTexts()).to.have.length(1)
    expect(await page.textContent('[role=status]')).to.equal('1 found')
    await page.keyboard.press('Enter')
    expect(new URL(page.url()).hash).to.equal('#post-v1-groups-group-messages')
    await page.fill('#search', 'key-material-exhausted')
    expect(await shown())
      .to.include('post-v1-users-user-keyPackages-claim')
      .and.not.include('get-livez')
    await page.fill('#search', 'nothing has zyzzyva')
    expect(await page.textContent('[role=status]')).to.equal('Nothing has all these words')
    await page.press('#search', 'Escape')
    expect(await shown()).to.have.length(everything)
  })

  it('leads from what was found to what the search hides', async () => {
    const page = await open(desk, 'with script')
    await page.fill('#search', 'send an app')
    await page.click('article:visible a[href="#schema-Place"]')
    await page.waitForSelector('#schema-Place', { state: 'visible' })
  })

  it('copies an example as it stands, in the language that was chosen, now and the next time', async () => {
    const page = await open({ ...desk, permissions: ['clipboard-read', 'clipboard-write'] }, 'with script')
    const copied = async (): Promise<string> => {
      await page.click('#get-livez .code:visible button >> nth=0')
      await page.waitForSelector('#get-livez button:has-text("Copied")')
      return page.evaluate(() => navigator.clipboard.readText())
    }
    expect(await copied()).to.equal(`curl -i '${server?.url ?? ''}/livez'`)
    await page.click('.languages label:has-text("Python")')
    await page.reload()
    expect(await copied()).to.match(/^import urllib[.]error/)
  })

  it('folds its menu on a phone, and once more when something was chosen', async () => {
    const page = await open(phone, 'with script')
    const link = page.locator('.menu a[href="#get-livez"]')
    expect(await link.isVisible()).to.equal(false)
    await page.click('.menu summary')
    await link.click()
    await link.waitFor({ state: 'hidden' })
    expect(await page.locator('#get-livez').isVisible()).to.equal(true)
  })

  it('reads without JavaScript: the menu folds, languages change, and nothing is offered that would do nothing', async () => {
    const page = await open({ ...phone, javaScriptEnabled: false }, 'with script')
    expect(await page.locator('.search, .code button').filter({ visible: true }).count()).to.equal(0)
    const link = page.locator('.menu a[href="#get-livez"]')
    await page.click('.menu summary')
    await link.waitFor({ state: 'visible' })
    await page.click('.menu summary')
    await link.waitFor({ state: 'hidden' })
    expect(await page.locator('#get-livez .python').isVisible()).to.equal(false)
    await page.click('.languages label:has-text("Python")')
    await page.locator('#get-livez .python').waitFor({ state: 'visible' })
  })

  it('stands open beside the routes at a desk, without JavaScript too', async () => {
    const page = await open({ ...desk, javaScriptEnabled: false }, 'with script')
    expect(await page.locator('.menu a[href="#get-livez"]').isVisible()).to.equal(true)
  })
})
