/**
 * The chat page in a real browser: two people with a browser profile each, one at a desk and one on a phone. With PICTURES, a
 * folder, what they see is kept there (docs/pictures is made so).
 */
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type RunningServer, startServer } from '../support/startServer.js'
import { begin, openChat, reads, register, say } from './chatPage.js'
import { openChromium } from './chromium.js'
import { desk, findingsIn, phone, picture, scrollsSideways } from './looks.js'

/** Waits for the last message to be sent: a start of the server that takes longer than the SDK waits asks for another try. */
const sent = async (page: Page): Promise<void> => {
  const fate = page.locator('article.mine').last().locator('.when')
  await fate.and(page.locator(':not(:has-text("sending"))')).waitFor()
  const again = fate.locator('.again')
  if (await again.isVisible()) await again.click()
}

type Chosen = { readonly name: string; readonly mimeType: string; readonly buffer: Buffer }

const choose = async (page: Page, files: readonly Chosen[]): Promise<void> => {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('.attach')])
  await chooser.setFiles([...files])
}

type Dropped = { readonly name: string; readonly type: string; readonly text: string }

/** As from a folder of the desk. */
const dropped = async (page: Page, files: readonly Dropped[]): Promise<void> => {
  const data = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer()
    for (const { name, type, text } of given) transfer.items.add(new File([text], name, { type }))
    return transfer
  }, files)
  await page.dispatchEvent('main.conversation', 'dragover', { dataTransfer: data })
  await page.dispatchEvent('main.conversation', 'drop', { dataTransfer: data })
}

/** A picture of some size. */
const photo = (): Promise<Buffer> => readFile('docs/pictures/docs-desk-light.png')

describe('The chat page', () => {
  let server: RunningServer | undefined
  let browser: Browser | undefined
  const complaints: string[] = []

  before(async function () {
    browser = await openChromium(this, 'the chat')
    server = await startServer()
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
  })

  const open = async (options: BrowserContextOptions): Promise<Page> => {
    if (browser === undefined || server === undefined) throw new Error('not begun')
    // axe-core is put into the page, which its policy forbids to the page itself.
    const context = await browser.newContext({ ...options, bypassCSP: options.bypassCSP ?? false })
    return openChat(context, server.url, complaints)
  }

  it('lets two people find each other, talk, and go on over a restart of the server', async () => {
    const [alice, bob] = await Promise.all([open(desk).then((page) => register(page, 'alice')), open(phone)])
    await picture(bob, 'welcome-phone-dark')
    await register(bob, 'bob')
    await begin(alice, { name: 'Weekend', people: 'bob' })
    await bob.click('.entry:has-text("Weekend")')
    await say(alice, 'Are you coming on Saturday?')
    await reads(bob, 'Are you coming on Saturday?')
    await say(bob, 'Yes! I bring the map, and something to eat.')
    await reads(alice, 'I bring the map')
    await alice.locator('textarea').pressSequentially('Meeting at noon, near the fountain')
    await bob.waitForSelector('.typing:has-text("alice is writing")')
    await picture(bob, 'chat-phone-typing')
    await alice.fill('textarea', '')
    await bob.waitForSelector('.typing:empty', { state: 'attached' })
    expect(await bob.textContent('.who')).to.equal('alice')
    await alice.click('[title="Change your name"]')
    await alice.fill('[aria-label="Your name"]', 'Alice A.')
    await alice.press('[aria-label="Your name"]', 'Enter')
    await bob.waitForSelector('.who:has-text("Alice A.")')

    await server?.crash()
    await alice.waitForSelector('.status:not(.live)')
    await say(alice, 'Train at 8:12 then?')
    await server?.restart()
    await sent(alice)
    await reads(bob, 'Train at 8:12 then?')
    await say(bob, 'See you at the station.')
    await reads(alice, 'See you at the station.')
    await alice.waitForSelector('.status.live')
    await alice.click('text=2 people')
    await picture(alice, 'chat-desk-light')
    await alice.emulateMedia({ colorScheme: 'dark' })
    await picture(alice, 'chat-desk-dark')
    await picture(bob, 'chat-phone-dark')
    await bob.emulateMedia({ colorScheme: 'light' })
    await picture(bob, 'chat-phone-light')

    const given = (mark: string): string => `article:has-text("Are you coming") .mark[aria-label^="${mark} by "]`
    for (const mark of ['👍', '🎉']) {
      await bob.click('article:has-text("Are you coming") .react')
      await bob.click(`[aria-label="React ${mark}"]`)
      await alice.waitForSelector(given(mark))
    }
    await bob.click(given('👍'))
    await alice.waitForSelector(given('👍'), { state: 'detached' })
    await picture(alice, 'chat-reactions-desk')
    await picture(bob, 'chat-reactions-phone')
    const complained = 'article:has-text("Are you coming") .when:text-is("reported")'
    await bob.click('article:has-text("Are you coming") .complain')
    await bob.click('text=Report as spam')
    await bob.waitForSelector(complained)
    expect(await alice.locator('.mine .complain').count()).to.equal(0)
    await alice.reload()
    await alice.click('.entry:has-text("Weekend")')
    await reads(alice, 'See you at the station.')
    expect(await alice.getAttribute(given('🎉'), 'aria-label')).to.equal('🎉 by bob')
    await alice.click('text=2 people')
    await alice.click('[aria-label="Remove bob"]')
    await bob.waitForSelector('.line-of-page:has-text("You are no longer in this group.")')
    expect(complaints).to.deep.equal([])
  })

  it('sends a picture that the other one sees, and files that the other one saves', async () => {
    const [grace, heidi] = await Promise.all([
      open({ ...desk, bypassCSP: false }).then((page) => register(page, 'grace')),
      open(phone).then((page) => register(page, 'heidi')),
    ])
    await grace.click('text=New')
    await grace.fill('#people', 'heidi')
    await grace.fill('#name', 'Pictures')
    await grace.click('dialog >> text=Begin')
    await heidi.click('.entry:has-text("Pictures")')

    await choose(grace, [{ name: 'holiday.png', mimeType: 'image/png', buffer: await photo() }])
    await grace.waitForSelector('dialog >> text=Up to 52 MB each')
    await picture(grace, 'chat-share')
    await grace.fill('#description-0', 'A page of the interface, open at a desk')
    await grace.click('dialog button:text-is("Send")')
    await sent(grace)
    for (const page of [grace, heidi]) {
      const shown = page.locator('img.picture[alt="A page of the interface, open at a desk"]')
      await shown.waitFor()
      expect(await shown.evaluate((img: HTMLImageElement) => [img.complete, img.naturalWidth > 100])).to.deep.equal([
        true,
        true,
      ])
    }

    const active =
      '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=\'owned\'"><script>document.title="owned"</script></svg>'
    await dropped(grace, [
      { name: 'drawing.svg', type: 'image/svg+xml', text: active },
      { name: 'no-picture.png', type: 'image/png', text: active },
      { name: '../page.html', type: 'text/html', text: '<script>alert(1)</script>' },
    ])
    await grace.waitForSelector('dialog >> text=Send 3 files')
    await grace.click('dialog button:text-is("Send")')
    for (const name of ['drawing.svg', 'no-picture.png', 'page.html'])
      await heidi.waitForSelector(`.file:has-text("${name}")`)
    expect(await heidi.locator('.bubble img').count()).to.equal(1)
    const [saved] = await Promise.all([heidi.waitForEvent('download'), heidi.click('[aria-label="Save drawing.svg"]')])
    expect(saved.suggestedFilename()).to.equal('drawing.svg')
    expect(await readFile(await saved.path(), 'utf8')).to.equal(active)
    await picture(grace, 'chat-files-desk')
    await picture(heidi, 'chat-files-phone')

    await heidi.reload()
    await heidi.click('.entry:has-text("Pictures")')
    await heidi.waitForSelector('img.picture')
    expect(await heidi.title()).not.to.include('owned')
    expect(await scrollsSideways(heidi)).to.equal(false)
    expect(complaints).to.deep.equal([])
  })

  it('shows the pictures that people and groups chose, newest alone, and nothing that is no picture', async () => {
    const [ivan, judy] = await Promise.all([open(desk), open(phone)])
    await Promise.all([register(ivan, 'ivan'), register(judy, 'judy')])
    await begin(ivan, { name: 'Faces', people: 'judy' })
    await judy.click('.entry:has-text("Faces")')
    await say(ivan, 'This is me')
    await reads(judy, 'This is me')
    expect(await judy.locator('.speaker img.avatar').count()).to.equal(0)

    const give = async (place: string, button: string, chosen: Chosen): Promise<void> => {
      const [chooser] = await Promise.all([
        ivan.waitForEvent('filechooser'),
        ivan.click(`${place} button:has-text("${button}")`),
      ])
      await chooser.setFiles([chosen])
    }
    const png = async (name: string): Promise<Chosen> => ({
      name: 'a.png',
      mimeType: 'image/png',
      buffer: await readFile(`docs/pictures/${name}.png`),
    })
    await ivan.click('[title="Change your name"]')
    const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')
    await give('form.me', 'Add a picture', { name: 'a.png', mimeType: 'image/png', buffer: drawing })
    await ivan.waitForSelector('.toast:has-text("This is no picture")')
    await ivan.click('.toast >> text=Dismiss')
    await give('form.me', 'Add a picture', await png('docs-desk-light'))
    const face = judy.locator('.speaker img.avatar')
    await face.waitFor()
    await judy.waitForFunction(() => document.querySelector<HTMLImageElement>('.speaker img')?.naturalWidth === 256)
    const first = await face.getAttribute('src')

    await give('form.me', 'Another picture', await png('demo'))
    await judy.waitForFunction(
      (before) => ![before, null, undefined].includes(document.querySelector('.speaker img')?.getAttribute('src')),
      first,
    )
    const isGone = (url: string | null): Promise<boolean> =>
      judy.evaluate(
        (address) =>
          new Promise<boolean>((resolve) => {
            const image = new Image()
            image.onload = () => {
              resolve(false)
            }
            image.onerror = () => {
              resolve(true)
            }
            image.src = address ?? ''
          }),
        url,
      )
    expect([await isGone(first), await isGone(await face.getAttribute('src'))]).to.deep.equal([true, false])

    await ivan.click('text=2 people')
    await give('.people', 'Add a picture', await png('chat-phone-dark'))
    await judy.waitForSelector('main.conversation header img.avatar')
    await picture(ivan, 'chat-faces-desk')
    await picture(judy, 'chat-faces-phone')
    expect(await scrollsSideways(judy)).to.equal(false)

    await judy.reload()
    await judy.click('.entry:has-text("Faces"):has(img.avatar)')
    await face.waitFor()
    await ivan.click('form.me button:has-text("No picture")')
    await judy.waitForSelector('.speaker span.avatar')
    expect(await face.count()).to.equal(0)
    expect(complaints).to.deep.equal([])
  })

  it('can be used by everybody: no finding of axe-core, no sideways scroll, on a desk and a phone, light and dark', async () => {
    const [carol, dave] = await Promise.all([open({ ...desk, bypassCSP: true }), open({ ...phone, bypassCSP: true })])
    const looked: string[] = []
    const look = async (page: Page, where: string): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        for (const finding of await findingsIn(page)) looked.push(`${where}, ${colorScheme}: ${finding}`)
        if (await scrollsSideways(page)) looked.push(`${where} scrolls sideways`)
      }
    }
    await look(carol, 'welcome at a desk')
    await look(dave, 'welcome on a phone')
    await Promise.all([register(carol, 'carol'), register(dave, 'dave')])
    await look(dave, 'the empty list on a phone')
    await carol.click('text=New')
    await look(carol, 'beginning at a desk')
    await carol.fill('#people', 'nobody-of-this-name')
    await carol.click('dialog >> text=Begin')
    await carol.waitForSelector('text=Nobody here is called “nobody-of-this-name”.')
    await carol.fill('#people', 'dave')
    await carol.click('dialog >> text=Begin')
    await say(carol, 'hello')
    await dave.waitForSelector('.unread')
    await look(dave, 'the list on a phone')
    await dave.click('.entry')
    await reads(dave, 'hello')
    await say(dave, 'a line that is rather long, with aWordThatDoesNotFitBecauseNobodyPutASpaceIntoItAnywhereAtAll')
    await reads(carol, 'a line that is rather long')
    await choose(carol, [{ name: 'photo.png', mimeType: 'image/png', buffer: await photo() }])
    await look(carol, 'choosing a picture at a desk')
    await carol.click('dialog button:text-is("Send")')
    await dave.waitForSelector('img.picture')
    await choose(dave, [{ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') }])
    await look(dave, 'choosing a file on a phone')
    await dave.click('dialog button:text-is("Send")')
    await carol.waitForSelector('.file')
    await carol.click('[title="Change your name"]')
    await look(carol, 'changing one’s name and picture at a desk')
    await carol.click('text=2 people')
    await look(carol, 'a conversation at a desk')
    await look(dave, 'a conversation on a phone')
    await dave.click('text=2 people')
    await look(dave, 'people on a phone')
    expect(looked).to.deep.equal([])
  })

  it('is open once in a browser, and says so the second time', async () => {
    const eve = await register(await open(desk), 'eve')
    const again = await eve.context().newPage()
    await again.goto(`${server?.url ?? ''}/chat`)
    await again.waitForSelector('text=The chat is open already')
  })
})
