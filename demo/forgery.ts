/** A client that cheats: its next Commit leaves with a signature that is not its own any more. */
import { fromBase64url, toBase64url } from '#src/mls/bytes/base64url.js'

/** A PublicMessage of a member ends with its signature, the confirmation tag and the membership tag, 33 bytes each of the two. */
const fromEnd = 33 + 33 + 20

/** Runs `act` while every Commit that leaves this process is tampered with. */
export const withForgedCommits = async (act: () => Promise<unknown>): Promise<void> => {
  const honest = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const body = typeof init?.body === 'string' ? forge(init.body) : init?.body
    return honest(input, { ...init, ...(body === undefined ? {} : { body }) })
  }
  try {
    await act()
  } finally {
    globalThis.fetch = honest
  }
}

const forge = (json: string): string => {
  const body = JSON.parse(json) as { readonly commit?: string }
  const commit = body.commit === undefined ? undefined : fromBase64url(body.commit)
  if (commit === undefined) return json
  commit[commit.length - fromEnd] = (commit[commit.length - fromEnd] ?? 0) ^ 1
  return JSON.stringify({ ...body, commit: toBase64url(commit) })
}
