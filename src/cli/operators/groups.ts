/** `homeserver groups …`: the groups of the running server, by what it knows of them, and deleted on record. */
import { groupsAnswer } from '../../contract/groupsShown.js'
import { command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { lineOfGroup } from './lines.js'
import { pagesOf } from './pagesOf.js'
import { whyOption } from './why.js'

export const groupsCommand = command({
  summary: 'list the groups: id, status, epoch, users, clients, admins, pending removals, last activity',
  example: 'groups list --json',
  ...atDoor,
  words: {},
  run: async ({ config, options, switches, out }) => {
    const door = await findDoor(config, options)
    const ask = (page: string) => askDoor(door, { method: 'GET', path: `/groups${page}` }, groupsAnswer)
    for await (const { groups } of pagesOf(ask, { wanted: { limit: '20' }, goesOn: 'after' }))
      for (const group of groups) out(switches.has('json') ? JSON.stringify(group) : lineOfGroup(group))
    return 0
  },
})

export const deleteGroupCommand = command({
  summary: 'delete a group, whoever its admins are: nothing is accepted in it any more',
  example: 'groups delete mimi://localhost/g/Vm0wd2QyVkhVWGhUV0doVg --why "order 12 of 3 May"',
  ...atDoor,
  words: { group: 'the group’s id' },
  options: { ...whyOption, ...doorOptions },
  run: (terminal) => {
    const { group } = terminal.words
    return actAtDoor(terminal, { method: 'DELETE', path: `/groups/${encodeURIComponent(group)}` }, `deleted ${group}`)
  },
})
