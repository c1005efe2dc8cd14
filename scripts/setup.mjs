// Makes a fresh clone ready to run: installs what package-lock.json names and compiles, each only when something changed.
// It has no dependencies, writes to stderr alone, and needs no network when nothing changed. `node scripts/setup.mjs server`
// compiles the server alone, without tests, demo and benchmarks.
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { compile, isCompiled } from './setup/compile.mjs'
import { install, isInstalled } from './setup/install.mjs'
import { holdingLock } from './setup/lock.mjs'
import { fail, refuseOldNode, refuseOthersFolder } from './setup/refuse.mjs'

/** `what` is 'server' or 'everything'. Ends the process with one line when it cannot. */
export const setUp = async (what) => {
  try {
    refuseOldNode()
    if (isInstalled() && isCompiled(what)) return
    refuseOthersFolder()
    await holdingLock(async () => {
      if (!isInstalled()) await install()
      if (!isCompiled(what)) await compile(what)
    })
  } catch (error) {
    fail(error)
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await setUp(argv[2] ?? 'everything')
