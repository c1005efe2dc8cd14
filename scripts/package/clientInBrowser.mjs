// README's program, built by Vite as an application would be, and run in Chromium.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { installInto } from './clientProject.mjs'
import { expectOutput } from './program.mjs'

const executablePath = '/usr/bin/chromium'
const vite = 'vite@8.4.0'
const types = { '.html': 'text/html', '.js': 'text/javascript' }

/** 'passed', or 'SKIPPED, ' and why; throws what failed. */
export const clientInBrowser = async (folder, expected) => {
  if (!existsSync(executablePath)) return `SKIPPED, there is no ${executablePath}`
  const missing = installInto(folder, '--save-dev', vite)
  if (missing !== undefined) return `SKIPPED, ${missing}`
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="./chat.mjs"></script>')
  await build(folder)
  const asking = nodeModulesIn(join(folder, 'dist', 'assets'))
  if (asking.length > 0) throw new Error(`the bundle asks for ${asking.join(', ')}`)
  const said = await firstWordOf(join(folder, 'dist'))
  if (said !== expected) throw new Error(`the page said ${JSON.stringify(said)}`)
  return 'passed'
}

/** A top-level await wants browsers of these years, which is what WebCrypto of Ed25519 wants, too. */
const build = (folder) => {
  const args = [
    join(folder, 'node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    '--target',
    'es2022',
    '--logLevel',
    'error',
  ]
  return expectOutput(process.execPath, args, '', folder)
}

const nodeModulesIn = (assets) =>
  readdirSync(assets).flatMap((file) => readFileSync(join(assets, file), 'utf8').match(/["'`]node:[a-z/]+["'`]/g) ?? [])

const firstWordOf = async (site) => {
  const files = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : request.url
    const file = join(site, path)
    if (!existsSync(file)) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': types[/\.\w+$/.exec(path)[0]] }).end(readFileSync(file))
  })
  await new Promise((resolve) => files.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
  try {
    const page = await browser.newPage()
    const heard = new Promise((resolve, reject) => {
      page.on('console', (message) => message.type() === 'log' && resolve(message.text()))
      page.on('pageerror', reject)
      setTimeout(() => reject(new Error('the page said nothing for 60 s')), 60_000).unref()
    })
    await page.goto(`http://127.0.0.1:${files.address().port}/`)
    return await heard
  } finally {
    await browser.close()
    files.closeAllConnections()
    files.close()
  }
}
