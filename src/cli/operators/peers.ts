/** `homeserver peer`: other servers, whether they are spoken to, and their roots compared by hand. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { placed } from '../../contract/fields.js'
import { peerAnswer } from '../../contract/peers.js'
import type { Config } from '../../compose/settings/config.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { peerPolicy } from '../../events/peer.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { command } from '../command.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { linesOfPeer } from './lines.js'
import { whyIn, whyOption } from './why.js'

const domain = 'its domain'
type Options = { readonly [name: string]: string | undefined }

const put = async (config: Config, options: Options, path: string, body: object): Promise<string> =>
  JSON.stringify(await askDoor(await findDoor(config, options), { method: 'PUT', path, body }, z.object(placed)))

export const peerCommand = command({
  summary: 'show another server as this one knows it: its root, its keys, whether it is spoken to',
  example: 'peer show b.example',
  ...atDoor,
  words: { domain },
  run: async ({ config, words, options, switches, out }) => {
    const path = `/peers/${encodeURIComponent(words.domain)}`
    const peer = await askDoor(await findDoor(config, options), { method: 'GET', path }, peerAnswer)
    if (switches.has('json')) out(JSON.stringify(peer))
    else for (const line of linesOfPeer(peer)) out(line)
    return 0
  },
})

export const peerPolicyCommand = command({
  summary: 'say whether another server is spoken to, from the next request on',
  example: 'peer policy b.example blocked --why "spam, letter of 3 May"',
  ...atDoor,
  words: { domain, policy: 'allowed, blocked, or byDefault: what FEDERATION says' },
  options: { ...whyOption, ...doorOptions },
  run: async ({ config, words, options, switches, out }) => {
    const read = peerPolicy.safeParse(words.policy)
    if (!read.success) throw new StartupProblem(64, `a policy is one of ${peerPolicy.options.join(', ')}`)
    const path = `/peers/${encodeURIComponent(words.domain)}/policy`
    const answer = await put(config, options, path, { policy: read.data, why: whyIn(options) })
    out(switches.has('json') ? answer : `${words.domain} ${read.data}`)
    return 0
  },
})

export const pinPeerCommand = command({
  summary: 'pin the root of another server, once it was compared with what its operator says',
  example: 'peer pin b.example root.pem --why "read out by telephone"',
  ...atDoor,
  words: { domain, file: 'its root certificate, PEM or DER' },
  options: { ...whyOption, ...doorOptions },
  run: async ({ config, words, options, switches, out }) => {
    const path = `/peers/${encodeURIComponent(words.domain)}/root`
    const answer = await put(config, options, path, { root: await rootIn(words.file), why: whyIn(options) })
    out(switches.has('json') ? answer : `pinned ${words.domain}`)
    return 0
  },
})

/** DER, base64url. */
const rootIn = async (file: string): Promise<string> => {
  const bytes = await readFile(file).catch(() => {
    throw new StartupProblem(64, `${file} cannot be read`)
  })
  const pem = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(bytes.toString('latin1'))?.[1]
  return toBase64url(pem === undefined ? new Uint8Array(bytes) : new Uint8Array(Buffer.from(pem, 'base64')))
}
