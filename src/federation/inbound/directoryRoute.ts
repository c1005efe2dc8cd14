/** Our own directory, for whoever looks for us. */
import { z } from 'zod'
import { directoryPath, writeDirectory } from '../peers/directoryDocument.js'
import type { OwnDirectory } from '../peers/directoryDocument.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'

/** Keys are published two days before they sign: nobody needs to ask more often. */
const cached = 'public, max-age=3600'

export const directoryRoute = (directory: () => OwnDirectory): PeerRoute =>
  peerRoute({
    method: 'get',
    path: directoryPath,
    tag: 'Federation',
    summary: 'Find this server’s endpoints and keys',
    description: 'The directory of draft-ietf-mimi-protocol-06; our own part of it is under `homeserver`.',
    access: 'anonymous',
    success: { status: 200, body: z.looseObject({ homeserver: z.looseObject({ domain: z.string() }) }) },
    problems: [],
    answer: () =>
      Promise.resolve({ status: 200, body: writeDirectory(directory()), headers: { 'cache-control': cached } }),
  })
