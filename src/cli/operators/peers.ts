/** `homeserver peer`: other servers, whether they are spoken to, and their roots compared by hand. */
import { readFile } from 'node:fs/promises'
import { peerAnswer } from '../../contract/peers.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { peerPolicy } from '../../events/peer.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { linesOfPeer } from './lines.js'
import { whyOption } from './why.js'

const domain = 'its domain'

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
  run: async (terminal) => {
    const { domain: of, policy } = terminal.words
    const read = peerPolicy.safeParse(policy)
    if (!read.success) throw new StartupProblem(64, `a policy is one of ${peerPolicy.options.join(', ')}`)
    const path = `/peers/${encodeURIComponent(of)}/policy`
    return actAtDoor(terminal, { method: 'PUT', path, body: { policy: read.data } }, `${of} ${read.data}`)
  },
})

export const pinPeerCommand = command({
  summary: 'pin the root of another server, once it was compared with what its operator says',
  example: 'peer pin b.example root.pem --why "read out by telephone"',
  ...atDoor,
  words: { domain, file: 'its root certificate, PEM or DER' },
  options: { ...whyOption, ...doorOptions },
  run: async (terminal) => {
    const { domain: of, file } = terminal.words
    const path = `/peers/${encodeURIComponent(of)}/root`
    return actAtDoor(terminal, { method: 'PUT', path, body: { root: await rootIn(file) } }, `pinned ${of}`)
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
