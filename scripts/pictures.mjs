// Makes docs/pictures: the chat and the documentation as their tests see them in Chromium, and the terminal play as a window.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { chromium } from 'playwright-core'
import { root } from './setup/root.mjs'

const pictures = join(root, 'docs', 'pictures')
const run = (args, env = {}) =>
  execFileSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  })

/** The parts of the play that fit on one screen, and tell the most. */
const begins = '== Alice finds Bob'
const part = '== The server dies'
const ends = '== Carol joins'

const shown = (play) => {
  const from = (text, until) => play.slice(play.indexOf(text), play.indexOf(until)).trim()
  const group = '== A group of two people and three clients'
  return `$ npm run demo\n\n${from(begins, group)}\n\n   …\n\n${from(part, ends)}`
}

const escapeHtml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const lineOf = (line) => {
  const kind = /^\$/.test(line)
    ? 'typed'
    : /^==/.test(line)
      ? 'head'
      : /✓/.test(line)
        ? 'read'
        : /killed/.test(line)
          ? 'bad'
          : ''
  return `<span class="${kind}">${escapeHtml(line)}</span>`
}

const windowOf = (text) => `<!doctype html><meta charset="utf-8"><style>
body{margin:0;padding:24px;background:#14161c;width:max-content}
main{background:#0f1117;border:1px solid #2d313d;border-radius:12px;overflow:hidden}
header{display:flex;gap:8px;padding:12px 14px;background:#1c1f28;border-bottom:1px solid #2d313d}
i{width:12px;height:12px;border-radius:50%;background:#ff9b93}i+i{background:#f0bd6a}i+i+i{background:#6fd8a2}
pre{margin:0;padding:16px 22px 20px;color:#eceef4;font:15px/1.5 ui-monospace,'DejaVu Sans Mono',monospace}
.head{color:#8da2ff;font-weight:700}.read{color:#6fd8a2}.bad{color:#ff9b93}.typed{color:#a3abbd}
</style><main><header><i></i><i></i><i></i></header><pre>${text.split('\n').map(lineOf).join('\n')}</pre></main>`

const playPicture = async () => {
  const play = stripVTControlCharacters(run(['dist/checks/demo/main.js']))
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox'] })
  const page = await browser.newPage({ deviceScaleFactor: 1.5 })
  await page.setContent(windowOf(shown(play)))
  await page.locator('body').screenshot({ path: join(pictures, 'demo.png') })
  await browser.close()
}

await playPicture()
if (!process.argv.includes('demo'))
  for (const test of ['chat', 'docs'])
    run(['node_modules/mocha/bin/mocha.js', `dist/checks/test/browser/${test}.test.js`], { PICTURES: pictures })
