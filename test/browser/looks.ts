/**
 * How a page looks: at a desk and on a phone, to axe-core, and as a picture, which is kept where PICTURES names a folder
 * (docs/pictures is made so).
 */
import { join } from 'node:path'
import axe from 'axe-core'
import type { BrowserContextOptions, Page } from 'playwright-core'

export const desk: BrowserContextOptions = { viewport: { width: 1200, height: 760 }, colorScheme: 'light' }
export const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
  colorScheme: 'dark',
}

type Finding = { readonly id: string; readonly impact: string; readonly nodes: readonly { readonly html: string }[] }
type Axe = { readonly run: (options: object) => Promise<{ readonly violations: readonly Finding[] }> }

/** WCAG AA as axe-core sees it. It is put into the page, which a page's policy forbids: open it with `bypassCSP`. */
export const findingsIn = async (page: Page): Promise<readonly string[]> => {
  await page.addScriptTag({ content: axe.source })
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run({ runOnly: tags })
    return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
  })
}

export const scrollsSideways = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)

export const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env['PICTURES']
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
}
