// The client's package as its users meet it: installed in a fresh project, typed, run by every Node, built for a browser.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/root.mjs'
import { clientInBrowser } from './clientInBrowser.mjs'
import { clientProject, writeProgram } from './clientProject.mjs'
import { expectOutput } from './program.mjs'
import { serverLife } from './server.mjs'

/** Tells `row(name, result)` of each part; `nodes` are [name, path]. */
export const clientUse = async (nodes, row) => {
  const { folder, problems, missing } = clientProject()
  if (missing !== undefined) return row('client', `SKIPPED, ${missing}`)
  try {
    row('client', problems.length === 0 ? 'passed' : `FAILED: ${problems.join('; ')}`)
    await tried(row, 'client, types', () => typed(folder))
    await serverLife(process.execPath, join(root, 'dist', 'main.js'), join(folder, 'data'), async (url) => {
      writeProgram(folder, url)
      for (const [name, node] of nodes)
        await tried(row, `client, ${name}`, () =>
          expectOutput(node, [join(folder, 'chat.mjs')], 'Hello Bob!\n', folder),
        )
      await tried(row, 'client, Vite and Chromium', () => clientInBrowser(folder, 'Hello Bob!'))
    })
  } catch (error) {
    row('client', `FAILED: ${error.message}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const tried = async (row, name, part) => {
  try {
    row(name, (await part()) ?? 'passed')
  } catch (error) {
    row(name, `FAILED: ${error.message}`)
  }
}

/** A program in TypeScript's strictest, which also reads the declarations of the package. */
const typed = (folder) => {
  writeFileSync(
    join(folder, 'typed.ts'),
    `import { openClient, type ClientEvent } from 'mls-homeserver-client'
import { fileStore } from 'mls-homeserver-client/node'
const client = await openClient({ server: 'https://a.example', store: await fileStore('a') })
const seen: ClientEvent[] = []
for await (const event of client.events()) seen.push(event)
export const texts: readonly string[] = seen.flatMap((event) => (event.type === 'message' ? [event.text] : []))
`,
  )
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  return expectOutput(process.execPath, [tsc, '--noEmit', '--project', folder], '', folder)
}

const compilerOptions = { strict: true, target: 'es2023', lib: ['es2023', 'dom'], module: 'nodenext', types: [] }
