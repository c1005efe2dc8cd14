/** The versions of what the server stands on here; stores tell their own. */
import { nodeNeeded, version } from '../../compose/version.js'
import { good, wrong } from './finding.js'
import type { Look } from './finding.js'

export async function* lookAtVersions(): Look {
  const what = `version: mls-homeserver ${version} on Node ${process.versions.node}`
  yield await Promise.resolve(
    isAtLeast(process.versions.node, nodeNeeded)
      ? good(what)
      : wrong(78, what, `Node ${nodeNeeded} or newer is needed`),
  )
}

const isAtLeast = (is: string, needed: string): boolean => {
  const [have, want] = [is, needed].map((text) => text.split('.').map(Number))
  for (const [n, part] of (want ?? []).entries()) if ((have?.[n] ?? 0) !== part) return (have?.[n] ?? 0) > part
  return true
}
