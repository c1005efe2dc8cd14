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
  summary: 'list the groups: id, status, epoch, users, clients, admins, pending removals, faults, last activity',
  example: 'groups list --json',
  ...atDoor,
  words: {},
  switches: { ...atDoor.switches, faults: 'only those of which members reported faults' },
  run: async ({ config, options, switches, out }) => {
    const door = await findDoor(config, options)
    const ask = (page: string) => askDoor(door, { method: 'GET', path: `/groups${page}` }, groupsAnswer)
    const wanted = { limit: '20', ...(switches.has('faults') ? { faults: 'reported' } : {}) }
    for await (const { groups } of pagesOf(ask, { wanted, goesOn: 'after' }))
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

export const resetGroupCommand = command({
  summary: 'give a wedged group up, whoever its admins are: its members are told, and make another',
  example: 'groups reset mimi://localhost/g/Vm0wd2QyVkhVWGhUV0doVg --why "nobody can follow its last Commit"',
  ...atDoor,
  words: { group: 'the group’s id' },
  options: { ...whyOption, ...doorOptions },
  run: (terminal) => {
    const { group } = terminal.words
    const path = `/groups/${encodeURIComponent(group)}/reset`
    return actAtDoor(terminal, { method: 'POST', path }, `reset ${group}`)
  },
})
