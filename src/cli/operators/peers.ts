/** `homeserver peers …`: other servers, what becomes of what each is sent, and what is done about it, on record. */
import { readFile } from 'node:fs/promises'
import { peerAnswer, peersAnswer } from '../../contract/peers.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { peerPolicy } from '../../events/peer.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { pagesOf } from './pagesOf.js'
import { lineOfPeer, linesOfPeer } from './peerLines.js'
import { whyOption } from './why.js'

const domain = 'its domain'
const act = { ...atDoor, words: { domain }, options: { ...whyOption, ...doorOptions } } as const
const pathOf = (of: string, what: string): string => `/peers/${encodeURIComponent(of)}/${what}`

export const peersCommand = command({
  summary: 'list other servers: domain, policy, state, what it has not got, last success, next try, last error',
  example: 'peers list --trouble',
  ...atDoor,
  words: {},
  switches: { ...atDoor.switches, trouble: 'only those that do not answer, or of which a group stands still' },
  run: async ({ config, options, switches, out }) => {
    const door = await findDoor(config, options)
    const ask = (page: string) => askDoor(door, { method: 'GET', path: `/peers${page}` }, peersAnswer)
    const wanted = { limit: '50', ...(switches.has('trouble') ? { trouble: 'only' } : {}) }
    for await (const { peers } of pagesOf(ask, { wanted, goesOn: 'after' }))
      for (const peer of peers) out(switches.has('json') ? JSON.stringify(peer) : lineOfPeer(peer))
    return 0
  },
})

export const peerCommand = command({
  summary: 'show another server: what the list says, groups that stand still, its roots and keys',
  example: 'peers show b.example',
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
  example: 'peers policy b.example blocked --why "spam, letter of 3 May"',
  ...act,
  words: { domain, policy: 'allowed, blocked, or byDefault: what FEDERATION says' },
  choices: { policy: peerPolicy.options },
  run: async (terminal) => {
    const { domain: of, policy } = terminal.words
    const read = peerPolicy.safeParse(policy)
    if (!read.success) throw new StartupProblem(64, `a policy is one of ${peerPolicy.options.join(', ')}`)
    const question = { method: 'PUT', path: pathOf(of, 'policy'), body: { policy: read.data } } as const
    return actAtDoor(terminal, question, `${of} ${read.data}`)
  },
})

export const pinPeerCommand = command({
  summary: 'pin the root of another server, once it was compared with what its operator says',
  example: 'peers pin b.example root.pem --why "read out by telephone"',
  ...act,
  words: { domain, file: 'its root certificate, PEM or DER' },
  run: async (terminal) => {
    const { domain: of, file } = terminal.words
    const question = { method: 'PUT', path: pathOf(of, 'root'), body: { root: await rootIn(file) } } as const
    return actAtDoor(terminal, question, `pinned ${of}`)
  },
})

export const resetPeerCommand = command({
  summary: 'try another server at once: one that is away, and groups that stand still, ours and its own',
  example: 'peers reset b.example --why "its operator says that it is mended"',
  ...act,
  run: (terminal) => {
    const { domain: of } = terminal.words
    return actAtDoor(terminal, { method: 'POST', path: pathOf(of, 'reset') }, `reset ${of}`)
  },
})

export const pausePeerCommand = command({
  summary: 'send another server nothing until it is resumed; what it has not got is kept, within its bounds',
  example: 'peers pause b.example --why "it is being moved"',
  ...act,
  run: (terminal) => {
    const { domain: of } = terminal.words
    return actAtDoor(terminal, { method: 'POST', path: pathOf(of, 'pause') }, `paused ${of}`)
  },
})

export const resumePeerCommand = command({
  summary: 'send another server again what it has not got, one that was away for a week among them',
  example: 'peers resume b.example --why "it was moved"',
  ...act,
  run: (terminal) => {
    const { domain: of } = terminal.words
    return actAtDoor(terminal, { method: 'POST', path: pathOf(of, 'resume') }, `resumed ${of}`)
  },
})

export const dropBacklogCommand = command({
  summary: 'give up the messages that another server has not got: its members are told that some are missing',
  example: 'peers drop b.example --why "gone since March"',
  ...act,
  run: (terminal) => {
    const { domain: of } = terminal.words
    return actAtDoor(terminal, { method: 'DELETE', path: pathOf(of, 'backlog') }, `dropped the backlog of ${of}`)
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
