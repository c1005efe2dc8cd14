// The steps of set-up, in order, for scripts/setup.mjs and for those that go on in the same process.
import { compile, isCompiled } from './compile.mjs'
import { install, isInstalled } from './install.mjs'
import { holdingLock } from './lock.mjs'
import { fail, refuseOldNode, refuseOthersFolder } from './refuse.mjs'

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
