/** `homeserver invitations …`: who may come where registration is by invitation. */
import { invitationAnswer, invitationsAnswer } from '../../contract/invitations.js'
import { command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { lineOfInvitation } from './lines.js'
import { pagesOf } from './pagesOf.js'
import { expiryIn } from './tokens.js'
import { whyIn, whyOption } from './why.js'

const path = '/invitations'

export const inviteCommand = command({
  summary: 'make an invitation, and print it this once: it lets one registration in',
  example: 'invitations make --handle anna --days 14 --why "a new colleague"',
  ...atDoor,
  words: {},
  options: {
    handle: ['HANDLE', 'keeps this handle for who comes by it (none)'],
    days: ['DAYS', 'how long it lets somebody in (7)'],
    ...whyOption,
    ...doorOptions,
  },
  run: async ({ config, options, switches, out }) => {
    const { handle } = options
    const body = { why: whyIn(options), ...expiryIn(options), ...(handle === undefined ? {} : { handle }) }
    const made = await askDoor(await findDoor(config, options), { method: 'POST', path, body }, invitationAnswer)
    out(switches.has('json') ? JSON.stringify(made) : `invitation ${made.invitation ?? ''}`)
    return 0
  },
})

export const invitationsCommand = command({
  summary: 'list the invitations, newest first: hash, status, when made, until when, by whom, why',
  example: 'invitations list',
  ...atDoor,
  words: {},
  run: async ({ config, options, switches, out }) => {
    const door = await findDoor(config, options)
    const ask = (page: string) => askDoor(door, { method: 'GET', path: `${path}${page}` }, invitationsAnswer)
    for await (const { invitations } of pagesOf(ask))
      for (const one of invitations) out(switches.has('json') ? JSON.stringify(one) : lineOfInvitation(one))
    return 0
  },
})

export const revokeInvitationCommand = command({
  summary: 'end an invitation: it lets nobody in any more',
  example: 'invitations revoke 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU --why "sent to the wrong address"',
  ...atDoor,
  words: { hash: 'the hash of the invitation, as the list has it' },
  options: { ...whyOption, ...doorOptions },
  run: (terminal) => {
    const { hash } = terminal.words
    return actAtDoor(terminal, { method: 'DELETE', path: `${path}/${encodeURIComponent(hash)}` }, `revoked ${hash}`)
  },
})
