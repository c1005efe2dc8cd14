/** Posts to another process of this server, at the URL that it announced: once, and not for long. */
import type { PostToProcess } from '../../ports/postToProcess.js'

const timeoutMs = 2_000

export const makePostToProcess =
  (signatureHeader: string): PostToProcess =>
  async (url, body, signature) => {
    const headers = { 'content-type': 'application/json', [signatureHeader]: signature }
    const request = { method: 'POST', headers, body: Buffer.from(body), redirect: 'error' } as const
    const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
  }
