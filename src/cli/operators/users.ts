/** `homeserver users …`: people of the running server, found, looked at on record, kept out, let in again, removed. */
import { userAnswer, usersAnswer } from '../../contract/people.js'
import { command } from '../command.js'
import type { Command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import type { Question } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { lineOfUser, linesOfUser } from './lines.js'
import { pagesOf } from './pagesOf.js'
import { whyIn, whyOption } from './why.js'

const user = 'the user’s id, as the list has it'
const pathOf = (id: string): string => `/users/${encodeURIComponent(id)}`

export const usersCommand = command({
  summary: 'list the users, or find some: id, handle, who finds them, who claims KeyPackages',
  example: 'users list --prefix ali',
  ...atDoor,
  words: {},
  options: {
    prefix: ['HANDLE', 'those whose handles begin so (all)'],
    handle: ['HANDLE', 'the one with this handle (all)'],
    ...doorOptions,
  },
  run: async ({ config, options, switches, out }) => {
    const door = await findDoor(config, options)
    const { prefix, handle } = options
    const wanted = { ...(prefix === undefined ? {} : { prefix }), ...(handle === undefined ? {} : { handle }) }
    const ask = (page: string) => askDoor(door, { method: 'GET', path: `/users${page}` }, usersAnswer)
    for await (const { users } of pagesOf(ask, { wanted, goesOn: 'after' }))
      for (const one of users) out(switches.has('json') ? JSON.stringify(one) : lineOfUser(one))
    return 0
  },
})

export const userCommand = command({
  summary: 'look at one user, on record: its clients, what waits for them, its groups',
  example: 'users show mimi://localhost/u/Vm0wd2QyVkhVWGhUV0doVg --why "asked us why nothing arrives"',
  ...atDoor,
  words: { user },
  options: { ...whyOption, ...doorOptions },
  run: async ({ config, words, options, switches, out }) => {
    const query = new URLSearchParams({ why: whyIn(options) }).toString()
    const question = { method: 'GET', path: `${pathOf(words.user)}?${query}` } as const
    const shown = await askDoor(await findDoor(config, options), question, userAnswer)
    for (const line of switches.has('json') ? [JSON.stringify(shown)] : linesOfUser(shown)) out(line)
    return 0
  },
})

type Does = { readonly summary: string; readonly example: string; readonly done: string }
type Asks = (id: string) => Pick<Question, 'method' | 'path'>

const acting = ({ summary, example, done }: Does, asks: Asks): Command =>
  command({
    summary,
    example,
    ...atDoor,
    words: { user },
    options: { ...whyOption, ...doorOptions },
    run: (terminal) => actAtDoor(terminal, asks(terminal.words.user), `${done} ${terminal.words.user}`),
  })

const id = 'mimi://localhost/u/Vm0wd2QyVkhVWGhUV0doVg'

export const disableUserCommand = acting(
  {
    summary: 'keep a user out: no token, no socket, found by nobody, until it is enabled',
    example: `users disable ${id} --why "spam, reported 14 times"`,
    done: 'disabled',
  },
  (of) => ({ method: 'POST', path: `${pathOf(of)}/disable` }),
)
export const enableUserCommand = acting(
  { summary: 'let a user in again', example: `users enable ${id} --why "it was another one"`, done: 'enabled' },
  (of) => ({ method: 'POST', path: `${pathOf(of)}/enable` }),
)
export const releaseHandleCommand = acting(
  {
    summary: 'take a user’s handle away: it has none any more, and another may register with it',
    example: `users release-handle ${id} --why "it is a trade mark"`,
    done: 'released the handle of',
  },
  (of) => ({ method: 'DELETE', path: `${pathOf(of)}/handle` }),
)
export const removeUserCommand = acting(
  {
    summary: 'remove a user for ever, as if it had deleted its account',
    example: `users remove ${id} --why "asked by letter of 3 May"`,
    done: 'removed',
  },
  (of) => ({ method: 'DELETE', path: pathOf(of) }),
)

export const removeClientCommand = command({
  summary: 'remove one client of a user: a device that was stolen',
  example: `clients remove ${id} mimi://localhost/d/Vm0wd2QyVkhVWGhUV0doVg --why "stolen"`,
  ...atDoor,
  words: { user, client: 'the client’s id' },
  options: { ...whyOption, ...doorOptions },
  run: (terminal) => {
    const { user: of, client } = terminal.words
    const path = `${pathOf(of)}/clients/${encodeURIComponent(client)}`
    return actAtDoor(terminal, { method: 'DELETE', path }, `removed ${client}`)
  },
})
