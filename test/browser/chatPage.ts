/** The chat page as a person uses it. */
import type { BrowserContext, Page } from 'playwright-core'

/** `complaints` hears of errors in the page, and of what its policy refused. */
export const openChat = async (context: BrowserContext, server: string, complaints: string[]): Promise<Page> => {
  context.setDefaultTimeout(100_000)
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) complaints.push(message.text())
  })
  await page.goto(`${server}/chat`)
  return page
}

export const register = async (page: Page, handle: string): Promise<Page> => {
  await page.fill('#handle', handle)
  await page.click('button')
  await page.waitForSelector('.status.live')
  return page
}

export const begin = async (page: Page, { name, people }: Record<'name' | 'people', string>): Promise<void> => {
  await page.click('text=New')
  await page.fill('#people', people)
  await page.fill('#name', name)
  await page.click('dialog >> text=Begin')
}

export const say = async (page: Page, text: string): Promise<void> => {
  await page.fill('textarea', text)
  await page.press('textarea', 'Enter')
}

export const reads = (page: Page, text: string): Promise<unknown> => page.waitForSelector(`.bubble:has-text("${text}")`)
