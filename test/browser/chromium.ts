/** Debian's Chromium, where there is one: without, browser tests skip aloud. */
import { existsSync } from 'node:fs'
import type { Context } from 'mocha'
import { type Browser, chromium } from 'playwright-core'

const executablePath = '/usr/bin/chromium'
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** To be called first in `before`. */
export const openChromium = async (test: Context, untried: string): Promise<Browser> => {
  if (!existsSync(executablePath)) {
    console.warn(`    SKIPPED: there is no ${executablePath}, so ${untried} was not tried in a browser`)
    test.skip()
  }
  return chromium.launch({ executablePath, args: flags })
}
